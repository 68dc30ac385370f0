"""The derivation of a metric of several classes, from the metric to the weights of each class.

entries of a class → soft entries → T_c, Q_c, P_c → loss → ∂/∂T_c, ∂/∂Q_c → ∂/∂ŷ_kc → ∂/∂p_kc →
∂/∂z_kc → ∂/∂θ_c
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ..ir.derivation import OF_CLASSES, Derivation, DerivationStep, Equation
from ..ir.program import Expr, Op, Ref, walk
from ..ir.typed import ENTRIES, below
from ..targets.formula import expression
from .arrange import add, multiply
from .classes import class_formulas, class_names, entry_formulas
from .equations import ONE, M, Wrt, equation, loss_of, partial, total
from .indices import indexed
from .name import rename_refs
from .names import user_names
from .surrogate import decision_equations, decision_slope
from .tidy import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ir.compilation import Compilation
    from ..ir.surrogate import CompiledSurrogate
    from .formulas import Formulas
    from .name import Parts

Y, YHAT, P, Z = map(Ref, ("y_kc", "yhat_kc", "p_kc", "z_kc"))
_LABEL, _SOFT = Ref("y_ic"), Ref("yhat_ic")
_T, _Q, _P, _N = map(Ref, ("T_c", "Q_c", "P_c", "n"))
_SHARES: dict[str, list[Expr]] = {
    "TP": [_LABEL, _SOFT],
    "TN": [Op("sub", (ONE, _LABEL)), Op("sub", (ONE, _SOFT))],
    "FP": [Op("sub", (ONE, _LABEL)), _SOFT],
    "FN": [_LABEL, Op("sub", (ONE, _SOFT))],
}
_SUBSTITUTED = {
    "TP": _T,
    "TN": add([(1, _N), (1, _T), (-1, _P), (-1, _Q)]),
    "FP": Op("sub", (_Q, _T)),
    "FN": Op("sub", (_P, _T)),
}


def derive_joint(compilation: Compilation, decision: CompiledSurrogate, wrt: Wrt) -> Derivation:
    """Return the derivation; with the identity as a surrogate, classes exclude each other.

    Raises:
        MetricError: the formulas would not fit on a page.
    """
    surrogate = None if decision.name == "identity" else decision
    target, sign, loss = loss_of(compilation)
    found = (entry_formulas if wrt == "entries" else class_formulas)(compilation, sign)
    used = _entries(compilation, found)
    steps = [start_joint(compilation), _soft_entries(surrogate, used)]
    steps += [_substitution(found, used), *loss]
    if wrt == "entries":
        steps.append(_by_entries(compilation, found, target))
    else:
        chain = (
            _by_decision(target),
            _by_probability(surrogate, target),
            _by_logit(surrogate, target),
            _by_weights(target),
        )
        steps += [_partials(compilation, found, target), *chain[: get_args(Wrt).index(wrt)]]
    typed = compilation.typed
    return Derivation(typed.name or "metric", typed.text, tuple(steps), OF_CLASSES)


def start_joint(compilation: Compilation) -> DerivationStep:
    """Return the first step: the metric as it was written, over the entries of each class."""
    body, lets = expression(compilation.typed.body, keep=lambda _: True)
    names: dict[str, Expr] = {n: Ref(new) for n, new in user_names(compilation).items()}
    names["classes"] = Ref("K")
    parts = [(str(_name(names[n])), rename_refs(value, names)) for n, value in lets.items()]
    title = "Start from the metric over the entries of each class c against the rest"
    metric = equation(M, side_by_side(indexed(rename_refs(body, names), class_names(parts))))
    lines = (metric, *_equations(parts))
    has_k = any(Ref("K") in walk(right) for line in lines for right in line.rights)
    return DerivationStep(title + (", of K classes" if has_k else ""), lines)


def _name(ref: Expr) -> str:
    return ref.name if isinstance(ref, Ref) else ""


def _equations(parts: Parts | list[tuple[str, Expr]]) -> list[Equation]:
    """Return name = part for each, both with the index of a class where they have one."""
    own = class_names(parts)
    return [
        equation(
            indexed(Ref(name), own, "c"),
            side_by_side(indexed(part, own, "c" if name in own else "")),
        )
        for name, part in parts
    ]


def _entries(compilation: Compilation, found: Formulas) -> list[str]:
    """Return the entries that are to be explained."""
    names = {term.value for term in below(compilation.typed.body) if term.op == "entry"}
    for expr in (*found.of.values(), *dict(found.parts).values()):
        names |= {ref.name for ref in walk(expr) if isinstance(ref, Ref)}
    return [entry for entry in ENTRIES if entry in names]


def _soft_entries(surrogate: CompiledSurrogate | None, used: Iterable[str]) -> DerivationStep:
    counts = [equation(Ref(f"{entry}_c"), total(multiply(_SHARES[entry]))) for entry in used]
    ends = ", and each count by a sum; y_ic is 1 where the sample is of the class, else 0"
    if surrogate is None:
        title = "Replace each hard decision by the probability that softmax gives the class"
        other = Op("sum_over", (Op("exp", (Ref("z_kj"),)), Ref("j")))
        link = equation(P, Op("div", (Op("exp", (Z,)), other)))
        return DerivationStep(title + ends, (link, equation(YHAT, P), *counts))
    shape = " of sharpness L at the threshold tau" if surrogate.parameters else ""
    title = f"Replace each hard decision by the {surrogate.name} surrogate{shape}"
    decision = [_of_class(line) for line in decision_equations(surrogate)]
    link = equation(P, Op("sigmoid", (Z,)))
    return DerivationStep(title + ends, (link, *decision, *counts))


def _of_class(line: Equation) -> Equation:
    """ŷ_k = A(p_k) → ŷ_kc = A(p_kc)."""
    left, *rights = map(_with_class, (line.left, *line.rights))
    return Equation(left, tuple(rights))


def _with_class(expr: Expr) -> Expr:
    names = {ref.name for ref in walk(expr) if isinstance(ref, Ref) and ref.name.endswith("_k")}
    return rename_refs(expr, {name: Ref(f"{name}c") for name in names})


def _substitution(found: Formulas, used: Iterable[str]) -> DerivationStep:
    own = class_names(found.parts)
    value = equation(M, indexed(found.of["value"], own))
    title = "Substitute, for each class, the sums T_c, Q_c and P_c"
    title += ", and the number n of samples" if "n" in _names(found) or "TN" in used else ""
    sums = (
        equation(_T, total(multiply([_LABEL, _SOFT]))),
        equation(_Q, total(_SOFT)),
        equation(_P, total(_LABEL)),
    )
    entries = (equation(Ref(f"{entry}_c"), _SUBSTITUTED[entry]) for entry in used)
    return DerivationStep(title, (*sums, *entries, value, *_parts(found, in_value=True)))


def _names(found: Formulas) -> set[str]:
    exprs = (*found.of.values(), *dict(found.parts).values())
    return {ref.name for expr in exprs for ref in walk(expr) if isinstance(ref, Ref)}


def _partials(compilation: Compilation, found: Formulas, target: Ref) -> DerivationStep:
    title = "Differentiate by T_c and Q_c, as nothing else depends on the predictions"
    lines = (*_slopes(found, target, "TQ"), *_parts(found, in_value=False))
    return DerivationStep(title + _provided(compilation, found), lines)


def _by_entries(compilation: Compilation, found: Formulas, target: Ref) -> DerivationStep:
    lines = (*_slopes(found, target, ENTRIES), *_parts(found, in_value=False))
    return DerivationStep("Differentiate by each entry" + _provided(compilation, found), lines)


def _slopes(found: Formulas, target: Ref, letters: Iterable[str]) -> list[Equation]:
    own = class_names(found.parts)
    return [
        equation(partial(target, Ref(f"{letter}_c")), indexed(found.of[letter], own, "c"))
        for letter in letters
    ]


def _provided(compilation: Compilation, found: Formulas) -> str:
    """Return what a sentence must add of products, which are divided by, and of minima."""
    exprs = (*found.of.values(), *dict(found.parts).values())
    has_ties = any(isinstance(e, Op) and e.op == "equal" for expr in exprs for e in walk(expr))
    has_product = any(term.op == "prod_over" for term in below(compilation.typed.body))
    where = "; no factor of the product is 0" if has_product else ""
    return where + ("; classes that tie share the 1" if has_ties else "")


def _parts(found: Formulas, *, in_value: bool) -> list[Equation]:
    """Return what D stands for, where it is met first: in the value, or in the slopes."""
    needed = found.needed("value")
    names = {name for name, _ in found.parts if (name in needed) == in_value}
    lines = zip(found.parts, _equations(found.parts), strict=True)
    return [line for (name, _), line in lines if name in names]


def _by_decision(target: Ref) -> DerivationStep:
    rule = add([(1, multiply([Y, partial(target, _T)])), (1, partial(target, _Q))])
    title = "Apply the chain rule: the decision moves T_c by y_kc and Q_c by 1"
    return DerivationStep(title, (equation(partial(target, YHAT), rule),))


def _by_probability(surrogate: CompiledSurrogate | None, target: Ref) -> DerivationStep:
    by_soft = partial(target, YHAT)
    if surrogate is None:
        title = "The decision is the probability itself"
        return DerivationStep(title, (equation(partial(target, P), by_soft),))
    slope = _with_class(decision_slope(surrogate))
    whole = [by_soft] if slope == ONE else [by_soft, slope]
    return DerivationStep(
        f"Differentiate the {surrogate.name} surrogate",
        (
            equation(partial(YHAT, P), slope),
            Equation(partial(target, P), (multiply([by_soft, partial(YHAT, P)]), multiply(whole))),
        ),
    )


def _by_logit(surrogate: CompiledSurrogate | None, target: Ref) -> DerivationStep:
    by_p = partial(target, P)
    if surrogate is not None:
        slope = multiply([P, Op("sub", (ONE, P))])
        chain = (multiply([by_p, partial(P, Z)]), multiply([by_p, slope]))
        title = "Go on to the logit, of which the probability is the logistic function"
        steps = (equation(partial(P, Z), slope), Equation(partial(target, Z), chain))
        return DerivationStep(title, steps)
    j, other = Ref("j"), Ref("p_kj")
    is_same = Op("equal", (j, Ref("c")))
    slope = multiply([other, Op("sub", (is_same, P))])
    rule = Op("sum_over", (multiply([partial(target, other), partial(other, Z)]), j))
    mean = Op("sum_over", (multiply([other, partial(target, other)]), j))
    whole = multiply([P, Op("sub", (by_p, mean))])
    title = "Go on to the logits: each moves the probabilities of all classes j"
    return DerivationStep(
        title,
        (equation(partial(other, Z), slope), Equation(partial(target, Z), (rule, whole))),
    )


def _by_weights(target: Ref) -> DerivationStep:
    weights = Ref("theta_c")
    inner = multiply([Op("transpose", (weights,)), Ref("x_k")])
    whole = total(multiply([partial(target, Ref("z_ic")), Ref("x_i")]))
    title = "For a linear model, with weights for each class, sum over the samples"
    return DerivationStep(title, (equation(Z, inner), equation(partial(target, weights), whole)))

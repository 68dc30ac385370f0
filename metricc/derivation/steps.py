"""A derivation step by step, the way the paper proceeds: from the metric to the weights.

entries → soft entries → T, Q, P, n → loss → ∂/∂T, ∂/∂Q → ∂/∂ŷ_k → ∂/∂p_k → ∂/∂z_k → ∂/∂θ
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, get_args

from .. import diagnostics as d
from ..ir.derivation import Derivation, DerivationStep, Equation
from ..ir.program import Expr, Num, Op, Ref
from ..ir.typed import ENTRIES, MARGINALS
from ..passes.draws import same_draws
from ..targets.formula import expression
from .arrange import add, multiply
from .entries import entry_slopes
from .equations import ONE, M, Wrt, equation, loss_of, partial, total
from .formulas import formulas
from .joint import derive_joint, start_joint
from .measure import length
from .name import rename_refs
from .names import user_names
from .surrogate import decision_equations, decision_slope
from .tidy import side_by_side

if TYPE_CHECKING:
    from ..ir.compilation import Compilation
    from ..ir.surrogate import CompiledSurrogate
    from .formulas import Formulas

SHORT_SLOPE = 24
"""A surrogate's slope of more signs than this is not written out a third time."""

Y, YHAT, P, Z = map(Ref, ("y_k", "yhat_k", "p_k", "z_k"))


@same_draws()
def derive(
    compilation: Compilation, surrogate: CompiledSurrogate, wrt: Wrt = "theta"
) -> Derivation:
    """Return the derivation of the metric's loss, up to the derivative by `wrt`.

    A metric of which nothing shows whether more or less is better is derived itself. Where it
    joins several classes, these exclude each other if `surrogate` is the identity.

    Raises:
        MetricError: the formulas would not fit on a page, or `wrt` is not one of `Wrt`.
    """
    if wrt not in get_args(Wrt):
        wanted = " or ".join(f'"{known}"' for known in get_args(Wrt))
        raise d.MetricError(d.WrongValue(None, "wrt", repr(wrt), wanted))
    if compilation.typed.is_joint:
        return derive_joint(compilation, surrogate, wrt)
    target, sign, loss = loss_of(compilation)
    steps = [start(compilation), _soft_entries(surrogate)]
    if wrt == "entries":
        steps += [*loss, _by_entries(compilation, target, sign)]
    else:
        found = formulas(compilation, sign=sign)
        steps += [
            *_substitution(found),
            *loss,
            *_partials(found, target),
            _by_decision(found, target),
        ]
        slope = decision_slope(surrogate)
        chain = (
            _by_probability(surrogate.name, slope, target),
            _by_logit(slope, target),
            _by_weights(target),
        )
        steps += chain[: get_args(Wrt).index(wrt) - 1]
    typed = compilation.typed
    return Derivation(typed.name or "metric", typed.text, tuple(steps))


def start(compilation: Compilation) -> DerivationStep:
    """Return the first step: the metric as it was written, over the entries."""
    if compilation.typed.is_joint:
        return start_joint(compilation)
    body, lets = expression(compilation.typed.body, keep=lambda _: True)
    names = {name: Ref(called) for name, called in user_names(compilation).items()}
    body = rename_refs(body, names)
    named = [
        Equation(names[name], (side_by_side(rename_refs(value, names)),))
        for name, value in lets.items()
    ]
    title = "Start from the metric over the entries of the confusion matrix"
    return DerivationStep(title, (equation(M, side_by_side(body)), *named))


def _soft_entries(surrogate: CompiledSurrogate) -> DerivationStep:
    label, soft = Ref("y_i"), Ref("yhat_i")
    negative, rest = Op("sub", (ONE, label)), Op("sub", (ONE, soft))
    shares: list[list[Expr]] = [[label, soft], [negative, rest], [negative, soft], [label, rest]]
    counts = [
        equation(Ref(entry), total(multiply(share)))
        for entry, share in zip(ENTRIES, shares, strict=True)
    ]
    shape = " of sharpness L at the threshold tau" if surrogate.parameters else ""
    title = f"Replace each hard decision by the {surrogate.name} surrogate{shape}"
    title += ", and each count by a sum; y_i is 1 for a positive and 0 for a negative"
    link = equation(P, Op("sigmoid", (Z,)))
    return DerivationStep(title, (link, *decision_equations(surrogate), *counts))


def _substitution(found: Formulas) -> list[DerivationStep]:
    """Say what the letters are, and what the metric is in them."""
    value = (equation(M, found.of["value"]), *_parts(found, in_value=True))
    t, q, p, n = map(Ref, "TQPn")
    label, soft = Ref("y_i"), Ref("yhat_i")
    if found.basis == "entries":
        return [DerivationStep("Write it shorter", value)] if found.parts else []
    if found.basis == "program":
        sums = {"P": "actual_positives", "Q": "predicted_positives", "n": "total"}
        marginals = [
            equation(Ref(letter), add([(1, Ref(entry)) for entry in MARGINALS[name]]))
            for letter, name in sums.items()
        ]
        return [DerivationStep("Write the marginal sums as P, Q and n", (*marginals, *value))]
    substituted: dict[str, Expr] = {
        "TP": t,
        "FN": Op("sub", (p, t)),
        "FP": Op("sub", (q, t)),
        "TN": add([(1, n), (-1, p), (-1, q), (1, t)]),
    }
    return [
        DerivationStep(
            "Substitute the sums T, Q and P, and the number n of samples",
            (
                equation(t, total(multiply([label, soft]))),
                equation(q, total(soft)),
                equation(p, total(label)),
                *(equation(Ref(entry), expr) for entry, expr in substituted.items()),
                *value,
            ),
        )
    ]


def _partials(found: Formulas, target: Ref) -> list[DerivationStep]:
    """The derivatives by T and Q, where the formulas are in these letters."""
    if "T" not in found.of:
        return []
    equations = [equation(partial(target, Ref(letter)), found.of[letter]) for letter in "TQ"]
    title = "Differentiate by T and Q, as nothing else depends on the predictions"
    return [DerivationStep(title, (*equations, *_parts(found, in_value=False)))]


def _by_decision(found: Formulas, target: Ref) -> DerivationStep:
    """The derivative by one soft decision, and its values at a positive and at a negative."""
    by = partial(target, YHAT)
    if "T" in found.of:
        title = "Apply the chain rule: the decision moves T by y_k and Q by 1"
        by_t, by_q = (partial(target, Ref(letter)) for letter in "TQ")
        rule: Expr = Op("add", (multiply([Y, by_t]), by_q))
        parts: tuple[Equation, ...] = ()
    else:
        title = "Apply the chain rule: a positive moves from FN to TP, a negative from TN to FP"
        tp, tn, fp, fn = (partial(target, Ref(entry)) for entry in ENTRIES)
        rule = add(
            [
                (1, multiply([Y, Op("sub", (tp, fn))])),
                (1, multiply([Op("sub", (ONE, Y)), Op("sub", (fp, tn))])),
            ]
        )
        parts = _parts(found, in_value=False)
    whole = (rule, found.of["yhat"]) if "yhat" in found.of else (rule,)
    return DerivationStep(
        title,
        (
            Equation(by, whole),
            Equation(by, (found.of["positive"],), (Y, ONE)),
            Equation(by, (found.of["negative"],), (Y, Num(Fraction(0)))),
            *parts,
        ),
    )


def _by_entries(compilation: Compilation, target: Ref, sign: int) -> DerivationStep:
    parts, slopes = entry_slopes(compilation, sign)
    equations = [equation(partial(target, Ref(name)), slope) for name, slope in slopes.items()]
    named = [equation(Ref(name), part) for name, part in parts]
    return DerivationStep("Differentiate by each entry", (*equations, *named))


def _by_probability(name: str, slope: Expr, target: Ref) -> DerivationStep:
    by_soft = partial(target, YHAT)
    by_p = [by_soft] if slope == ONE else [by_soft, slope]
    return DerivationStep(
        f"Differentiate the {name} surrogate",
        (
            equation(partial(YHAT, P), slope),
            Equation(partial(target, P), (multiply([by_soft, partial(YHAT, P)]), multiply(by_p))),
        ),
    )


def _by_logit(decision: Expr, target: Ref) -> DerivationStep:
    slope = multiply([P, Op("sub", (ONE, P))])
    is_short = length(decision) <= SHORT_SLOPE
    before = [partial(target, YHAT), decision] if is_short else [partial(target, P)]
    whole = multiply([factor for factor in before if factor != ONE] + [slope])
    return DerivationStep(
        "Go on to the logit, of which the probability is the logistic function",
        (
            equation(partial(P, Z), slope),
            Equation(
                partial(target, Z),
                (multiply([partial(target, P), partial(P, Z)]), whole),
            ),
        ),
    )


def _by_weights(target: Ref) -> DerivationStep:
    features, weights = Ref("x_i"), Ref("theta")
    inner = multiply([Op("transpose", (weights,)), Ref("x_k")])
    whole = total(multiply([partial(target, Ref("z_i")), features]))
    return DerivationStep(
        "For a linear model, sum over the samples",
        (equation(Z, inner), equation(partial(target, weights), whole)),
    )


def _parts(found: Formulas, *, in_value: bool) -> tuple[Equation, ...]:
    """Return what D stands for, where it is met first: in the value, or in the slopes."""
    needed = found.needed("value")
    parts = [(name, part) for name, part in found.parts if (name in needed) == in_value]
    return tuple(equation(Ref(name), part) for name, part in parts)

"""A surrogate on paper: ŷ_k = A(p_k) and its derivative, in the letters of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ..ir.derivation import LETTERS, Equation
from ..ir.program import Num, Op, Ref, walk
from ..targets.formula import expression
from .closed import Closed
from .letters import SURROGATE
from .name import rename_refs, replace_part
from .tidy import tidy
from .write import Writer

if TYPE_CHECKING:
    from ..ir.program import Expr
    from ..ir.surrogate import CompiledSurrogate
    from .name import Parts

_LETTERS = {"p": Ref("p_k"), "sharpness": Ref("L"), "threshold": Ref("tau")}
_ZERO, _ONE = Num(Fraction(0)), Num(Fraction(1))
_PROBABILITY = _LETTERS["p"]
_SOFT = Ref("yhat_k")
_REST = Op("sub", (_ONE, _SOFT))
_SPAN = Op("sub", tuple(Op("call", (Ref("A"), end)) for end in (_ONE, _ZERO)))
"""A(1) - A(0), by which a rescaled surrogate is divided."""


@dataclass(frozen=True)
class SoftDecision:
    """`value` is A(p_k), `slope` its derivative; `parts` are what they name."""

    value: Expr
    slope: Expr
    parts: Parts


def soft_decision(surrogate: CompiledSurrogate) -> SoftDecision:
    """Return a surrogate's formulas; the slope reuses the value, as in L ŷ_k (1 - ŷ_k).

    The value is as the surrogate's definition writes it, with the names of its `let`s.
    """
    symbolic = surrogate.symbolic
    closed = Closed(SURROGATE, {s: name for s, name in symbolic.labels if name not in LETTERS})
    closed.learn(symbolic.bindings)
    soft, rest, slope = map(closed.expr, (symbolic.soft, symbolic.rest, symbolic.slope))
    writer = Writer(closed, soft)
    by_p = writer.shortest(slope)
    for expr, called in ((soft, _SOFT), (rest, _REST)):
        if expr in closed.atoms:
            by_p = replace_part(by_p, writer.shortest(expr), called)
    body, lets = expression(surrogate.typed.body, lambda name: name not in LETTERS)
    names = dict(_LETTERS)
    for name, value in lets.items():
        varies = any(
            isinstance(r, Ref) and r.name in names and _varies(names[r.name]) for r in walk(value)
        )
        names[name] = Ref(f"{name}_k" if varies else name)
    parts = tuple(
        (names[name].name, tidy(rename_refs(value, names))) for name, value in lets.items()
    )
    return SoftDecision(tidy(rename_refs(body, names)), rename_refs(by_p, names), parts)


def decision_equations(surrogate: CompiledSurrogate) -> list[Equation]:
    """Say what a soft decision is; rescaled, it is 0 at 0 and 1 at 1."""
    decision = soft_decision(surrogate)
    parts = [Equation(Ref(name), (part,)) for name, part in decision.parts]
    if not surrogate.is_stretched:
        return [Equation(_SOFT, (_amplified(_PROBABILITY), decision.value)), *parts]
    above = Op("sub", (_amplified(_PROBABILITY), _amplified(_ZERO)))
    rescaled = Equation(_SOFT, (Op("div", (above, _SPAN)),))
    return [rescaled, Equation(_amplified(_PROBABILITY), (decision.value,)), *parts]


def decision_slope(surrogate: CompiledSurrogate) -> Expr:
    """Return the derivative of a soft decision by its probability."""
    slope = soft_decision(surrogate).slope
    if not surrogate.is_stretched:
        return slope
    return tidy(Op("div", (replace_part(slope, _SOFT, _amplified(_PROBABILITY)), _SPAN)))


def _amplified(p: Expr) -> Expr:
    return Op("call", (Ref("A"), p))


def _varies(expr: Ref) -> bool:
    return expr.name.endswith("_k")

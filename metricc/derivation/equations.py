"""What the steps of derivations are made of: equations, partial derivatives, sums; the loss."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from ..ir.derivation import DerivationStep, Equation
from ..ir.program import Expr, Num, Op, Ref

if TYPE_CHECKING:
    from ..ir.compilation import Compilation

Wrt = Literal["entries", "yhat", "p", "z", "theta"]
"""What a derivation differentiates by last."""

ONE = Num(Fraction(1))
M, LOSS = Ref("m"), Ref("loss")


def equation(left: Expr, right: Expr) -> Equation:
    """Return left = right."""
    return Equation(left, (right,))


def partial(what: Expr, by: Expr) -> Expr:
    """Return ∂what/∂by."""
    return Op("partial", (what, by))


def total(term: Expr) -> Expr:
    """Return the sum over the samples."""
    return Op("sum", (term,))


def loss_of(compilation: Compilation) -> tuple[Ref, int, list[DerivationStep]]:
    """Return what is differentiated, its sign beside the metric, and the step that says so."""
    behaviour = compilation.behaviour
    if behaviour.direction is None:
        return M, 1, []
    if behaviour.direction == "min":
        title = "Take the metric itself as the loss, since it is to be lowered"
        return LOSS, 1, [DerivationStep(title, (equation(LOSS, M),))]
    below = Op("sub", (ONE, M)) if behaviour.is_at_most_one else Op("neg", (M,))
    title = "Take the loss, which falls as the metric rises"
    return LOSS, -1, [DerivationStep(title, (equation(LOSS, below),))]

"""The slope of a soft decision as factors, in the order in which products stay in range."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from ...ir.program import Num, Op, Ref
from ...passes.surrogate import SLOPES
from ..printer import INFIX

if TYPE_CHECKING:
    from collections.abc import Collection

    from ...ir.program import Assign, Expr, Program


def factors(expr: Expr) -> list[Expr]:
    """a * b * c → [a, b, c]; the number 1 has none."""
    match expr:
        case Op("mul", (left, right)):
            return [*factors(left), *factors(right)]
        case Num(value) if value == 1:
            return []
    return [expr]


def pulled(
    program: Program, scalars: Collection[str], *, from_logits: bool
) -> tuple[list[Assign], Expr]:
    """Return the assignments of each element, and `grad` times da/dinput.

    Scalars come last, as what they multiply is bounded by then. The chain through the logistic
    function is p * q: p * (1 - p) would round to 0.
    """
    assigns = [a for a in program.assignments if a.shape == "sample" or a.name in SLOPES]
    found = factors(assigns[-1].expr)
    if any(isinstance(factor, Op) and factor.op in INFIX for factor in found):
        found = [Ref(name) for name in SLOPES]
    else:
        assigns = assigns[:-1]
    last = [f for f in found if isinstance(f, Num) or (isinstance(f, Ref) and f.name in scalars)]
    of_element = _paired([f for f in found if f not in last])
    chain = [Op("sigmoid_product", (Ref("input"),))] if from_logits else []
    product = [Ref("grad"), *of_element, *chain, *last]
    return assigns, reduce(lambda left, right: Op("mul", (left, right)), product)


def _paired(found: list[Expr]) -> list[Expr]:
    """sigmoid(x) * sigmoid(-x) → sigmoid_product(x), which is one exponential and one division."""
    for factor in found:
        match factor:
            case Op("sigmoid", (x,)) if (other := Op("sigmoid", (Op("neg", (x,)),))) in found:
                rest = [f for f in found if f not in (factor, other)]
                return [*rest, Op("sigmoid_product", (x,))]
    return found

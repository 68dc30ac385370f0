"""Indices of classes: T is T_c, and a sum over the classes says by which letter it goes.

    m = sum(T)/n        →  m = Σ_c T_c / n
    ∂m/∂T = P/sum(P^2)  →  ∂m/∂T_c = P_c / Σ_j P_j²

In the second, c is the class that one looks at.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ..ir.operators import REDUCTIONS
from ..ir.program import Expr, Num, Op, Ref
from .arrange import multiply

if TYPE_CHECKING:
    from collections.abc import Collection

PER_CLASS = ("TP", "TN", "FP", "FN", "T", "Q", "P")
"""The letters that are one number per class."""

_INNER = {"c": "j", "j": "c", "": "c"}
"""The letter of a sum that stands where another is in use; nothing in it has the outer one."""


def varies(expr: Expr, names: Collection[str]) -> bool:
    """Tell whether an expression is one number per class, as `names` are."""
    if isinstance(expr, Ref):
        return expr.name in names
    if isinstance(expr, Op) and expr.op not in REDUCTIONS:
        return any(varies(arg, names) for arg in expr.args)
    return False


def indexed(expr: Expr, names: Collection[str], index: str = "") -> Expr:
    """Return an expression of the class `index`, or of none, with all indices in place."""
    if isinstance(expr, Ref):
        return Ref(f"{expr.name}_{index}") if expr.name in names and index else expr
    if not isinstance(expr, Op):
        return expr
    if expr.op in REDUCTIONS:
        letter = _INNER[index]
        of_one = indexed(expr.args[0], names, letter)
        if expr.op != "mean_over":
            return Op(expr.op, (of_one, Ref(letter)))
        share = Op("div", (Num(Fraction(1)), Ref("K")))
        return Op("mul", (share, Op("sum_over", (of_one, Ref(letter)))))
    if expr.op == "mul":
        ordered = sorted(_factors(expr), key=lambda factor: _place(factor, names))
        return multiply([indexed(factor, names, index) for factor in ordered])
    args = tuple(indexed(arg, names, index) for arg in expr.args)
    match expr.op, args:
        case "pow", (base, Op("div", (Num(), Ref()) as over)):
            return Op("pow", (base, Op("slash", over)))
    return Op(expr.op, args)


def _factors(expr: Expr) -> list[Expr]:
    if isinstance(expr, Op) and expr.op == "mul":
        return [factor for arg in expr.args for factor in _factors(arg)]
    return [expr]


def _place(factor: Expr, names: Collection[str]) -> int:
    """Numbers before what all classes share, and this before the class's own; sums go last."""
    if isinstance(factor, Op) and factor.op in REDUCTIONS:
        return 3
    if isinstance(factor, Num):
        return 0
    return 1 if isinstance(factor, Ref) and not varies(factor, names) else 2

"""bound: brings products that may overflow a double to ±1e60, before inf meets a 0."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..ir.program import Expr, Num, Op, Program, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST = 7
"""What power of 3.4e38, the bound of a quotient, a double holds, and counts beside it."""
_BOUNDED = 60 / 38
_SHARES = {"sqrt": 1 / 2, "cbrt": 1 / 3}
_SAME = {"neg", "abs", "let", "nonzero", "div", "add", "sub", "min", "max", "others"}
_SAME |= {f"{name}_over" for name in ("sum", "mean", "prod", "min", "max")}


def bound_products(program: Program) -> Program:
    """(x / y)^8 → bounded((x / y)^4 * (x / y)^4): a bound's eighth power is beyond a double."""
    known: dict[str, float] = {}
    sections = []
    for section in (program.value, program.slopes):
        assigns = []
        for assign in section:
            expr, known[assign.name] = _bound(assign.expr, known)
            assigns.append(replace(assign, expr=expr))
        sections.append(tuple(assigns))
    return replace(program, value=sections[0], slopes=sections[1])


def _bound(expr: Expr, known: Mapping[str, float]) -> tuple[Expr, float]:
    """Return `expr` with its products bounded, and the power of 3.4e38 that it may reach."""
    if not isinstance(expr, Op):
        return expr, known.get(expr.name, 0) if isinstance(expr, Ref) else 0
    pairs = [_bound(arg, known) for arg in expr.args]
    powers = [power for _, power in pairs]
    bound = Op(expr.op, tuple(arg for arg, _ in pairs))
    power = _power(bound, powers)
    is_product = expr.op in ("mul", "power")
    return (Op("bounded", (bound,)), _BOUNDED) if is_product and power > _MOST else (bound, power)


def _power(expr: Op, powers: list[float]) -> float:
    match expr:
        case Op("mul"):
            return sum(powers)
        case Op("power", (_, Num(exponent))):
            return powers[0] * abs(float(exponent))
        case Op("quotient"):
            return max(1, powers[0])
    if expr.op in _SHARES:
        return powers[0] * _SHARES[expr.op]
    if expr.op in _SAME:
        return max(powers)
    return 1 if expr.op in ("power", "exp") else 0

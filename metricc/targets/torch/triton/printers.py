"""How Triton writes a program: the functions of templates/triton/functions.py by their names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ....ir.operators import FUNCTIONS
from ....ir.program import Num, Op, Ref
from ...printer import Printer, break_lines, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ....ir.program import Assign, Expr

_LINE = 80  # what is left of a line inside a function of a block
_OF_ONE = {*FUNCTIONS, "nonnegative", "nonzero", "sigmoid_product"}
_OF_TWO = {"max": "_maximum({0}, {1})", "min": "_minimum({0}, {1})", "power": "_power({0}, {1})"}
PRINTER = Printer(
    {
        **{name: f"_{name}({{0}})" for name in _OF_ONE},
        **_OF_TWO,
        "abs": "tl.abs({0})",
        "bounded": "_clamp({0}, -1e60, 1e60)",
        "clamp": "_clamp({0}, {1}, {2})",
        "double": "tl.full((), {0}, tl.float64)",
        "quotient": "_quotient({0}, {1}, zero_division)",
    }
)
"""`double` is a number that stands alone, which Triton would take for a float32."""


def lines(assigns: Iterable[Assign], names: Mapping[str, str]) -> list[str]:
    """Return the lines of a program, with `names` for what Triton must call otherwise."""
    written = (
        replace(a, name=names.get(a.name, a.name), expr=_alone(a.expr, names)) for a in assigns
    )
    return [PRINTER.assign(a) for a in break_lines(written, PRINTER, _LINE)]


def expression(expr: Expr, names: Mapping[str, str]) -> str:
    """Return the code of an expression."""
    return PRINTER.expr(_written(expr, names))


def _written(expr: Expr, names: Mapping[str, str]) -> Expr:
    match expr:
        case Ref(name):
            return Ref(names.get(name, name))
        case Op("add" | "sub" | "mul" | "div" | "neg" as op, args):
            return Op(op, tuple(_written(arg, names) for arg in args))
        case Op(op, args):
            return Op(op, tuple(_alone(arg, names) for arg in args))
    return expr


def _alone(expr: Expr, names: Mapping[str, str]) -> Expr:
    """Write what is no operand of arithmetic; a small whole number is exact in any type."""
    match expr:
        case Num(value) if value not in (-1, 0, 1):
            return Op("double", (Ref(number(float(value))),))
    return _written(expr, names)

"""A metric written out over TP, FP, FN, TN and its parameters, in metricc's own language."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ..ir.operators import REDUCTIONS
from ..ir.program import Expr, Num, Op, Ref
from .printer import Printer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ir.typed import Term, TypedMetric

MAX_TERMS = 300
"""A formula of more terms than this says less than the text it was made from."""

_PRINTER = Printer(
    functions={op: f"{function.name}({{0}})" for op, function in REDUCTIONS.items()},
    infix={"mul": ("*", 2), "div": ("/", 2), "pow": ("^", 4)},
)


def write_out(metric: TypedMetric) -> str | None:
    """Return the formula with every name resolved, or None if it is too long to read."""
    if _size(metric.body, {}) > MAX_TERMS:
        return None
    return _PRINTER.expr(expression(metric.body)[0])


def _size(term: Term, known: dict[Term, int]) -> int:
    """Count terms as often as they are written; a `let` value used twice counts twice."""
    if term not in known:
        known[term] = 1 + sum(_size(arg, known) for arg in term.args)
    return known[term]


def expression(
    term: Term, keep: Callable[[str], bool] = lambda _: False
) -> tuple[Expr, dict[str, Expr]]:
    """Return a formula as it was written, and the `let` values that `keep` their names in it."""
    lets: dict[str, Expr] = {}

    def visit(term: Term) -> Expr:
        converted = convert(term)
        if term.label and keep(term.label) and lets.setdefault(term.label, converted) == converted:
            return Ref(term.label)
        return converted  # of two parts with one name, which two metrics may have, one is written

    def convert(term: Term) -> Expr:
        if term.op == "number":
            return Num(Fraction(term.value or 0))
        if term.op in ("entry", "parameter"):
            return Ref(str(term.value))
        if term.op == "pi":
            return Ref("pi")
        return Op(term.op, tuple(visit(arg) for arg in term.args))

    return visit(term), lets

"""How long expressions are to read."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ..ir.derivation import LETTERS
from ..ir.program import Expr, Num, Op, Ref
from ..targets.printer import Printer

_TIGHT = Printer(
    infix={"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2), "pow": ("^", 4)}
)
_ANY = Ref("x")


@lru_cache(maxsize=50_000)
def length(expr: Expr) -> int:
    """Return how many signs an expression has as text without spaces; β is one, TP two."""
    if isinstance(expr, Op):
        outlines = tuple(map(_outline, expr.args))
        inside = sum(map(length, expr.args)) - sum(len(_TIGHT.expr(o)) for o in outlines)
        return len(_TIGHT.expr(Op(expr.op, outlines))) + inside
    return 1 if isinstance(expr, Ref) and expr.name not in LETTERS else len(_TIGHT.expr(expr))


def _outline(expr: Expr) -> Expr:
    """Return the shortest expression that needs parentheses where `expr` does."""
    match expr:
        case Op("neg", _):
            return Op("neg", (_ANY,))
        case Op(op, (_, _)) if op in _TIGHT.infix:
            return Op(op, (_ANY, _ANY))
        case Num(value):
            return Num(Fraction(-1 if value < 0 else 1))
    return _ANY


def cost(expr: Expr) -> tuple[int, int]:
    """Return what makes an expression long: characters, then operations."""
    return length(expr), _operations(expr)


@lru_cache(maxsize=50_000)
def _operations(expr: Expr) -> int:
    return 1 + sum(map(_operations, expr.args)) if isinstance(expr, Op) else 0

"""Spells expressions as paper does: few operators, signs before terms, fractions as fractions."""

from __future__ import annotations

from fractions import Fraction

from ..ir.program import GUARDS, Expr, Num, Op, Ref, walk

_SYNONYMS = {"quotient": "div"}
_LARGEST_DENOMINATOR = 100
ONE = Num(Fraction(1))


def spell(expr: Expr) -> Expr:
    """quotient(x, y) → x / y, log1p(x) → log(1 + x), 0.5 → 1 / 2, at the outermost operator."""
    match expr:
        case Num(value):
            return _number(value)
        case Op(op, (x,)) if op in GUARDS:
            return spell(x)
        case Op("log1p", (x,)):
            return Op("log", (Op("add", (ONE, x)),))
        case Op("xlogx", (x,)) if any(isinstance(e, Op) and e.op == "xlogx" for e in walk(x)):
            return Op("call", (Ref("xlogx"), x))  # x log x doubles with each nesting
        case Op("pow" | "power", (base, exponent)):
            return Op("pow", (base, _on_one_line(exponent)))
        case Op(op, args):
            return Op(_SYNONYMS.get(op, op), args)
        case _:
            return expr


def _number(value: Fraction | float) -> Expr:
    """A fraction that nobody would write as one, 123457/1000000, stays a decimal."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return Num(Fraction(value))
    if isinstance(value, float) or value.denominator == 1:
        return Num(value)
    if value.denominator > _LARGEST_DENOMINATOR and Fraction(repr(float(value))) == value:
        return Num(float(value))
    over = Num(Fraction(abs(value.numerator))), Num(Fraction(value.denominator))
    return Op("div", over) if value > 0 else Op("neg", (Op("div", over),))


def _on_one_line(exponent: Expr) -> Expr:
    """Return an exponent; the bar of a fraction would be too small to see up there."""
    spelled = spell(exponent)
    match spelled:
        case Op("div", (Num(), Num()) as over):
            return Op("slash", over)
        case Op("neg", (inner,)):
            return Op("neg", (_on_one_line(inner),))
        case _:
            return spelled


def terms(expr: Expr) -> list[tuple[bool, Expr]]:
    """a - b + c → [(True, a), (False, b), (True, c)]; what is not a sum is one term."""
    expr = spell(expr)
    match expr:
        case Op("add", args):
            return [term for arg in args for term in terms(arg)]
        case Op("sub", (left, right)):
            is_positive, size = _signed(right)
            return [*terms(left), *([(False, size)] if is_positive else terms(size))]
        case _:
            is_positive, size = _signed(expr)
            return terms(size) if is_positive and size != expr else [(is_positive, size)]


def _signed(expr: Expr) -> tuple[bool, Expr]:
    """-2 a / b → (False, 2 a / b): the sign in front, and what it stands before."""
    expr = spell(expr)
    match expr:
        case Num(value) if value < 0:
            return False, Num(-value)
        case Op("neg", (inner,)):
            is_positive, size = _signed(inner)
            return not is_positive, size
        case Op("mul" | "div" as op, (first, *others)):
            is_positive, size = _signed(first)
            if is_positive:
                return True, expr
            return False, _times(op, size, others)
        case _:
            return True, expr


def _times(op: str, first: Expr, others: list[Expr]) -> Expr:
    """-1 a is the sign before a, so nothing is left of its first factor."""
    if op == "mul" and first == ONE:
        return others[0] if len(others) == 1 else Op("mul", tuple(others))
    return Op(op, (first, *others))


def factors(expr: Expr) -> list[Expr]:
    """(a b) (c d) → [a, b, c, d]."""
    expr = spell(expr)
    if isinstance(expr, Op) and expr.op == "mul":
        return [factor for arg in expr.args for factor in factors(arg)]
    return [expr]

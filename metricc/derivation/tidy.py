"""Expressions of a program as they go on paper: x*x is x², and 0.5/x is 1/(2x)."""

from __future__ import annotations

from fractions import Fraction

from ..ir.program import Expr, Num, Op, Ref
from .arrange import add, multiply, power, signed_terms


def tidy(expr: Expr) -> Expr:
    """Return an expression with powers, whole numbers, and signs before terms."""
    if isinstance(expr, Num):
        return _over(Fraction(expr.value).limit_denominator(10**12), {})
    if not isinstance(expr, Op):
        return expr
    if expr.op in ("add", "sub"):
        left, right = (tidy(arg) for arg in expr.args)
        return _collected(signed_terms(left) + signed_terms(right, 1 if expr.op == "add" else -1))
    if expr.op in ("mul", "div", "neg"):
        factors: dict[Expr, int] = {}
        number = _gather(expr, 1, factors)
        return _over(number, factors)
    return Op("pow" if expr.op == "power" else expr.op, tuple(tidy(arg) for arg in expr.args))


def _collected(terms: list[tuple[int, Expr]]) -> Expr:
    """n - P - P → n - 2·P."""
    total: dict[Expr, int] = {}
    for sign, term in terms:
        total[term] = total.get(term, 0) + sign
    return add(
        [
            (1 if c > 0 else -1, term if abs(c) == 1 else multiply([Num(Fraction(abs(c))), term]))
            for term, c in total.items()
            if c
        ]
        or [(1, Num(Fraction(0)))]
    )


def side_by_side(expr: Expr) -> Expr:
    """((a/b)*c)/d → (a/b)*(c/d), as it was meant where a line has several quotients."""
    if not isinstance(expr, Op):
        return expr
    args = tuple(side_by_side(arg) for arg in expr.args)
    match expr.op, args:
        case "div", (Op("mul", (left, right)), bottom) if _ends_in_quotient(left):
            return Op("mul", (left, Op("div", (right, bottom))))
    return Op(expr.op, args)


def _ends_in_quotient(expr: Expr) -> bool:
    match expr:
        case Op("mul", (_, right)):
            return _ends_in_quotient(right)
    return isinstance(expr, Op) and expr.op == "div"


def weigh(weight: Expr, expr: Expr) -> list[tuple[int, Expr]]:
    """Return weight·expr as the signed terms of a sum."""
    match expr:
        case Num(value) if value == 0:
            return []
        case Op("neg", (inner,)):
            return [(-sign, term) for sign, term in weigh(weight, inner)]
        case Op("div", (Num(value), bottom)) if value == 1:
            return [(1, Op("div", (weight, bottom)))]
        case Op("div", (top, bottom)):
            return [(1, Op("div", (multiply([weight, top]), bottom)))]
    return [(1, multiply([weight, expr]))]


def _gather(expr: Expr, exponent: int, factors: dict[Expr, int]) -> Fraction:
    """Collect the factors of a product or quotient with their exponents; return its number."""
    match expr:
        case Op("mul", (left, right)):
            return _gather(left, exponent, factors) * _gather(right, exponent, factors)
        case Op("div", (top, bottom)):
            return _gather(top, exponent, factors) * _gather(bottom, -exponent, factors)
        case Op("neg", (inner,)):
            return -_gather(inner, exponent, factors)
        case Num(value):
            return Fraction(value).limit_denominator(10**12) ** exponent
    neat = tidy(expr)
    if isinstance(neat, Op) and neat.op in ("mul", "div", "neg") and neat != expr:
        return _gather(neat, exponent, factors)
    factors[neat] = factors.get(neat, 0) + exponent
    return Fraction(1)


def _over(number: Fraction, factors: dict[Expr, int]) -> Expr:
    ordered = sorted(factors.items(), key=lambda item: _place(item[0]))
    tops = [power(f, Fraction(e)) for f, e in ordered if e > 0]
    bottoms = [power(f, Fraction(-e)) for f, e in ordered if e < 0]
    size = abs(number)
    if size.numerator != 1 or not tops:
        tops.insert(0, Num(Fraction(size.numerator)))
    if size.denominator != 1:
        bottoms.insert(0, Num(Fraction(size.denominator)))
    result = multiply(tops)
    if bottoms:
        result = Op("div", (result, multiply(bottoms)))
    return result if number >= 0 else add([(-1, result)])


def _place(factor: Expr) -> int:
    """Letters before those with an index, and these before sums and calls."""
    return 2 if not isinstance(factor, Ref) else int(factor.name.endswith("_k"))

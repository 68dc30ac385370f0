"""Irrational numbers as they go on paper."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

import sympy as sp

from ..ir.program import Expr, Num, Op, Ref

_NUMBERS = {sp.Pow: "pow", sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos"}
_NUMBERS |= {sp.asin: "asin", sp.atan: "atan", sp.tanh: "tanh", sp.Abs: "abs"}


def constant(number: sp.Expr) -> Expr:
    """Return π, log 2, or another number as it was made; else as a decimal: Φ(1)."""
    if number == sp.pi:
        return Ref("pi")
    if number == sp.E:
        return Op("exp", (Num(Fraction(1)),))
    if number.is_Rational:
        return Num(Fraction(int(number.p), int(number.q)))
    if number.is_Add or number.is_Mul:
        op = "add" if number.is_Add else "mul"
        return reduce(lambda x, y: Op(op, (x, y)), map(constant, number.args))
    if number.func in _NUMBERS:
        return Op(_NUMBERS[number.func], tuple(constant(arg) for arg in number.args))
    return Num(float(number.evalf(20)))

"""The normal form of a closed expression: a sum of products of factors with half exponents.

MCC's derivative by Q is one product: -1/2 · n · (PQ + T(n - 2Q)) · P^-½ Q^-3/2 (n-P)^-½ (n-Q)^-3/2.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp

from .work import TooLongError

if TYPE_CHECKING:
    from .closed import Closed


@dataclass(frozen=True)
class Product:
    """coefficient · Π factor^exponent; exponents are multiples of ½, factors irreducible."""

    coefficient: Fraction
    factors: tuple[tuple[sp.Expr, Fraction], ...]


Sum = tuple[Product, ...]


def one_fraction(closed: Closed, expr: sp.Expr) -> Sum:
    """Return an expression as one product, its terms brought together."""
    if expr not in closed.products:
        top, bottom = sp.fraction(closed.flat(expr))
        closed.products[expr] = (_product(closed, top, bottom),) if top != 0 else ()
    return closed.products[expr]


def factored(closed: Closed, expr: sp.Expr) -> sp.Expr:
    """Return an expression as one fraction of factors, which is cheaper to go on with."""
    with suppress(TooLongError):
        return sp.Add(*(_as_expr(closed, product) for product in one_fraction(closed, expr)))
    return expr


def _as_expr(closed: Closed, product: Product) -> sp.Expr:
    factors = [sp.Rational(product.coefficient)]
    for factor, exponent in product.factors:
        root = closed.roots[factor] if exponent.denominator == 2 else factor
        times = exponent * 2 if exponent.denominator == 2 else exponent
        factors.append(root ** int(times))
    return sp.Mul(*factors)


def by_roots(closed: Closed, expr: sp.Expr) -> Sum:
    """Return a product for each combination of roots and atoms in the numerator."""
    top, bottom = sp.fraction(closed.flat(expr))
    marks = [s for s in top.free_symbols if s in closed.atoms or s in closed.roots.values()]
    if not marks:
        return one_fraction(closed, expr)
    groups: dict[sp.Expr, list[sp.Expr]] = {}
    for term in sp.Add.make_args(sp.expand(top)):
        mark = sp.Mul(*(f for f in sp.Mul.make_args(term) if f.free_symbols & set(marks)))
        groups.setdefault(mark, []).append(term)
    return tuple(_product(closed, sp.Add(*terms), bottom) for terms in groups.values() if top != 0)


def term_by_term(closed: Closed, expr: sp.Expr) -> Sum:
    """Return a product for each term as it stands, like ones brought together."""
    if not expr.is_Add:
        return one_fraction(closed, expr)
    products: dict[tuple[tuple[sp.Expr, Fraction], ...], Fraction] = {}
    for term in sp.Add.make_args(expr):
        for product in one_fraction(closed, term):
            known = products.get(product.factors, Fraction(0))
            products[product.factors] = known + product.coefficient
    return tuple(Product(c, factors) for factors, c in products.items() if c)


def by_denominators(closed: Closed, expr: sp.Expr) -> Sum:
    """a/D + b/E + c/D → (a + c)/D + b/E."""
    tops: dict[sp.Expr, sp.Expr] = {}
    for term in _distributed(expr):
        top, bottom = sp.fraction(factored(closed, term))
        tops[bottom] = tops.get(bottom, 0) + top
    whole = sp.Add(*(top / bottom for bottom, top in tops.items()))
    return term_by_term(closed, whole)


def _distributed(expr: sp.Expr) -> list[sp.Expr]:
    """(a/D + b)/E → a/(D E), b/E: return the terms of a sum, and of sums of fractions in them."""
    if expr.is_Add:
        return [term for arg in expr.args for term in _distributed(arg)]
    for factor in sp.Mul.make_args(expr):
        if factor.is_Add and any(sp.fraction(arg)[1] != 1 for arg in factor.args):
            return [term for arg in factor.args for term in _distributed(arg * expr / factor)]
    return [expr]


def _product(closed: Closed, top: sp.Expr, bottom: sp.Expr) -> Product:
    coefficient = Fraction(1)
    exponents: dict[sp.Expr, Fraction] = {}
    radicands = {root: radicand for radicand, root in closed.roots.items()}
    for part, direction in ((top, 1), (bottom, -1)):
        number, factors = closed.factors(part)
        coefficient *= Fraction(int(number.p), int(number.q)) ** direction
        for factor, power in factors:
            exponent = Fraction(int(power) * direction)
            sign, upright = closed.upright(factor)
            coefficient *= sign ** int(power)
            if upright in radicands:
                upright, exponent = radicands[upright], exponent / 2
            exponents[upright] = exponents.get(upright, Fraction(0)) + exponent
    for factor in [f for f, e in exponents.items() if f.is_Integer and e != Fraction(1, 2)]:
        whole = exponents[factor] // 1  # 3/√3 is √3
        coefficient *= Fraction(int(factor)) ** int(whole)
        exponents[factor] -= whole
    return Product(coefficient, tuple((f, e) for f, e in exponents.items() if e))

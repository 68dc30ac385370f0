"""The irreducible factors of polynomials, found where they are linear without a search.

Nothing that a metric is made of has squares of its roots and parameters: of a·x + b, the factors
are those of what a and b share, and the rest, which has no others.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import sympy as sp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEARCH = 4
"""How many times as much work it is to search for factors."""

Factoring = tuple[sp.Expr, tuple[tuple[sp.Expr, int], ...]]
"""A number, and irreducible polynomials with whole coefficients and their powers."""


def factor_list(expr: sp.Expr, spend: Callable[[int], None]) -> Factoring:
    """Return what sympy's function of the same name does, in the same order.

    `spend` is told how much work is ahead.
    """
    top, bottom = sp.together(expr).as_numer_denom()
    number, found = 1 / bottom, Counter[sp.Poly]()
    for part in sp.Mul.make_args(top):
        base, exponent = part.as_base_exp()
        if base.is_number:
            number *= part
            continue
        poly = sp.Poly(base)
        content, primitive = poly.primitive()
        if primitive.LC() < 0:
            content, primitive = -content, -primitive
        number *= content ** int(exponent)
        for factor, power in _factors(primitive, spend):
            found[factor] += power * int(exponent)
    ordered = sorted(found.items(), key=_place)
    return number, tuple((factor.as_expr(), power) for factor, power in ordered)


def _factors(poly: sp.Poly, spend: Callable[[int], None]) -> Iterator[tuple[sp.Poly, int]]:
    """Yield the irreducible factors of a primitive polynomial and their powers."""
    if poly.is_ground:
        return
    degrees = poly.degree_list()
    spend(len(poly.terms()) * sum(degrees))
    if 1 not in degrees:
        spend(SEARCH * len(poly.terms()) * sum(degrees))
        yield from poly.factor_list()[1]
        return
    letter = poly.gens[degrees.index(1)]
    slope = poly.diff(letter)
    common = slope.gcd(poly - slope * sp.Poly(letter, *poly.gens))
    common = _upright(common)
    yield _upright(poly.exquo(common)), 1
    yield from _factors(common, spend)


def _upright(poly: sp.Poly) -> sp.Poly:
    """Return a polynomial without its number and its sign."""
    primitive = poly.primitive()[1]
    return -primitive if primitive.LC() < 0 else primitive


def _place(item: tuple[sp.Poly, int]) -> tuple[Any, ...]:
    factor, power = item
    dense = factor.rep.to_list()
    return len(dense), len(factor.gens), power, str(factor.domain), dense

"""The irreducible factors of polynomials, found where they are linear without a search.

Nothing that a metric is made of has squares of its roots and parameters: of a·x + b, the factors
are those of what a and b share, and the rest, which has no others.
"""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.polys.domains import ZZ
from sympy.polys.galoistools import gf_gcd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

SEARCH = 2
"""How many times as much work it is to search for factors as for one that is shared."""
SMALL = 800
"""Terms by degrees of a polynomial from which on a search takes longer than by its size."""
MANY = 10
"""Letters, after which each term takes longer, as sympy nests a list for each letter."""
_PRIME = 2**31 - 1
_BASE = 16807
"""Its powers stand for letters; any other number would do, but a small root of 1."""

Factoring = tuple[sp.Expr, tuple[tuple[sp.Expr, int], ...]]
"""A number, and irreducible polynomials with whole coefficients and their powers."""


def factor_list(expr: sp.Expr, spend: Callable[[int], None]) -> Factoring:
    """Return what sympy's function of the same name does, in the same order.

    `spend` is told how much work is ahead.
    """
    number, found = sp.Integer(1), Counter[sp.Poly]()
    for part in sp.Mul.make_args(expr):
        base, exponent = part.as_base_exp()
        if base.is_number:
            number *= part
            continue
        denominator, whole = sp.Poly(base).clear_denoms(convert=True)
        monomial, rest = whole.terms_gcd()
        content, poly = rest.exclude().primitive()
        if poly.LC() < 0:
            content, poly = -content, -poly
        number *= (content / denominator) ** int(exponent)
        for letter in sp.Mul.make_args(sp.Mul(*map(pow, whole.gens, monomial))):
            if letter != 1:
                found[sp.Poly(letter.as_base_exp()[0])] += int(letter.as_base_exp()[1] * exponent)
        for factor, power in irreducible(poly, spend):
            found[factor] += power * int(exponent)
    ordered = in_order(found.items())
    return number, tuple((factor.as_expr(), power) for factor, power in ordered)


def in_order(factors: Iterable[tuple[sp.Poly, int]]) -> list[tuple[sp.Poly, int]]:
    """Return factors and their powers as sympy sorts them."""
    return sorted(factors, key=_place)


def irreducible(poly: sp.Poly, spend: Callable[[int], None]) -> Iterator[tuple[sp.Poly, int]]:
    """Yield the irreducible factors of a primitive polynomial and their powers."""
    if poly.is_ground:
        return
    degrees = poly.degree_list()
    work = len(poly.terms()) * sum(degrees) * (1 + len(degrees) // MANY)
    search = work + work**2 // SMALL
    spend(work)
    if 1 not in degrees:
        spend(SEARCH * search)
        yield from poly.factor_list()[1]
        return
    letter = poly.gens[degrees.index(1)]
    slope = poly.diff(letter)
    rest = poly - slope * sp.Poly(letter, *poly.gens)
    if _share_nothing(slope, rest):
        yield poly, 1
        return
    spend(search)
    common = _upright(slope.gcd(rest))
    yield _upright(poly.exquo(common)), 1
    yield from irreducible(common, spend)


def _share_nothing(one: sp.Poly, other: sp.Poly) -> bool:
    """Tell whether two polynomials show, with numbers for all letters but one, no common factor.

    One that has this letter would be common to what is left of them, modulo a prime as well.
    """
    terms = one.as_dict(native=True), other.as_dict(native=True)
    for at, degrees in enumerate(zip(one.degree_list(), other.degree_list(), strict=True)):
        if min(degrees) > 0:
            images = [_image(found, at) for found in terms]
            if not all(image[0] for image in images) or len(gf_gcd(*images, _PRIME, ZZ)) > 1:
                return False
    return True


def _image(terms: Mapping[tuple[int, ...], Any], at: int) -> list[int]:
    """Return the coefficients of one letter's powers, the highest first, modulo a prime."""
    image = [0] * (1 + max(powers[at] for powers in terms))
    for powers, coefficient in terms.items():
        rest = (pow(_BASE, i * e, _PRIME) for i, e in enumerate(powers, 2) if e and i != at + 2)
        image[-1 - powers[at]] += int(coefficient) * prod(rest)
    return [number % _PRIME for number in image]


def _upright(poly: sp.Poly) -> sp.Poly:
    """Return a polynomial without its number and its sign."""
    primitive = poly.primitive()[1]
    return -primitive if primitive.LC() < 0 else primitive


def _place(item: tuple[sp.Poly, int]) -> tuple[Any, ...]:
    factor, power = item
    dense = factor.rep.to_list()
    return len(dense), len(factor.gens), power, str(factor.domain), dense

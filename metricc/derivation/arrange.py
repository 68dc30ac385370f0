"""Polynomials in the shortest order that a person would write: PQ + T(n - 2Q), n(P + Q) - 2PQ."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp

from ..ir.program import Expr, Num, Op
from .factors import in_order, irreducible
from .measure import cost, length

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .work import Work

Exponents = tuple[int, ...]
Terms = tuple[tuple[Exponents, Fraction], ...]
"""A polynomial: exponents of the letters, in order, and coefficients; sorted as it is written."""

MAX_TERMS = 30
"""Longer polynomials are written flat: nobody reads them, and the search grows."""
MAX_FACTORED, MAX_LETTERS = 12, 6
"""Parts with more terms or letters are not factored: they hardly ever do, and it takes long."""
WAY, FACTORING = 4, 50
"""What it costs to write a term in all ways, and to look whether a part has factors."""


class Arranger:
    """Writes polynomials in letters, each of which is shown as an expression."""

    def __init__(
        self,
        letters: Sequence[sp.Symbol],
        shown: Mapping[sp.Symbol, Expr],
        work: Work,
        grouping: Sequence[sp.Symbol] = (),
        parameters: int = 0,
    ) -> None:
        """Take the letters in the order in which they stand in a product, parameters first.

        `grouping` are the letters to take out of sums before the others.
        """
        self.letters = tuple(letters)
        self.parameters = parameters
        self.work = work
        first = [self.letters.index(letter) for letter in grouping]
        self.grouping = [*first, *(i for i in range(len(letters)) if i not in first)]
        self.shown = [shown[letter] for letter in letters]
        self.known: dict[Terms, Expr] = {}

    def write(self, polynomial: sp.Expr) -> Expr:
        """Return the shortest way to write a polynomial over the letters."""
        return self._polynomial(sp.Poly(polynomial, *self.letters))

    def _polynomial(self, poly: sp.Poly) -> Expr:
        terms = {tuple(e): Fraction(int(c.p), int(c.q)) for e, c in poly.terms()}
        return self._write(self._sorted(terms.items()))

    def _write(self, terms: Terms) -> Expr:
        if terms not in self.known:
            self.work.spend(WAY * len(terms))
            self.known[terms] = min(self._ways(terms), key=cost)
            self.work.spend(length(self.known[terms]) // 10)
        return self.known[terms]

    def _ways(self, terms: Terms) -> Iterable[Expr]:
        """Yield the polynomial flat, and with one letter taken out of all terms that have it."""
        common = self._common(terms)
        if len(terms) > 1 and common != (Fraction(1), (0,) * len(self.letters)):
            yield self._times(common, _divided(terms, common))
            return
        if 2 < len(terms) <= MAX_TERMS:
            yield from self._factored(terms)
            yield from self._grouped(terms)
        yield self._flat(terms)

    def _factored(self, terms: Terms) -> Iterable[Expr]:
        """Yield the product that a sum is, as a part of an irreducible one may be."""
        in_use = sum(any(e[at] for e, _ in terms) for at in range(len(self.letters)))
        if not 4 <= len(terms) <= MAX_FACTORED or in_use > MAX_LETTERS:
            return
        if _is_irreducible(terms):
            return
        self.work.spend(FACTORING)
        poly = sp.Poly.from_dict({e: sp.Rational(c) for e, c in terms}, *self.letters)
        if poly.LC() < 0 or poly.content() != 1:
            return
        factors = in_order(irreducible(poly, self.work.spend))
        if len(factors) > 1:
            written = [(self._polynomial(factor), times) for factor, times in factors]
            yield multiply([power(expr, Fraction(e)) for expr, e in written])

    def _grouped(self, terms: Terms) -> Iterable[Expr]:
        """Yield sums in two parts; a part of one term goes first: PQ + T(n - 2Q)."""
        for position in self.grouping:
            having = tuple(t for t in terms if t[0][position])
            rest = tuple(t for t in terms if not t[0][position])
            if len(having) > 1 and rest:
                parts = [self._signed(rest), self._signed(having)]
                yield add(parts if len(rest) == 1 or terms[0] in rest else parts[::-1])

    def _signed(self, terms: Terms) -> tuple[int, Expr]:
        """Return a group with the sign that stands before it: - 2Q(n - Q), not + 2Q(Q - n)."""
        negative = sum(c < 0 for _, c in terms)
        first = min(terms, key=lambda term: tuple(-e for e in term[0]))
        if 2 * negative > len(terms) or (2 * negative == len(terms) and first[1] < 0):
            return -1, self._write(self._scaled(terms, Fraction(-1)))
        return 1, self._write(terms)

    def _common(self, terms: Terms) -> tuple[Fraction, Exponents]:
        """Return the number and the letters that all terms share."""
        size = Fraction(1)
        sizes = {abs(c) for _, c in terms}
        if len(sizes) == 1 or all(s.denominator == 1 and s % min(sizes) == 0 for s in sizes):
            size = min(sizes)
        lowest = tuple(map(min, zip(*(e for e, _ in terms), strict=True)))
        return size, lowest

    def _times(self, common: tuple[Fraction, Exponents], terms: Terms) -> Expr:
        inner = self._write(terms)
        return multiply([*self._monomial(common[1], common[0]), inner])

    def _flat(self, terms: Terms) -> Expr:
        return add(
            [
                (1 if c > 0 else -1, multiply(self._monomial(e, abs(c)) or [Num(Fraction(1))]))
                for e, c in terms
            ]
        )

    def _monomial(self, exponents: Exponents, coefficient: Fraction) -> list[Expr]:
        number = [Num(coefficient)] if coefficient != 1 else []
        return number + [
            power(shown, Fraction(e)) for shown, e in zip(self.shown, exponents, strict=True) if e
        ]

    def _sorted(self, terms: Iterable[tuple[Exponents, Fraction]]) -> Terms:
        """Positive terms first, letters in order; a number goes last, but not in 1 + β²."""
        terms = list(terms)
        only_parameters = not any(any(e[self.parameters :]) for e, _ in terms)

        def place(term: tuple[Exponents, Fraction]) -> tuple[bool, bool, tuple[int, ...]]:
            exponents, coefficient = term
            is_late = any(exponents) if only_parameters else not any(exponents)
            return coefficient < 0, is_late, tuple(-e for e in exponents)

        return tuple(sorted(terms, key=place))

    def _scaled(self, terms: Terms, factor: Fraction) -> Terms:
        return self._sorted((e, c * factor) for e, c in terms)


def _is_irreducible(terms: Terms) -> bool:
    """Tell of a sum without a common factor whether one term alone has, or lacks, a letter."""
    for powers in zip(*(exponents for exponents, _ in terms), strict=True):
        if max(powers) == 1 and sum(powers) in (1, len(powers) - 1):
            return True
    return False


def _divided(terms: Terms, common: tuple[Fraction, Exponents]) -> Terms:
    size, letters = common
    return tuple(
        (tuple(e - low for e, low in zip(exponents, letters, strict=True)), c / size)
        for exponents, c in terms
    )


def add(terms: Iterable[tuple[int, Expr]]) -> Expr:
    """Return ±a ± b …, what is positive first; sums among them lose their parentheses."""
    flat = [part for sign, term in terms for part in signed_terms(term, sign)]
    ordered = sorted(flat, key=lambda term: term[0] < 0)
    sign, result = ordered[0]
    result = result if sign > 0 else negate(result)
    for sign, term in ordered[1:]:
        result = Op("add" if sign > 0 else "sub", (result, term))
    return result


def signed_terms(expr: Expr, sign: int = 1) -> list[tuple[int, Expr]]:
    """Return the terms of a sum, each with its sign."""
    match expr:
        case Op("add" | "sub", (left, right)):
            second = sign if expr.op == "add" else -sign
            return signed_terms(left, sign) + signed_terms(right, second)
        case Op("neg", (inner,)):
            return signed_terms(inner, -sign)
    return [(sign, expr)]


def negate(expr: Expr) -> Expr:
    """Return -x."""
    return Num(-expr.value) if isinstance(expr, Num) else Op("neg", (expr,))


def multiply(factors: Iterable[Expr]) -> Expr:
    """Return a·b·…, with one root for all roots among them."""
    plain = [factor for factor in factors if not _is_root(factor)]
    under = [factor.args[0] for factor in factors if _is_root(factor)]  # type: ignore[union-attr]
    under.sort(key=lambda radicand: not isinstance(radicand, Num))
    root = [Op("sqrt", (_chain(under),))] if under else []
    is_number = all(isinstance(radicand, Num) for radicand in under)
    return _chain([*root, *plain] if is_number else [*plain, *root])


def _is_root(expr: Expr) -> bool:
    return isinstance(expr, Op) and expr.op == "sqrt"


def _chain(factors: Sequence[Expr]) -> Expr:
    result = factors[0]
    for factor in factors[1:]:
        result = Op("mul", (result, factor))
    return result


def power(base: Expr, exponent: Fraction) -> Expr:
    """Return x, x² or √x."""
    if exponent == 1:
        return base
    if exponent == Fraction(1, 2):
        return Op("sqrt", (base,))
    return Op("pow", (base, Num(exponent)))

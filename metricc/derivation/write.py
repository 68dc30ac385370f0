"""Products and sums of them as expressions: one fraction, roots where they are shortest."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp

from ..ir.program import Expr, Num, Op, Ref
from .arrange import Arranger, add, multiply, power
from .closed import Closed, is_constant
from .constants import constant
from .letters import SIGNS, Y, parameter_name
from .measure import length
from .products import Product, Sum, by_roots, one_fraction, term_by_term
from .work import TooLongError

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE_FRACTION = 1.6
"""One fraction, which the paper prefers, may be so many times longer than a sum."""

HALF = Fraction(1, 2)
Halves = tuple[str, ...]
Letters = tuple[sp.Symbol, ...]
Factors = list[tuple[sp.Expr, Fraction]]


class Writer:
    """Writes closed expressions of one metric in one basis."""

    def __init__(self, closed: Closed, value: sp.Expr) -> None:
        """Look whether the metric's value has a factor with a letter of its own."""
        self.closed = closed
        self.named = dict(closed.basis.named)
        self._shortest: dict[tuple[sp.Expr, Halves], Expr] = {}
        self._factors: dict[sp.Expr, Expr] = {}
        self._arrangers: dict[Letters, Arranger] = {}
        self._letters: dict[sp.Symbol, Expr] = {}
        self.solved = closed.basis.solved if self._has_named_factor(value) else {}

    def _has_named_factor(self, value: sp.Expr) -> bool:
        with suppress(TooLongError):
            products = one_fraction(self.closed, value)
            return any(factor in self.named for p in products for factor, _ in p.factors)
        return False

    def shortest(self, expr: sp.Expr, halves: Halves = ("bottom",)) -> Expr:
        """Return the shortest of the forms of an expression.

        Raises:
            TooLongError: none of them is short enough to be made.
        """
        if (expr, halves) not in self._shortest:
            ways = list(self.ways(expr, halves))
            if not ways:
                raise TooLongError
            self._shortest[expr, halves] = min(ways, key=length)
        return self._shortest[expr, halves]

    def ways(self, expr: sp.Expr, halves: Halves = ("bottom",)) -> Iterator[Expr]:
        """Yield an expression as one fraction, split by its roots, and term by term.

        `halves` says where half exponents may go: into a root on top, at the bottom, or one
        of the whole quotient. The slopes of one metric share the root at the bottom.
        """
        for form in (one_fraction, by_roots, term_by_term):
            with suppress(TooLongError):
                yield self.sum(form(self.closed, expr), halves)

    def preferred(self, expr: sp.Expr, halves: Halves, *others: Expr) -> Expr:
        """Return an expression as one fraction, unless it is much shorter as a sum, or as others.

        Raises:
            TooLongError: none of them is short enough to be made.
        """
        short = min([self.shortest(expr, halves), *others], key=length)
        with suppress(TooLongError):
            one = self.sum(one_fraction(self.closed, expr), halves)
            return one if length(one) <= ONE_FRACTION * length(short) else short
        return short

    def sum(self, products: Sum, halves: Halves) -> Expr:
        """Return a sum of products."""
        if not products:
            return Num(Fraction(0))
        return add([self._signed(product, halves) for product in products])

    def _signed(self, product: Product, halves: Halves) -> tuple[int, Expr]:
        """Return the sign of a product, and the rest; a sum in it may swallow the sign."""
        if product.coefficient > 0:
            return 1, self._product(product.coefficient, list(product.factors), halves)
        ways = [(-1, self._product(-product.coefficient, list(product.factors), halves))]
        for position, (factor, exponent) in enumerate(product.factors):
            if exponent == 1 and self._turns(factor):
                factors = list(product.factors)
                factors[position] = (sp.expand(-factor), exponent)
                ways.append((1, self._product(-product.coefficient, factors, halves)))
                if factor.has(Y):
                    return ways[-1]
        return min(ways, key=lambda way: (length(way[1]) + (way[0] < 0), way[0]))

    def _turns(self, factor: sp.Expr) -> bool:
        """Tell whether a sum reads as well with its signs turned: 2(T - y_k(P + Q)), n(Q - T)."""
        if not factor.is_Add or factor in self.named:
            return False
        negative = sum(bool(term.as_coeff_Mul()[0] < 0) for term in factor.args)
        return factor.has(Y) or 2 * negative >= len(factor.args)

    def _product(self, coefficient: Fraction, factors: Factors, halves: Halves) -> Expr:
        places = [_Placed(factors, place) for place in halves]
        return min((self._fraction(coefficient, placed) for placed in places), key=length)

    def _fraction(self, coefficient: Fraction, placed: _Placed) -> Expr:
        """Return number · tops · √… / (number · bottoms · √…)."""
        above, below = self._side(coefficient.numerator, placed.top, placed.root_top), []
        below = self._side(coefficient.denominator, placed.bottom, placed.root_bottom)
        if placed.quotient:
            inner = [self._side(1, side, []) for side in placed.quotient]
            above.append(Op("sqrt", (_over(*inner),)))
        return _over(above, below)

    def _side(self, number: int, factors: Factors, root: Factors) -> list[Expr]:
        numbers = [Num(Fraction(number))] if number != 1 else []
        roots = [Op("sqrt", (multiply(self._side(1, root, [])),))] if root else []
        written = [power(self.factor(f), e) for f, e in sorted(factors, key=self._place)]
        return [*numbers, *written, *roots]

    def _place(self, item: tuple[sp.Expr, Fraction]) -> tuple[bool, bool, list[int], str]:
        """Parameters before letters before sums, each in the order of the basis."""
        letters = self.letters(item[0])
        symbols = {self.named[item[0]]} if item[0] in self.named else item[0].free_symbols
        where = sorted(letters.index(s) for s in symbols)
        is_sum = item[0].is_Add and item[0] not in self.named
        is_number = all(is_constant(self.closed, s) for s in item[0].free_symbols)
        return not is_number, is_sum, where, str(item[0])

    def factor(self, factor: sp.Expr) -> Expr:
        """Return one irreducible factor."""
        if factor not in self._factors:
            self._factors[factor] = self._factor(factor)
        return self._factors[factor]

    def _factor(self, factor: sp.Expr) -> Expr:
        if factor.has(Y):
            return self._by_label(factor)
        if factor in self.named:
            return Ref(SIGNS[self.named[factor]])
        if factor.is_Integer:
            return Num(Fraction(int(factor)))
        written = self._arranged(factor)
        if self.solved:
            return min(written, self._arranged(sp.expand(factor.xreplace(self.solved))), key=length)
        return written

    def _by_label(self, factor: sp.Expr) -> Expr:
        """Return a + y_k·b, each part factored for itself."""
        label = factor.coeff(Y, 1) * Y
        parts = [factor - label, label] if factor != label else [label]
        return (
            add([self._bare(p) for part in parts for p in one_fraction(self.closed, part)])
            if factor != Y
            else Ref(SIGNS[Y])
        )

    def _bare(self, product: Product) -> tuple[int, Expr]:
        """Return a term of a sum: its sign goes before it, not into it."""
        sign = 1 if product.coefficient > 0 else -1
        return sign, self._product(abs(product.coefficient), list(product.factors), ("bottom",))

    def _arranged(self, factor: sp.Expr) -> Expr:
        letters = self.letters(factor)
        if letters not in self._arrangers:
            self._arrangers[letters] = self._arranger(letters)
        return self._arrangers[letters].write(factor)

    def _arranger(self, letters: Letters) -> Arranger:
        for letter in letters:
            if letter not in self._letters:
                self._letters[letter] = self._shown(letter)
        parameters = sum(is_constant(self.closed, letter) for letter in letters)
        grouping, work = self.closed.basis.grouping, self.closed.work
        return Arranger(letters, self._letters, work, grouping, parameters)

    def letters(self, expr: sp.Expr) -> Letters:
        """Return the letters of an expression, in the order in which they stand in a product."""
        order = self.closed.basis.order
        rest = expr.free_symbols - set(order)
        parameters = sorted((s for s in rest if is_constant(self.closed, s)), key=str)
        others = sorted(rest - set(parameters), key=self.closed.place)
        return (*parameters, *order, *others)

    def _shown(self, letter: sp.Symbol) -> Expr:
        """Return what a letter stands for."""
        if letter in self.closed.atoms:
            return self._atom(*self.closed.atoms[letter])
        radicand = next((r for r, root in self.closed.roots.items() if root == letter), None)
        if radicand is not None:
            return Op("sqrt", (self.factor(radicand),))
        if letter in self.closed.kept:
            return Ref(self.closed.kept[letter])
        name = parameter_name(letter)
        return Ref(self.closed.names.get(name, name) if name else SIGNS[letter])

    def _atom(self, op: str, args: tuple[sp.Expr, ...]) -> Expr:
        if op == "constant":
            return constant(args[0])
        return Op("pow" if op == "power" else op, tuple(self.shortest(arg) for arg in args))


class _Placed:
    """The factors of a product on either side of the line, under roots or not."""

    def __init__(self, factors: Factors, halves: str) -> None:
        """`halves` says where half exponents go: top, bottom, or quotient (one root of both)."""
        self.top: Factors = []
        self.bottom: Factors = []
        self.root_top: Factors = []
        self.root_bottom: Factors = []
        inner_top: Factors = []
        inner_bottom: Factors = []
        for factor, exponent in factors:
            whole = exponent
            if exponent.denominator == 2:
                where = "top" if factor.is_Integer else halves
                up = where == "top" or (where == "quotient" and exponent > 0)
                whole = exponent - HALF if up else exponent + HALF
                place = {"top": self.root_top, "bottom": self.root_bottom}.get(where)
                (place if place is not None else inner_top if up else inner_bottom).append(
                    (factor, Fraction(1))
                )
            if whole:
                (self.top if whole > 0 else self.bottom).append((factor, abs(whole)))
        self.quotient = (inner_top, inner_bottom) if inner_top or inner_bottom else ()


def _over(above: list[Expr], below: list[Expr]) -> Expr:
    top = multiply(above or [Num(Fraction(1))])
    return Op("div", (top, multiply(below))) if below else top

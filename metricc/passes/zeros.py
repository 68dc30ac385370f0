"""zeros: where an expression over entries and bindings vanishes.

Nearly every denominator, radicand and argument of a logarithm is, written out over the entries, a
polynomial without negative coefficients. It vanishes where each of its terms does, and a term
vanishes where one of its entries does: on *faces* of the orthant.

    2*TP + FP + FN   on {TP, FP, FN}
    AP*AN            on {TP, FN} and on {TN, FP}
    TP*TN - FP*FN    inside the orthant, on the surface TP*TN = FP*FN
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import reduce
from itertools import combinations
from operator import or_
from typing import TYPE_CHECKING

import sympy as sp

from ..ir.symbolic import ENTRY, MARGINAL_SUMS, expanded_size, parameter_symbol
from ..ir.typed import ENTRIES
from .direction import DIRECTIONS
from .equation import degree, equation, factors, polynomial
from .faces import Face, Zeros, both, either, minimal
from .sample import Samples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ir.symbolic import Binding, Symbolic

MAX_TERMS = 500
"""What has more terms than this, multiplied out, is not looked at."""

MAX_WORK = 20_000
"""The terms that are looked at for one metric, with a charge for each look and for factoring.

Twelve times what any metric of the library needs; counted, so that all machines say the same.
"""
_LOOK = 5
_FACTORING = 500

MAX_DEGREE = 10
"""A polynomial of a higher degree is not factored: how long that takes cannot be told."""

MAX_TEXT = 200
"""The letters of a function's arguments in an equation; longer ones are not written."""
_AT_ZERO = dict.fromkeys(("sqrt", "cbrt", "abs", "min", "max", "log1p", "xlogx"), sp.Integer(0))
_AT_ZERO |= dict.fromkeys(("sin", "asin", "atan", "tanh", "log"), sp.Integer(0))  # log at 1
_AT_ZERO |= {"exp": sp.Integer(1), "cos": sp.Integer(1), "sigmoid": sp.Rational(1, 2)}
_FACES = [frozenset(face) for size in range(1, 5) for face in combinations(ENTRIES, size)]


class TooLargeError(Exception):
    """An expression has too many terms, multiplied out, to look where it vanishes."""


def _limited(expr: sp.Expr) -> sp.Expr:
    if expanded_size(expr) > MAX_TERMS:
        raise TooLargeError
    return expr


class ZeroFinder:
    """Knows where the bindings learnt so far vanish; parameters have their defaults.

    Raises `TooLargeError` where it is asked for more.
    """

    def __init__(self, symbolic: Symbolic) -> None:
        """Know the entries."""
        self.functions: list[Binding] = []
        self.defaults = {
            parameter_symbol(p.name): sp.Rational(p.default.numerator, p.default.denominator)
            for p in symbolic.metric.parameters
        }
        self.samples = Samples(symbolic.bindings, self.defaults)
        self.known = {ENTRY[e]: Zeros(1, frozenset({frozenset({e})})) for e in ENTRIES}
        self.ratios: dict[sp.Symbol, tuple[sp.Expr, sp.Expr]] = {}
        self.too_large: set[sp.Symbol] = set()
        self.work = 0
        self.moving = {*ENTRY.values(), *DIRECTIONS["grad_pos"], *DIRECTIONS["grad_neg"]}
        self.shown = {symbol: name for name, symbol in ENTRY.items()}

    def learn(self, binding: Binding) -> None:
        """Take in what the rest of the formula may use."""
        if any(map(self.moves, binding.args)):
            self.moving.add(binding.symbol)
        try:
            self._learn(binding)
        except TooLargeError:
            self.too_large.add(binding.symbol)

    def _learn(self, binding: Binding) -> None:
        if binding.op == "quotient":
            (a, b), (c, d) = (self._fraction(arg) for arg in binding.args)
            self.ratios[binding.symbol] = (_limited(a * d), _limited(b * c))
            return
        if binding.op == "let":
            above, below = self._fraction(binding.args[0])
            self.ratios[binding.symbol] = (_limited(above), _limited(below))
            return
        self.shown[binding.symbol] = self._show(binding)
        zeros = self._of_function(binding.op, binding.args)
        if zeros is not None:
            self.known[binding.symbol] = zeros
        self.functions.append(binding)

    def zeros(self, expr: sp.Expr) -> Zeros:
        """Return where `expr` vanishes; what divides by 0 there is singular by itself."""
        top, bottom = self._fraction(expr)
        zeros = self._polynomial(sp.expand(top))
        if bottom == 1:
            return zeros
        below = self._polynomial(sp.expand(bottom))
        faces = {face for face in zeros.faces if not any(face >= other for other in below.faces)}
        return Zeros(zeros.sign * below.sign, frozenset(faces), zeros.equations)

    def vanishes(self, expr: sp.Expr, face: Face) -> bool:
        """Tell whether `expr` is 0 on all of a face."""
        return self._is_zero(expr, self._on(face))

    def moves(self, expr: sp.Expr) -> bool:
        """Tell whether a prediction may change `expr`; none changes AP, AN or N."""
        return bool(self.moving & expr.free_symbols)

    def default(self, expr: sp.Expr) -> sp.Expr:
        """Return `expr` over entries and bindings alone."""
        return expr.xreplace(MARGINAL_SUMS).xreplace(self.defaults)

    def _on(self, face: Face) -> dict[sp.Symbol, sp.Expr]:
        """Return the values that entries and functions have on all of a face, if they have one."""
        there = {ENTRY[entry]: sp.Integer(0) for entry in face}
        for binding in self.functions:
            at_zero = _AT_ZERO.get(binding.op)
            args = [binding.args[0] - 1] if binding.op == "log" else binding.args
            known = self.known.get(binding.symbol, Zeros(0)).faces
            if any(zero <= face for zero in known):
                there[binding.symbol] = sp.Integer(0)
            elif at_zero is not None and all(self._is_zero(x, there) for x in args):
                there[binding.symbol] = at_zero
        return there

    def _is_zero(self, expr: sp.Expr, there: Mapping[sp.Symbol, sp.Expr]) -> bool:
        top, _ = self._fraction(expr)
        return bool(sp.expand(top.xreplace(there)) == 0)

    def _spend(self, work: int) -> None:
        """Count work before it is done."""
        self.work += work
        if self.work > MAX_WORK:
            raise TooLargeError

    def _fraction(self, expr: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """Return numerator and denominator over entries and functions."""
        flat = _limited(self.default(expr))
        self._spend(_LOOK + len(sp.Add.make_args(flat)))
        if self.too_large & flat.free_symbols:
            raise TooLargeError
        if not self.ratios.keys() & flat.free_symbols:
            return flat, sp.Integer(1)
        terms = [self._split(term) for term in sp.Add.make_args(sp.expand(flat))]
        common = reduce(or_, (bottom for _, bottom in terms))
        tops = (top * sp.Mul(*(common - bottom).elements()) for top, bottom in terms)
        return _limited(sp.Add(*tops)), _limited(sp.Mul(*common.elements()))

    def _split(self, term: sp.Expr) -> tuple[sp.Expr, Counter[sp.Expr]]:
        """Return a term as numerator and factors of the denominator."""
        tops, bottom = [], Counter[sp.Expr]()
        for factor in sp.Mul.make_args(term):
            base, exponent = factor.as_base_exp()
            above, below = self.ratios.get(base, (base, sp.Integer(1)))
            tops.append(above**exponent)
            for part in sp.Mul.make_args(below):
                number, whole = part.primitive()
                root, power = whole.as_base_exp()
                tops.append(number**-exponent)
                bottom[root] += int(power * exponent)
        return sp.Mul(*tops), bottom

    def _polynomial(self, flat: sp.Expr) -> Zeros:
        """Sums of one sign vanish where all terms do; others where one of their factors does."""
        terms = [self._product(term) for term in sp.Add.make_args(flat)]
        if len(terms) == 1 or abs(sum(term.sign for term in terms)) == len(terms):
            return reduce(both, terms)
        order = degree(flat)
        self._spend(_FACTORING + len(terms) * order**2 if order <= MAX_DEGREE else MAX_WORK)
        found = factors(flat)
        if found == [flat]:
            return self._of_both_signs(flat)
        return reduce(either, map(self._polynomial, found))

    def _of_both_signs(self, flat: sp.Expr) -> Zeros:
        """What takes both signs vanishes on a surface between; what does not may on faces."""
        if sign := self.samples.sign(flat):
            return Zeros(sign, minimal(face for face in _FACES if self.vanishes(flat, face)))
        return Zeros(0, equations=(equation(flat, self.shown),))

    def _product(self, term: sp.Expr) -> Zeros:
        """A product vanishes where one of its factors does."""
        zeros = Zeros(1)
        for factor in sp.Mul.make_args(term):
            base, exponent = factor.as_base_exp()
            if factor.is_number:
                found = Zeros(int(sp.sign(factor)), frozenset({Face()} if factor == 0 else ()))
            else:
                found = self.known.get(base) or self._of_both_signs(base)
            zeros = either(zeros, found if exponent % 2 else replace(found, sign=abs(found.sign)))
        return zeros

    def _of_function(self, op: str, args: tuple[sp.Expr, ...]) -> Zeros | None:
        """Return where a function's value vanishes, if its arguments tell."""
        x = self.zeros(args[0])
        match op:
            case "exp" | "sigmoid" | "normal_cdf":
                return Zeros(1)
            case "clamp":
                is_above = all(self.default(bound).is_positive for bound in args[1:])
                return Zeros(1) if is_above else None
            case "sqrt" | "abs":
                return replace(x, sign=1)
            case "power":
                is_pole = self.default(args[1]).is_negative
                return Zeros(1) if is_pole else replace(x, sign=1)
            case "cbrt" | "asin" | "atan" | "tanh" | "log1p":
                return x
            case "log":
                return self.zeros(args[0] - 1)
            case "xlogx":
                return either(x, self.zeros(args[0] - 1))
            case "min" | "max":
                y = self.zeros(args[1])
                if x.sign * y.sign > 0:
                    return either(x, y) if (op == "min") == (x.sign > 0) else both(x, y)
        return None

    def _show(self, binding: Binding) -> str:
        """Return a function as text, its arguments written out unless that is too long to read.

        What they hold may occur twice in each, so that the text would double with each nesting.
        """
        texts = []
        for fraction in map(self._fraction, binding.args):
            parts = [polynomial(part, self.shown) for part in fraction if part != 1] or ["1"]
            texts.append("/".join(f"({part})" if " " in part else part for part in parts))
        written = ", ".join(texts)
        return f"{binding.op}({written if len(written) <= MAX_TEXT else '…'})"

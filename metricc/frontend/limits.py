"""Keeps formulas small enough for the stages that follow: size, depth, exponents, constants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..ir.operators import FUNCTIONS, REDUCTIONS
from .values import LARGEST, NoValueError, Real, TooBigError, apply, real

if TYPE_CHECKING:
    from ..ir.typed import Term

_VARYING = {"entry", "parameter", *REDUCTIONS}
MAX_OPERATIONS = 1_000
MAX_TOTAL = 20_000
MAX_DEPTH = 100
MAX_JOINS = 8
MAX_EXPONENT = 16
MAX_COEFFICIENT = 300
MAX_CONSTANT_DEPTH = 8
MAX_CONSTANT_SIZE = 50
_KINK = 5
"""What each further value of a minimum or maximum counts for, in operations."""


@dataclass(frozen=True)
class _Measure:
    """What a term would be, written out: with shared parts repeated, powers as products.

    `digits` bounds those of its coefficients, multiplied out; `constant` is its value if it has
    one whatever the counts are, and `irrational` how deep functions are nested in that; `joins` is
    how deep sums over classes, and the like, are nested.
    """

    size: int
    depth: int
    digits: int
    constant: Real | None
    irrational: int
    joins: int


class Limits:
    """Measures each term as it is made. `total` counts all that one text makes."""

    def __init__(self) -> None:
        """Begin with nothing measured."""
        self.measures: dict[Term, _Measure] = {}
        self.total = 0

    def admit(self, term: Term) -> Term:
        """Return `term`.

        Raises:
            MetricError: the term is too large, or a constant without a value.
        """
        args = [self.measures[arg] for arg in term.args]
        _refuse_impossible(term, args)
        measure = _measure(term, args)
        self.total += 1
        _limit(term, "the number of operations", measure.size, MAX_OPERATIONS)
        _limit(term, "the number of operations", self.total, MAX_TOTAL)
        _limit(term, "the depth of nested operations", measure.depth, MAX_DEPTH)
        _limit(term, "the depth of nested sums over classes", measure.joins, MAX_JOINS)
        _limit(term, "the number of digits, multiplied out,", measure.digits, MAX_COEFFICIENT)
        _limit(term, "the depth of this constant", measure.irrational, MAX_CONSTANT_DEPTH)
        if measure.constant is not None and measure.irrational:
            _limit(
                term, "the number of operations of this constant", measure.size, MAX_CONSTANT_SIZE
            )
        self.measures[term] = measure
        return term

    def admit_copy(self, copy: Term, term: Term) -> Term:
        """Return `copy`, which is `term` under another name."""
        self.measures[copy] = self.measures[term]
        return copy


def _limit(term: Term, what: str, size: int, limit: int) -> None:
    if size > limit:
        raise d.MetricError(d.TooLarge(term.span, what, limit))


def _refuse_impossible(term: Term, args: list[_Measure]) -> None:
    """Refuse a division by a constant zero, and exponents that only overflow."""
    second = args[1].constant if len(args) > 1 else None
    if second is None:
        return
    if term.op == "div" and second == 0:
        raise d.MetricError(d.ImpossibleConstant(term.span, term.op))
    if term.op == "pow" and abs(second) > MAX_EXPONENT:
        raise d.MetricError(d.TooLarge(term.args[1].span, "the exponent", MAX_EXPONENT))


def _measure(term: Term, args: list[_Measure]) -> _Measure:
    repeats = _repeats(term, args)
    constant = _constant(term, args)
    is_function = constant is not None and (term.op in FUNCTIONS or term.op == "pow")
    return _Measure(
        _size(term, args, repeats),
        max(1, len(args) - 1) + max((arg.depth for arg in args), default=0),
        _digits(term, args) * repeats,
        constant,
        max((arg.irrational for arg in args), default=0) + is_function,
        max((arg.joins for arg in args), default=0) + (term.op in REDUCTIONS),
    )


def _size(term: Term, args: list[_Measure], repeats: int) -> int:
    own = _KINK * (len(args) - 1) if term.op in ("min", "max", "clamp") else 1
    again = args[0].size * (repeats - 1) if repeats > 1 else 0
    return own + sum(arg.size for arg in args) + again


def _repeats(term: Term, args: list[_Measure]) -> int:
    """Return how often a power multiplies its base; 1 for everything else."""
    exponent = args[1].constant if term.op == "pow" else None
    return 1 if exponent is None else max(1, math.ceil(abs(exponent)))


def _digits(term: Term, args: list[_Measure]) -> int:
    """Return the digits of the coefficients; what divides by counts begins anew."""
    if isinstance(term.value, Fraction):
        return len(str(max(abs(term.value.numerator), term.value.denominator)))
    is_quotient = term.op == "div" and args[1].constant is None
    is_function = term.op in FUNCTIONS or term.op in REDUCTIONS
    return 0 if is_function or is_quotient else sum(arg.digits for arg in args)


def _constant(term: Term, args: list[_Measure]) -> Real | None:
    numbers = tuple(arg.constant for arg in args)
    if term.op in _VARYING or any(number is None for number in numbers):
        return None
    if isinstance(term.value, Fraction):
        return real(term.value)
    try:
        return apply(term.op, numbers)
    except NoValueError:
        raise d.MetricError(d.ImpossibleConstant(term.span, term.op)) from None
    except TooBigError:
        too_large = d.TooLarge(term.span, "the value of this", f"10^{LARGEST}")
        raise d.MetricError(too_large) from None

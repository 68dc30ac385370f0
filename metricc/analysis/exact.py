"""The formula itself, at 50 digits: whether it has a value, and what it is."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

from ..frontend.values import NoValueError, Real, TooBigError, evaluate, real
from ..ir.typed import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..ir.typed import TypedMetric

_SEED = 1912  # any number: the same points every time
_TOLERANCE = real(Fraction(1, 10**30))

Counts = tuple[Fraction, ...]
"""TP, TN, FP, FN."""


class Exact:
    """Evaluates a metric, its parameters at their defaults."""

    def __init__(self, metric: TypedMetric) -> None:
        """Keep the formula."""
        self.body = metric.body
        self.given = {parameter.name: real(parameter.default) for parameter in metric.parameters}

    def at(self, counts: Sequence[int | Fraction]) -> Real | None:
        """Return the value at TP, TN, FP, FN, or None where the formula has none."""
        entries = dict(zip(ENTRIES, map(real, counts), strict=True))
        try:
            return evaluate(self.body, {**self.given, **entries}, {})
        except (NoValueError, TooBigError):
            return None


def points(count: int) -> Iterator[Counts]:
    """Yield random counts: what holds at all of them holds everywhere, as good as surely.

    They are near 1, so that a high power neither hides the rest of a sum nor vanishes in it.
    """
    generator = random.Random(_SEED)
    for _ in range(count):
        yield tuple(Fraction(generator.randint(100, 4000), 1024) for _ in ENTRIES)


def is_zero(number: Real, size: Real) -> bool:
    """Tell whether `number`, made of parts of this `size`, is 0."""
    return bool(abs(number) <= _TOLERANCE * max(abs(size), _TOLERANCE))


def determinant(rows: list[list[Real]]) -> Real:
    """Return the determinant, by elimination with the largest pivot of each column."""
    left, result = [list(row) for row in rows], real(1)
    while left:
        pivot = max(left, key=lambda row: abs(row[0]))
        result *= pivot[0] if left.index(pivot) % 2 == 0 else -pivot[0]
        if pivot[0] == 0:
            break
        left.remove(pivot)
        left = [
            [x - row[0] / pivot[0] * y for x, y in zip(row[1:], pivot[1:], strict=True)]
            for row in left
        ]
    return result

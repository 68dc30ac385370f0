"""What a metric becomes when two things are swapped; decided at random points of 50 digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.typed import ENTRIES
from .exact import Exact, is_zero, points

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..frontend.values import Real
    from ..ir.typed import TypedMetric

SWAPS = {
    "the two classes": {"TP": "TN", "TN": "TP", "FP": "FN", "FN": "FP"},
    "truth and prediction": {"TP": "TP", "TN": "TN", "FP": "FN", "FN": "FP"},
    "every prediction for its opposite": {"TP": "FN", "TN": "FP", "FP": "TN", "FN": "TP"},
}
RELATIONS: dict[str, Callable[[Real, Real], Real]] = {
    "m, the same value": lambda m, swapped: swapped - m,
    "-m": lambda m, swapped: swapped + m,
    "1 - m": lambda m, swapped: swapped + m - 1,
    "1/m": lambda m, swapped: swapped * m - 1,
}
OTHER = "another metric"
_POINTS = 8


def symmetry(metric: TypedMetric) -> dict[str, str]:
    """Return what each swap gives."""
    exact = Exact(metric)
    values = [(point, exact.at(point)) for point in points(_POINTS)]
    known = [(point, value) for point, value in values if value is not None]
    found = {}
    for swap, names in SWAPS.items():
        pairs = [(value, exact.at(_swapped(point, names))) for point, value in known]
        whole = [(m, swapped) for m, swapped in pairs if swapped is not None]
        found[swap] = _relation(whole) if whole else OTHER
    return found


def _swapped(point: tuple[Real, ...], names: dict[str, str]) -> tuple[Real, ...]:
    there = dict(zip(ENTRIES, point, strict=True))
    return tuple(there[names[entry]] for entry in ENTRIES)


def _relation(pairs: list[tuple[Real, Real]]) -> str:
    for words, difference in RELATIONS.items():
        if all(is_zero(difference(m, swapped), 1 + abs(m)) for m, swapped in pairs):
            return words
    return OTHER

"""Whether a prediction that no one wants has the best value, whatever the share of positives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exact import is_zero

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ir.behaviour import Direction
    from .exact import Exact

_POOR: dict[str, Callable[[int, int], tuple[int, int, int, int]]] = {
    "calling everything positive": lambda p, n: (p, 0, n, 0),
    "calling everything negative": lambda p, n: (0, n, 0, p),
    "a single positive that is sure": lambda p, n: (1, n, 0, p - 1),
    "a single negative that is sure": lambda p, n: (p, 1, n - 1, 0),
}
"""TP, TN, FP, FN of poor predictions, from the actual positives and negatives."""
_ACTUAL = ((3, 5), (10, 90), (70, 30), (13, 1009))


def one_sided(exact: Exact, direction: Direction) -> str:
    """Return the first poor prediction that is as good as the perfect one, or nothing."""
    for words, matrix in _POOR.items():
        if all(_is_best(exact, matrix(*actual), actual, direction) for actual in _ACTUAL):
            return words
    return ""


def _is_best(
    exact: Exact, poor: tuple[int, ...], actual: tuple[int, int], direction: Direction
) -> bool:
    value, best = exact.at(poor), exact.at((*actual, 0, 0))
    if value is None or best is None:
        return False
    gain = value - best if direction == "max" else best - value
    return bool(gain > 0 or is_zero(gain, best))

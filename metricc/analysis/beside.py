"""One-sided limits: the value beside a matrix without one, as one decision begins to change."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ..ir.typed import ENTRIES

if TYPE_CHECKING:
    from ..ir.behaviour import Matrix
    from .exact import Exact

_MOVES = {"a positive": ("FN", "TP"), "a negative": ("TN", "FP")}
"""Whose decision changes, and the entries between which it moves, either way."""

_STEPS = (Fraction(1, 10**24), Fraction(1, 10**28))
_TOLERANCE = 1e-6


def limits_beside(exact: Exact, matrix: Matrix) -> dict[str, float]:
    """Return the limit of the value as a positive's, or a negative's, decision moves a little.

    One that does not exist, or is infinite, is left out.
    """
    found = {}
    for whose, (source, aim) in _MOVES.items():
        entries = dict(zip(ENTRIES, map(Fraction, matrix), strict=True))
        if not entries[source]:
            source, aim = aim, source
        if not entries[source]:
            continue
        values = []
        for step in _STEPS:
            moved = {**entries, source: entries[source] - step, aim: entries[aim] + step}
            values.append(exact.at([moved[entry] for entry in ENTRIES]))
        first, second = values
        if first is None or second is None:
            continue
        if abs(first - second) <= _TOLERANCE * max(1, abs(second)):
            found[whose] = float(second)
    return found

"""Rows of levels in which each two levels of two factors that can meet do meet."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

Row = dict[str, object]


def pairwise(
    factors: dict[str, tuple[object, ...]],
    is_possible: Callable[[Row], bool],
    pool_size: int = 1500,
) -> list[Row]:
    """Choose greedily, from random possible rows, the one that shows the most new pairs."""
    generator = random.Random(0)
    pool: list[Row] = []
    while len(pool) < pool_size:
        row = {name: generator.choice(levels) for name, levels in factors.items()}
        if is_possible(row):
            pool.append(row)
    shown = [set(itertools.combinations(row.items(), 2)) for row in pool]
    missing = set().union(*shown)
    rows = []
    while missing:
        best = max(range(pool_size), key=lambda i: len(shown[i] & missing))
        rows.append(pool[best])
        missing -= shown[best]
    return rows

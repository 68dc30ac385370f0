"""Whether a better prediction always pays; if not, the smallest pair of matrices that shows it."""

from __future__ import annotations

import random
from itertools import chain
from typing import TYPE_CHECKING

from ..ir.behaviour import Matrix, Witness
from ..ir.typed import ENTRIES
from .sampler import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..ir.behaviour import Direction, Singularity
    from ..ir.program import Program
    from .exact import Exact
    from .sampler import Sampler

LARGEST_TOTAL = 12
_LARGE_PROGRAMS = ((300, 6), (80, 9))
"""Programs of more operations than this run on matrices of fewer samples: time is short."""
_LARGE = 100
_SEED = 1913  # any number: the same matrices every time
WITHOUT_VALUE = ("0/0", "x/0", "log 0")
"""Kinds of singular places where the formula has no value; elsewhere only its slope is infinite."""


def largest_total(program: Program) -> int:
    """Return up to how many samples all matrices are looked at."""
    operations = program.operations()
    return next((total for most, total in _LARGE_PROGRAMS if operations > most), LARGEST_TOTAL)


def matrices(largest: int = LARGEST_TOTAL) -> Iterator[Matrix]:
    """Yield all confusion matrices of whole samples, small ones first."""
    for total in range(1, largest + 1):
        for tp in range(total, -1, -1):
            for tn in range(total - tp, -1, -1):
                for fp in range(total - tp - tn, -1, -1):
                    yield tp, tn, fp, total - tp - tn - fp


def corrected(matrix: Matrix) -> Iterator[Matrix]:
    """Yield the matrix with one mistake put right."""
    tp, tn, fp, fn = matrix
    if fn:
        yield tp + 1, tn, fp, fn - 1
    if fp:
        yield tp, tn + 1, fp - 1, fn


def find_witness(
    sampler: Sampler, exact: Exact, direction: Direction, singularities: tuple[Singularity, ...]
) -> Witness | None:
    """Return the smallest step for the better that makes the value worse, or None."""
    values: dict[Matrix, float | None] = {}

    def value(matrix: Matrix) -> float | None:
        if matrix not in values:
            values[matrix] = sampler.at(matrix) if is_regular(matrix, singularities) else None
        return values[matrix]

    for before in chain(matrices(largest_total(sampler.program)), _large_matrices()):
        for after in corrected(before):
            if _is_worse(value(before), value(after), direction):
                found = _confirmed(exact, before, after, direction)
                if found is not None:
                    return found
    return None


def _large_matrices() -> Iterator[Matrix]:
    """Yield some matrices of up to thousands of samples."""
    generator = random.Random(_SEED)
    for _ in range(_LARGE):
        tp, tn, fp, fn = (round(10 ** generator.uniform(0, 4)) for _ in ENTRIES)
        yield tp, tn, fp, fn


def is_regular(matrix: Matrix, singularities: tuple[Singularity, ...]) -> bool:
    """Tell whether a matrix lies on none of the faces on which the formula has no value."""
    empty = {entry for entry, count in zip(ENTRIES, matrix, strict=True) if not count}
    faces = (
        face
        for found in singularities
        for face in found.faces
        if found.kind in WITHOUT_VALUE or not face  # a root of what is negative everywhere
    )
    return not any(map(empty.issuperset, faces))


def _is_worse(before: float | None, after: float | None, direction: Direction) -> bool:
    if before is None or after is None:
        return False
    loss = before - after if direction == "max" else after - before
    return loss > TOLERANCE * max(1.0, abs(before), abs(after))


def _confirmed(exact: Exact, before: Matrix, after: Matrix, direction: Direction) -> Witness | None:
    """Return the pair if the formula itself has both values, and the second is worse."""
    first, second = exact.at(before), exact.at(after)
    if first is None or second is None:
        return None
    values = float(first), float(second)
    return Witness(before, after, values) if _is_worse(*values, direction) else None

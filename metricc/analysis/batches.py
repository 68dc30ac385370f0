"""What batches of one class do, which loaders produce: undefined, or without a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .exact import Exact
from .sampler import Sampler

if TYPE_CHECKING:
    from ..ir.program import Program
    from ..ir.typed import TypedMetric

_BATCHES = {"positives": ((0, 7, 3, 0), "grad_neg"), "negatives": ((7, 0, 0, 3), "grad_pos")}
"""TP, TN, FP, FN without actual positives, and negatives; and the slope that the batch uses."""
SMOOTH = 1.0
DROWNS = 100.0
"""A value beyond this outweighs a hundred other batches of a metric of the usual size."""


@dataclass(frozen=True)
class Batch:
    """What the emitted code makes of a batch of ten without `missing`, seven of them right.

    `is_same` tells whether another such batch has that value too; `smoothed` is the slope if
    `smooth` is 1.
    """

    missing: str
    matrix: tuple[int, int, int, int]
    is_defined: bool
    value: float
    is_same: bool
    slope: float
    smoothed: float

    @property
    def drowns_others(self) -> bool:
        """Tell whether its value is so large that other batches no longer matter."""
        return not self.is_defined and abs(self.value) > DROWNS

    @property
    def advice(self) -> str:
        """What to do about it."""
        is_helped = self.drowns_others or self.smoothed != 0
        smooth = f"set smooth={SMOOTH:g}, or " if is_helped else ""
        return f"{smooth}take batches that hold both classes"


def one_class_batches(metric: TypedMetric, program: Program) -> tuple[Batch, ...]:
    """Return both; what overflows is left out."""
    sampler, exact = Sampler(metric, program), Exact(metric)
    found = []
    for missing, (matrix, slope) in _BATCHES.items():
        plain = sampler.sample_at(matrix)
        smoothed = sampler.sample_at([count + SMOOTH for count in matrix])
        if plain and smoothed:
            slopes = [getattr(sample, slope) for sample in (plain, smoothed)]
            is_defined = exact.at(matrix) is not None
            other = sampler.sample_at([(10 - count) % 10 for count in matrix])
            is_same = other is not None and other.value == plain.value
            found.append(Batch(missing, matrix, is_defined, plain.value, is_same, *slopes))
    return tuple(found)

"""Runs a program on confusion matrices, in floats: a few microseconds each."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations
from math import isfinite
from typing import TYPE_CHECKING

from ..evaluate import Runner, floats
from ..ir.typed import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..ir.program import Program
    from ..ir.typed import TypedMetric

SAMPLES = 200
TOLERANCE = 1e-9
_NAMES = tuple(entry.lower() for entry in ENTRIES)
_SEED = 20240525  # any number: the same samples every time make emission deterministic


@dataclass(frozen=True)
class Sample:
    """The results at one confusion matrix of `total` samples."""

    total: float
    value: float
    grad_pos: float
    grad_neg: float

    @property
    def size(self) -> float:
        """The larger slope, as the change of the value when all predictions change."""
        return max(abs(self.grad_pos), abs(self.grad_neg)) * self.total


class Sampler:
    """Runs a program on random entries; what overflows is no sample."""

    def __init__(self, metric: TypedMetric, program: Program) -> None:
        """Take the parameters at their defaults."""
        self.program = program
        values = (float(p.default) for p in metric.parameters)
        self.given = dict(zip(program.parameters, values, strict=True))
        arithmetic = floats()
        self.all = Runner(program.assignments, arithmetic)
        self.first = Runner(program.value, arithmetic)
        self.random = random.Random(_SEED)

    def entries(self, count: int = SAMPLES) -> Iterator[dict[str, float]]:
        """Yield entries of any relative size, from 10⁻³ to 10⁵."""
        for _ in range(count):
            yield {name: 10 ** self.random.uniform(-3, 5) for name in _NAMES}

    def sample(self, entries: Mapping[str, float]) -> Sample | None:
        """Return value and slopes."""
        try:
            names = self.all.run({**self.given, **entries})
        except (ArithmeticError, ValueError):
            return None
        results = [float(names[root]) for root in ("value", "grad_pos", "grad_neg")]
        return Sample(sum(entries.values()), *results) if all(map(isfinite, results)) else None

    def value(self, entries: Mapping[str, float]) -> float | None:
        """Return the value alone."""
        try:
            value = float(self.first.run({**self.given, **entries})["value"])
        except (ArithmeticError, ValueError):
            return None
        return value if isfinite(value) else None

    def at(self, matrix: Sequence[float]) -> float | None:
        """Return the value at TP, TN, FP, FN."""
        return self.value(dict(zip(_NAMES, matrix, strict=True)))

    def sample_at(self, matrix: Sequence[float]) -> Sample | None:
        """Return value and slopes at TP, TN, FP, FN."""
        return self.sample(dict(zip(_NAMES, matrix, strict=True)))

    def edges(self) -> Iterator[float | None]:
        """Yield values where entries are 0: bounds are attained there."""
        for count in range(1, len(_NAMES)):
            for zeros in combinations(_NAMES, count):
                yield self.value({name: 0.0 if name in zeros else 10.0 for name in _NAMES})

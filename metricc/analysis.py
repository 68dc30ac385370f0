"""What a loss must know of its metric: which way is better, and whether 1 bounds it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations
from math import isfinite
from typing import TYPE_CHECKING, Literal

from .evaluate import floats, run, run_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .evaluate import Arithmetic
    from .ir.program import Program
    from .ir.typed import TypedMetric

Direction = Literal["max", "min"]

_NAMES = ("tp", "tn", "fp", "fn")
_SAMPLES = 200
_SEED = 20240525  # any number: the same samples every time make emission deterministic
_TOLERANCE = 1e-9
_NOISE = 1e-12


@dataclass(frozen=True)
class Behaviour:
    """How a metric answers to the predictions, found by sampling value and slopes.

    `direction` is None where nothing shows it; `is_constant` where no prediction matters.
    """

    direction: Direction | None
    is_constant: bool
    is_at_most_one: bool


@dataclass(frozen=True)
class _Sample:
    """The results at one confusion matrix of `total` samples."""

    total: float
    value: float
    grad_pos: float
    grad_neg: float

    @property
    def size(self) -> float:
        """The larger slope, as the change of the value when all predictions change."""
        return max(abs(self.grad_pos), abs(self.grad_neg)) * self.total


def analyse(metric: TypedMetric, program: Program) -> Behaviour:
    """Sample the program at confusion matrices of many sizes and shapes."""
    sampler = _Sampler(metric, program)
    samples = [s for s in map(sampler.sample, sampler.entries()) if s is not None]
    values = [s.value for s in samples] + [v for v in sampler.edges() if v is not None]
    at_most_one = all(value <= 1 + _TOLERANCE for value in values)
    # what cancels to 0 on paper leaves a rounding error of the value's size
    if samples and all(s.size <= _NOISE * abs(s.value) for s in samples):
        return Behaviour(None, True, at_most_one)
    direction = _from_slopes(samples) or _from_perfection(sampler)
    return Behaviour(direction, False, at_most_one)


class _Sampler:
    """Runs a program on random entries; what overflows is no sample."""

    def __init__(self, metric: TypedMetric, program: Program) -> None:
        self.program = program
        values = (float(p.default) for p in metric.parameters)
        self.given = dict(zip(program.parameters, values, strict=True))
        self.arithmetic: Arithmetic = floats()
        self.random = random.Random(_SEED)

    def entries(self) -> Iterator[dict[str, float]]:
        """Yield entries of any relative size, from 10⁻³ to 10⁵."""
        for _ in range(_SAMPLES):
            yield {name: 10 ** self.random.uniform(-3, 5) for name in _NAMES}

    def sample(self, entries: Mapping[str, float]) -> _Sample | None:
        """Return value and slopes."""
        try:
            names = run(self.program, self.arithmetic, {**self.given, **entries})
        except (ArithmeticError, ValueError):
            return None
        results = [float(names[root]) for root in ("value", "grad_pos", "grad_neg")]
        return _Sample(sum(entries.values()), *results) if all(map(isfinite, results)) else None

    def value(self, entries: Mapping[str, float]) -> float | None:
        """Return the value alone."""
        try:
            value = float(run_value(self.program, self.arithmetic, {**self.given, **entries}))
        except (ArithmeticError, ValueError):
            return None
        return value if isfinite(value) else None

    def edges(self) -> Iterator[float | None]:
        """Yield values where entries are 0: bounds are attained there."""
        for count in range(1, len(_NAMES)):
            for zeros in combinations(_NAMES, count):
                yield self.value({name: 0.0 if name in zeros else 10.0 for name in _NAMES})


def _from_slopes(samples: list[_Sample]) -> Direction | None:
    """More is better if positives pull up and negatives push down everywhere."""
    slopes = [(s.grad_pos, s.grad_neg, s.size / s.total * _TOLERANCE) for s in samples]
    if not slopes:
        return None
    if all(pos >= -least and neg <= least for pos, neg, least in slopes):
        return "max"
    if all(pos <= least and neg >= -least for pos, neg, least in slopes):
        return "min"
    return None


def _from_perfection(sampler: _Sampler) -> Direction | None:
    """Compare the perfect prediction with others on the same positives and negatives."""
    no_worse = no_better = True
    for _ in range(_SAMPLES):
        positives, negatives = (10 ** sampler.random.uniform(0, 4) for _ in range(2))
        hit, alarm = sampler.random.random(), sampler.random.random()
        best = sampler.value({"tp": positives, "tn": negatives, "fp": 0.0, "fn": 0.0})
        value = sampler.value(
            {
                "tp": positives * hit,
                "fn": positives * (1 - hit),
                "fp": negatives * alarm,
                "tn": negatives * (1 - alarm),
            }
        )
        if best is not None and value is not None:
            no_worse &= best >= value - _TOLERANCE
            no_better &= best <= value + _TOLERANCE
    if no_worse == no_better:
        return None
    return "max" if no_worse else "min"

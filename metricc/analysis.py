"""What a loss must know of its metric: which way is better, and whether 1 bounds it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .evaluate import floats, run

if TYPE_CHECKING:
    from .ir.program import Program
    from .ir.typed import TypedMetric

_SAMPLES = 200
_SEED = 20240525  # any number: the same samples every time make emission deterministic
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Behaviour:
    """How a metric answers to the predictions, found by sampling value and slopes.

    `direction` is None where nothing shows it; `is_constant` where no prediction matters.
    """

    direction: Literal["max", "min"] | None
    is_constant: bool
    is_at_most_one: bool


def analyse(metric: TypedMetric, program: Program) -> Behaviour:
    """Sample the program at confusion matrices of many sizes and shapes."""
    defaults = {p.name: float(p.default) for p in metric.parameters}
    given = dict(zip(program.parameters, defaults.values(), strict=True))
    generator = random.Random(_SEED)  # noqa: S311 - sampling, not secrets
    results = [run(program, floats(), {**given, **_entries(generator)}) for _ in range(_SAMPLES)]
    slopes = [(float(r["grad_pos"]), float(r["grad_neg"])) for r in results]
    is_constant = all(pos == 0 and neg == 0 for pos, neg in slopes)
    at_most_one = all(float(r["value"]) <= 1 + _TOLERANCE for r in results)
    if is_constant:
        return Behaviour(None, True, at_most_one)
    direction = _from_slopes(slopes) or _from_perfection(program, given, generator)
    return Behaviour(direction, False, at_most_one)


def _entries(generator: random.Random) -> dict[str, float]:
    """Return entries of any relative size, from 10⁻³ to 10⁵."""
    return {name: 10 ** generator.uniform(-3, 5) for name in ("tp", "tn", "fp", "fn")}


def _from_slopes(slopes: list[tuple[float, float]]) -> Literal["max", "min"] | None:
    """More is better if positives pull up and negatives push down everywhere."""
    sizes = [max(abs(pos), abs(neg)) * _TOLERANCE for pos, neg in slopes]
    pairs = list(zip(slopes, sizes, strict=True))
    if all(pos >= -size and neg <= size for (pos, neg), size in pairs):
        return "max"
    if all(pos <= size and neg >= -size for (pos, neg), size in pairs):
        return "min"
    return None


def _from_perfection(
    program: Program, given: dict[str, float], generator: random.Random
) -> Literal["max", "min"] | None:
    """Compare the perfect prediction with others on the same positives and negatives."""
    no_worse = no_better = True
    for _ in range(_SAMPLES):
        positives, negatives = (10 ** generator.uniform(0, 4) for _ in range(2))
        hit, alarm = generator.random(), generator.random()
        perfect = {"tp": positives, "tn": negatives, "fp": 0.0, "fn": 0.0}
        other = {"tp": positives * hit, "fn": positives * (1 - hit)}
        other |= {"fp": negatives * alarm, "tn": negatives * (1 - alarm)}
        best, value = (
            float(run(program, floats(), {**given, **entries})["value"])
            for entries in (perfect, other)
        )
        no_worse &= best >= value - _TOLERANCE
        no_better &= best <= value + _TOLERANCE
    if no_worse == no_better:
        return None
    return "max" if no_worse else "min"

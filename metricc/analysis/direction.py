"""Which way a metric is better: from its slopes, else from the perfect prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sampler import SAMPLES, TOLERANCE

if TYPE_CHECKING:
    from ..ir.behaviour import Direction
    from .sampler import Sample, Sampler


def from_slopes(samples: list[Sample]) -> Direction | None:
    """More is better if positives pull up and negatives push down everywhere."""
    slopes = [(s.grad_pos, s.grad_neg, s.size / s.total * TOLERANCE) for s in samples]
    if not slopes:
        return None
    if all(pos >= -least and neg <= least for pos, neg, least in slopes):
        return "max"
    if all(pos <= least and neg >= -least for pos, neg, least in slopes):
        return "min"
    return None


def from_perfection(sampler: Sampler) -> Direction | None:
    """Compare the perfect prediction with others on the same positives and negatives."""
    no_worse = no_better = True
    for _ in range(SAMPLES):
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
            no_worse &= best >= value - TOLERANCE
            no_better &= best <= value + TOLERANCE
    if no_worse == no_better:
        return None
    return "max" if no_worse else "min"

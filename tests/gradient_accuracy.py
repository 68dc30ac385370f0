"""The gradient in float32 against 50 digits, over random logits in ±60 and random targets.

    python tests/gradient_accuracy.py [--draws 100000] [--threshold 0.5]

prints, for each metric and sharpness, as one batch and in batches of 64, the largest relative error
of any element whose exact gradient exceeds 1e-30: by torch's operations, by the loops in C, and by
plain autograd of the same formula. An element's gradient is the slope of its class times A'(p) p q:
the slopes come from sums of 50 digits, and their product is rounded to float64 in the end.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import torch
from oracle import ENTRIES, derivative, evaluate, published, soft_entries

import metricc

METRICS = {"f1": "f1", "mcc": "mcc", "gmean": "gmean", "kappa": "kappa"}
SHARPNESS = (1.0, 10.0, 73.0)
SMALL_BATCH = 64
SMALLEST = 1e-30
LIMIT = 1e-5


@dataclass(frozen=True)
class Draws:
    """Logits with targets, and at 50 digits what one sharpness makes of them."""

    logits: torch.Tensor
    target: torch.Tensor
    sharpness: float
    threshold: float
    soft: list[tuple[mpmath.mpf, mpmath.mpf]]
    chain: torch.Tensor


def draw(size: int, sharpness: float, threshold: float, seed: int = 0) -> Draws:
    """Return `size` draws in float32, the same for every sharpness."""
    generator = torch.Generator().manual_seed(seed)
    logits = (torch.rand(size, generator=generator) * 2 - 1) * 60
    target = (torch.rand(size, generator=generator) < 0.5).float()
    with mpmath.workdps(50):
        found = [_decide(z, mpmath.mpf(sharpness), threshold) for z in logits.tolist()]
    chain = torch.tensor([float(slope) for *_, slope in found], dtype=torch.float64)
    return Draws(logits, target, sharpness, threshold, [(a, b) for a, b, _ in found], chain)


def _decide(logit: float, sharpness: mpmath.mpf, threshold: float) -> tuple[mpmath.mpf, ...]:
    """Return a = A(p), 1 - a and da/dlogit."""
    p, q = _sigmoids(mpmath.mpf(logit))
    soft, rest = _sigmoids(sharpness * (p - threshold))
    return soft, rest, sharpness * soft * rest * p * q


def _sigmoids(x: mpmath.mpf) -> tuple[mpmath.mpf, mpmath.mpf]:
    tail = mpmath.exp(-abs(x))
    large = 1 / (1 + tail)
    return (large, tail * large) if x >= 0 else (tail * large, large)


def exact(formula: str, draws: Draws, part: slice) -> torch.Tensor:
    """Return the gradient of 1 - M for one batch, rounded to float64."""
    with mpmath.workdps(50):
        counts = dict.fromkeys(ENTRIES, mpmath.mpf(0))
        target = draws.target[part]
        for (soft, rest), label in zip(draws.soft[part], target.tolist(), strict=True):
            counts["TP" if label else "FP"] += soft
            counts["FN" if label else "TN"] += rest
        pos = float(derivative(formula, {}, counts, "TP", "FN"))
        neg = float(derivative(formula, {}, counts, "FP", "TN"))
    return -torch.where(target > 0, pos, neg).double() * draws.chain[part]


def parts(size: int, batch: int) -> Iterator[slice]:
    return (slice(start, start + batch) for start in range(0, size, batch))


def by_loss(metric: str, draws: Draws, kernels: str) -> Callable[..., torch.Tensor]:
    numbers = {"sharpness": draws.sharpness, "threshold": draws.threshold}
    return metricc.compile(metric).loss(kernels=kernels, **numbers)


def by_autograd(formula: str, draws: Draws) -> Callable[..., torch.Tensor]:
    numbers = {"sharpness": draws.sharpness, "threshold": draws.threshold}

    def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        entries = soft_entries(logits, target, **numbers)
        return 1 - evaluate(formula, {"sqrt": torch.sqrt, **entries})

    return loss


def worst(
    loss: Callable[..., torch.Tensor], draws: Draws, batch: int, wanted: torch.Tensor
) -> float:
    """Return the largest relative error of any element that is not tiny."""
    found = torch.empty_like(wanted)
    for part in parts(len(wanted), batch):
        logits = draws.logits[part].clone().requires_grad_()
        loss(logits, draws.target[part]).backward()
        found[part] = logits.grad.double()
    counts = wanted.abs() > SMALLEST
    return ((found - wanted).abs() / wanted.abs())[counts].max().item()


@cache
def formulas() -> dict[str, str]:
    return {row.name: row.formula for row in published()}


def row(name: str, draws: Draws, batch: int, ways: dict[str, Any]) -> dict[str, float]:
    formula = formulas()[METRICS[name]]
    wanted = torch.cat([exact(formula, draws, part) for part in parts(len(draws.soft), batch)])
    return {way: worst(loss, draws, batch, wanted) for way, loss in ways.items()}


def rows(size: int, threshold: float) -> Iterator[tuple[str, dict[str, float]]]:
    for sharpness in SHARPNESS:
        draws = draw(size, sharpness, threshold)
        for name in METRICS:
            ways = {
                "torch": by_loss(name, draws, "none"),
                "C": by_loss(name, draws, "c"),
                "autograd": by_autograd(formulas()[METRICS[name]], draws),
            }
            for batch in (size, SMALL_BATCH):
                title = f"{name}, sharpness {sharpness:g}, batches of {batch}"
                yield title, row(name, draws, batch, ways)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--threshold", type=float, default=0.5)
    given = parser.parse_args()
    failed = 0
    print(f"{'largest relative error':<44}{'torch':>10}{'C':>10}{'autograd':>10}")
    for title, errors in rows(given.draws, given.threshold):
        print(f"{title:<44}" + "".join(f"{error:>10.1e}" for error in errors.values()), flush=True)
        failed += max(errors["torch"], errors["C"]) > LIMIT
    print(f"{failed} rows exceed {LIMIT:g}" if failed else f"no row exceeds {LIMIT:g}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

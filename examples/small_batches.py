"""Train with F1 on batches that often hold no positive, and see what helps.

    python examples/small_batches.py            # five streams, one or two minutes
    python examples/small_batches.py --quick    # one short stream, seconds

A stream of samples, 2 % of them positive, arrives in batches of 16 or 64. All ways see the same
samples once and start from the same weights:

    BCE            what everyone does; a step per batch
    plain          the F1 loss of each batch; a step per batch
    momentum       the F1 loss with a running average of the entries; a step per batch
    two passes     the entries of 512 samples are summed over their batches, then the gradients
    large batch    the F1 loss of the same 512 samples at once: what the two passes must equal
"""

from __future__ import annotations

from collections.abc import Callable, Iterator  # noqa: TC003 - a NamedTuple's types are real
from typing import NamedTuple

import click
import numpy as np
import torch
from tqdm import tqdm

import metricc

F1 = metricc.compile("f1")
FEATURES, HIDDEN = 8, 16
SHARE = 0.02
WINDOW = 512
TESTED = 50_000
THRESHOLDS = torch.linspace(0.01, 0.99, 99)


class Batch(NamedTuple):
    """Samples, one per row, and their labels."""

    features: torch.Tensor
    target: torch.Tensor

    def parts(self, size: int) -> Iterator[Batch]:
        """Yield batches of a size."""
        pairs = zip(self.features.split(size), self.target.split(size), strict=True)
        return (Batch(*pair) for pair in pairs)


class Way(NamedTuple):
    """A loss, how many samples make a step, and the learning rate that suits them."""

    loss: Callable[[], torch.nn.Module]
    rate: float
    step: int | None = None  # None: each batch
    is_whole: bool = False  # at once, whatever the batch


WAYS = {
    "BCE": Way(torch.nn.BCEWithLogitsLoss, 0.01),
    "plain": Way(F1.loss, 0.001),
    "momentum 0.9": Way(lambda: F1.loss(momentum=0.9), 0.003),
    "momentum 0.99": Way(lambda: F1.loss(momentum=0.99), 0.003),
    "two passes": Way(F1.loss, 0.03, WINDOW),
    "large batch": Way(F1.loss, 0.03, WINDOW, is_whole=True),
}
"""Each rate is the best of 0.001, 0.003, 0.01 and 0.03 on three other streams, for F1 at 0.5."""


def draw(samples: int, generator: torch.Generator) -> Batch:
    """Return samples of two overlapping clouds, the smaller one of positives."""
    target = (torch.rand(samples, generator=generator) < SHARE).float()
    features = torch.randn(samples, FEATURES, generator=generator)
    features[:, :2] += 1.8 * target.unsqueeze(1)
    return Batch(features, target)


def make_network() -> torch.nn.Module:
    """Return a network with one hidden layer."""
    return torch.nn.Sequential(
        torch.nn.Linear(FEATURES, HIDDEN),
        torch.nn.ReLU(),
        torch.nn.Linear(HIDDEN, 1),
        torch.nn.Flatten(0),  # (N, 1) → (N,), the shape of the target
    )


def accumulate(loss: torch.nn.Module, network: torch.nn.Module, batches: list[Batch]) -> None:
    """Give the network the gradient of all batches together, with one at a time in memory."""
    with torch.no_grad():
        total = sum(loss.counts(network(features), target) for features, target in batches)
    for features, target in batches:
        loss(network(features), target, counts=total).backward()


def train(way: Way, stream: Batch, size: int) -> torch.nn.Module:
    """Return a network that has seen the stream once, in batches of a size."""
    network, loss = make_network(), way.loss()
    optimizer = torch.optim.Adam(network.parameters(), lr=way.rate)
    for window in stream.parts(way.step or size):
        optimizer.zero_grad()
        if way.step and not way.is_whole:
            accumulate(loss, network, list(window.parts(size)))
        else:
            loss(network(window.features), window.target).backward()
        optimizer.step()
    return network


@torch.no_grad()
def f1_by_threshold(network: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """Return F1 at each of THRESHOLDS."""
    decisions = network(batch.features).sigmoid() > THRESHOLDS.unsqueeze(1)
    positive = batch.target > 0
    found = (decisions & positive).sum(1)
    return 2 * found / (decisions.sum(1) + positive.sum()).clamp(min=1)


def evaluate(network: torch.nn.Module, validation: Batch, test: Batch) -> list[float]:
    """Return F1 of the test samples at 0.5, and at the threshold that suits the validation."""
    best = f1_by_threshold(network, validation).argmax()
    half = (THRESHOLDS - 0.5).abs().argmin()
    scores = f1_by_threshold(network, test)
    return [scores[half].item(), scores[best].item()]


def compare(sizes: list[int], samples: int, seeds: range) -> np.ndarray:
    """Return scores by way, size of batch, seed and choice of the threshold."""
    scores = np.zeros((len(WAYS), len(sizes), len(seeds), 2))
    with tqdm(total=scores[..., 0].size, unit="training", leave=False) as progress:
        for column, seed in enumerate(seeds):
            generator = torch.Generator().manual_seed(seed)
            stream, *held_out = (draw(n, generator) for n in (samples, TESTED, TESTED))
            for row, way in enumerate(WAYS.values()):
                for place, size in enumerate(sizes):
                    torch.manual_seed(seed)  # so every way starts from the same weights
                    network = train(way, stream, size)
                    scores[row, place, column] = evaluate(network, *held_out)
                    progress.update()
    return scores


def table(sizes: list[int], scores: np.ndarray) -> str:
    """Return a Markdown table: mean ± deviation over the seeds."""
    means, deviations = scores.mean(axis=2), scores.std(axis=2)
    columns = [f"{size}, {where}" for size in sizes for where in ("at 0.5", "best threshold")]
    rows = [["F1 with batches of", *columns], ["---"] * (len(columns) + 1)]
    for name, mean, deviation in zip(WAYS, means, deviations, strict=True):
        cells = zip(mean.flat, deviation.flat, strict=True)
        rows.append([name, *(f"{m:.3f} ± {d:.3f}" for m, d in cells)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="A short stream: shows that it runs, not how well.")
def main(quick: bool) -> None:
    """Train with F1 on batches that often hold no positive; compare what helps."""
    torch.set_num_threads(1)  # steps this small lose more to a second thread than they gain
    sizes, samples, seeds = [16, 64], 50_000, range(5)
    if quick:
        samples, seeds = 2048, range(1)
    click.echo(f"{samples} samples, {SHARE:.0%} of them positive, {len(seeds)} streams\n")
    click.echo(table(sizes, compare(sizes, samples, seeds)))
    click.echo("\nMean ± standard deviation over the streams, on samples that were not seen.")


if __name__ == "__main__":
    main()

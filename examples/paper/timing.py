"""Measure the learning time of an epoch against that of BCE, as the paper's Table of times does.

    python examples/paper/timing.py

One network at a time, as a user trains it, on the paper's *Random* set with 9,000 training rows:
the SLP with full batches, one step an epoch, and the MLP with batches of 5 %, twenty steps. The
losses take turns, epoch by epoch, and every figure is a median of ratios to the BCE of the same
round: what else the machine does hits all of them alike.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import click
import pandas as pd
import pictures
import torch
from networks import NETWORKS
from problems import random_set
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional
from tqdm import tqdm

import metricc

ROWS = 9000
METRICS = ("f1", "gmean", "balanced_accuracy", "mcc")
SHARES = {"SLP": 1.0, "MLP": 0.05}
"""Which part of the rows makes a batch."""
OF_METRICS = {
    "identity": {"surrogate": "identity"},
    "score-oriented": {"surrogate": "cosine", "sharpness": 40.0},
    "AnyLoss": {"sharpness": 73.0},
    "metricc": {},
}

Epoch = Callable[[], None]
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def losses() -> dict[tuple[str, str], Loss]:
    """Return the losses by name and metric; those that no metric enters have none."""
    found: dict[tuple[str, str], Loss] = {
        ("BCE", ""): nn.BCEWithLogitsLoss(),
        ("MSE", ""): lambda logits, target: functional.mse_loss(logits.sigmoid(), target),
        ("weighted BCE", ""): nn.BCEWithLogitsLoss(pos_weight=torch.tensor(9.0)),
    }
    for name, options in OF_METRICS.items():
        found |= {(name, metric): metricc.compile(metric).loss(**options) for metric in METRICS}
    return found


def make_epoch(network: str, loss: Loss, features: torch.Tensor, target: torch.Tensor) -> Epoch:
    """Return a function that trains for an epoch."""
    torch.manual_seed(0)
    model = nn.Sequential(*NETWORKS[network].build(features.shape[1]), nn.Flatten(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    size = round(SHARES[network] * len(features))
    batches = list(zip(features.split(size), target.split(size), strict=True))

    def epoch() -> None:
        for rows, truth in batches:
            optimizer.zero_grad()
            loss(model(rows), truth).backward()
            optimizer.step()

    return epoch


def measure(epochs: dict[tuple[str, str], Epoch], rounds: int) -> pd.DataFrame:
    """Return the seconds of each epoch, a row per round and a column per loss."""
    seconds: dict[tuple[str, str], list[float]] = {name: [] for name in epochs}
    for epoch in epochs.values():
        epoch()  # allocates what later epochs find
    for number in tqdm(range(rounds), unit="round", leave=False):
        names = list(epochs)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            start = perf_counter()
            epochs[name]()
            seconds[name].append(perf_counter() - start)
    return pd.DataFrame(seconds)


def compare(seconds: pd.DataFrame, network: str) -> pd.DataFrame:
    """Return the median and the quartiles of the ratios to BCE."""
    ratios = seconds.div(seconds["BCE", ""], axis=0)
    low, median, high = (ratios.quantile(level) for level in (0.25, 0.5, 0.75))
    rows = [
        (network, *name, 1e6 * seconds[name].median(), median[name], low[name], high[name])
        for name in seconds.columns
    ]
    columns = ["network", "loss", "metric", "microseconds", "ratio", "low", "high"]
    return pd.DataFrame(rows, columns=columns).round(3)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write times.csv and times.png here.")
def main(rounds: int, out: Path | None) -> None:
    """Measure the learning time of an epoch against that of BCE."""
    torch.set_num_threads(1)
    problem = random_set()
    scaled = StandardScaler().fit_transform(problem.features)[:ROWS]
    features = torch.as_tensor(scaled, dtype=torch.float32)
    target = torch.as_tensor(problem.labels[:ROWS], dtype=torch.float32)
    tables = []
    for network in SHARES:
        epochs = {
            name: make_epoch(network, loss, features, target) for name, loss in losses().items()
        }
        count = rounds if network == "SLP" else max(1, rounds // 5)
        tables.append(compare(measure(epochs, count), network))
    table = pd.concat(tables, ignore_index=True)
    click.echo(table.to_markdown(index=False))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        table.to_csv(out / "times.csv", index=False)
        pictures.save(pictures.times(table), out / "times.png")


if __name__ == "__main__":
    main()

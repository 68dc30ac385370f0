"""Measure the learning time of an epoch against that of BCE, and what stacking gains.

    python examples/paper/timing.py
    python examples/paper/timing.py --stacking

One network at a time, as a user trains it, on the paper's *Random* set with 9,000 training rows:
the SLP with full batches, one step an epoch, and the MLP with batches of 5 %, twenty steps. The
losses take turns, epoch by epoch, and every figure is a median of ratios to the BCE of the same
round: what else the machine does hits all of them alike.
"""

from __future__ import annotations

import extra  # isort: skip  # noqa: F401 - comes first, to say what is missing

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import click
import pandas as pd
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional
from tqdm import tqdm

import folds
import metricc
import pictures
from losses import LOSSES, OURS
from networks import NETWORKS
from problems import FINAL, Problem, random_set
from stacked import Stack
from train import Schedule, fresh
from train import batches as training_batches

ROWS = 9000
METRICS = ("f1", "gmean", "balanced_accuracy", "mcc")
SHARES = {"SLP": 1.0, "MLP": 0.05}
"""Which part of the rows makes a batch."""
OF_METRICS = {
    "identity": {"surrogate": "identity"},
    "score-oriented": {"surrogate": "cosine", "sharpness": 40.0},
    "AnyLoss": {"sharpness": 73.0},
    "metricc": {},
    "metricc + slope BCE": {"mix": 0.5, "mix_weights": "slopes"},
}

STACKED = ("wine 15 %", "10 %, 5 columns", "random 10 %")
"""A small problem, a middling and a large one."""

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


def gain_of_stacking(problem: Problem, network: str, steps: int = 100) -> dict[str, object]:
    """Return the milliseconds that a step of 50 networks takes, one by one and stacked."""
    cut = folds.cut(problem, 10, 1, seed=0)
    rates = Schedule().rates
    metric = metricc.compile("f1")
    stack = Stack(fresh(NETWORKS[network], cut, seed=0), rates)
    stacked_loss = LOSSES[OURS].make(metric, cut.training.labels)
    single_loss = metric.loss()
    size = NETWORKS[network].batch_size(cut.training.labels.shape[1])
    optimizer = torch.optim.Adam(stack.groups, fused=True)
    one = nn.Sequential(*fresh(NETWORKS[network], cut, seed=0)[0], nn.Flatten(0))
    single_optimizer = torch.optim.Adam(one.parameters(), lr=0.01)

    def together() -> None:
        for batch in training_batches(cut.training, size, steps, seed=0):
            optimizer.zero_grad()
            logits = stack(batch.features)
            stacked_loss(logits, batch.labels.unsqueeze(1).expand_as(logits)).sum().backward()
            optimizer.step()

    def alone() -> None:
        for batch in training_batches(cut.training, size, steps, seed=0):
            single_optimizer.zero_grad()
            single_loss(one(batch.features[0].T), batch.labels[0]).backward()
            single_optimizer.step()

    times = measure({("together", ""): together, ("alone", ""): alone}, rounds=5).median()
    copies = len(cut.training.labels) * len(rates)
    one_by_one = 1e3 * copies * times["alone", ""] / steps
    stacked_time = 1e3 * times["together", ""] / steps
    return {
        "network": network,
        "rows of a batch": size,
        "one by one, ms": round(one_by_one, 1),
        "stacked, ms": round(stacked_time, 2),
        "gain": f"{one_by_one / stacked_time:.0f}×",
    }


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write times.csv and times.png here.")
@click.option("--stacking", is_flag=True, help="What it gains to train 50 networks as one.")
def main(rounds: int, out: Path | None, stacking: bool) -> None:
    """Measure the learning time of an epoch against that of BCE."""
    torch.set_num_threads(1)
    if stacking:
        rows = [
            gain_of_stacking(FINAL[name](), network)
            for name in STACKED
            for network in ("SLP", "MLP", "deep")
        ]
        table = pd.DataFrame(rows)
        table.insert(0, "problem", [name for name in STACKED for _ in range(3)])
        click.echo(table.to_markdown(index=False))
        return
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

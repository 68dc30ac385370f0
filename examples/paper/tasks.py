"""What the study consists of, and how one part of it is done."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

import metricc
from candidates import CANDIDATES
from folds import Folds, cut
from losses import LOSSES
from networks import NETWORKS
from problems import PICTURES, Problem
from stacked import State, run
from train import Best, Schedule, count, train

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TUNED = "BCE, tuned"
"""The network that BCE trained, with the threshold that suits the validation rows best."""
SMALL = 1000
"""Problems with fewer rows repeat their cross-validation."""

RECIPES = {**LOSSES, **CANDIDATES}


class Task(NamedTuple):
    """One loss on one problem: a training for every fold and learning rate, side by side.

    `metric` is empty for a loss that no metric enters: it is trained once and judged by all.
    """

    problem: str
    network: str
    loss: str
    metric: str


class Settings(NamedTuple):
    """What the numbers depend on, besides the versions of libraries."""

    metrics: tuple[str, ...] = ("f1", "gmean", "balanced_accuracy", "mcc")
    folds: int = 10
    repeats: int = 5
    seed: int = 0
    schedule: Schedule = Schedule()


class Row(NamedTuple):
    """The test rows of one fold, counted once, by the network that validation rows chose."""

    loss: str
    metric: str
    fold: int
    tp: int
    fp: int
    fn: int
    tn: int
    rate: float
    step: int
    threshold: float


class Result(NamedTuple):
    """A row per metric and fold; and by metric the validation score along the way, by look."""

    rows: list[Row]
    curves: dict[str, list[float]]


def plan(
    problems: Iterable[str],
    networks: Iterable[str],
    losses: Iterable[str],
    metrics: Iterable[str],
) -> list[Task]:
    """Return the tasks, in an order that mixes long and short ones, so the time left is known."""
    tasks = [
        Task(problem, network, loss, metric)
        for problem in problems
        for network in networks
        if problem in PICTURES or not NETWORKS[network].is_for_pictures
        for loss in losses
        for metric in (metrics if RECIPES[loss].is_of_metric else [""])
    ]
    order = np.random.default_rng(0).permutation(len(tasks))
    return [tasks[index] for index in order]


def perform(task: Task, problem: Problem, settings: Settings) -> Result:
    """Train, choose by the validation rows, and count on the test rows.

    Raises:
        ValueError: a fold would lack one of the classes.
    """
    torch.set_num_threads(1)  # other tasks have the other cores
    repeats = settings.repeats if len(problem.labels) < SMALL else 1
    folds = cut(problem, settings.folds, repeats, settings.seed)
    network, names = NETWORKS[task.network], [task.metric] if task.metric else settings.metrics
    metrics = [compiled(name) for name in names]
    recipe = RECIPES[task.loss]
    outcome = train(
        network,
        folds,
        recipe.make(metrics[0], folds.training.labels),
        metrics,
        settings.schedule,
        settings.seed,
        is_stratified=recipe.is_stratified,
    )
    layers = network.build(folds.training.features.shape[1])
    rows, curves = [], {}
    for index, (name, best) in enumerate(zip(names, outcome.by_metric, strict=True)):
        chosen = choose(best)
        rows += judge(task.loss, name, layers, chosen, folds, settings)
        along = outcome.curves[:, index, np.arange(len(chosen.rates)), chosen.rates].mean(1)
        curves[name] = [round(score, 4) for score in along.tolist()]
    if task.loss == "BCE":
        chosen = choose(outcome.by_loss)
        for name, metric in zip(names, metrics, strict=True):
            thresholds = tune(metric, run(layers, chosen.state, folds.validation.features), folds)
            rows += judge(TUNED, name, layers, chosen, folds, settings, thresholds)
    return Result(rows, curves)


@cache
def compiled(name: str) -> metricc.Metric:
    """Return a metric of the library."""
    return metricc.compile(name)


class Chosen(NamedTuple):
    """For each fold: the index of its learning rate, and that network after its best step."""

    rates: np.ndarray
    steps: np.ndarray
    state: State


def choose(best: Best) -> Chosen:
    """Choose each fold's learning rate: the best score, then the best loss, then the lowest."""
    order = np.lexsort((best.loss, -best.score), axis=1)
    rates = order[:, 0]
    steps = best.step[np.arange(len(rates)), rates]
    return Chosen(rates, steps, best.state.chosen(torch.from_numpy(rates)))


@torch.no_grad()
def judge(
    loss: str,
    metric: str,
    layers: torch.nn.Sequential,
    chosen: Chosen,
    folds: Folds,
    settings: Settings,
    thresholds: torch.Tensor | None = None,
) -> Iterator[Row]:
    """Count the decisions of each fold's chosen network on its test rows, the only time."""
    thresholds = torch.zeros(len(chosen.rates)) if thresholds is None else thresholds
    logits = run(layers, chosen.state, folds.test.features)
    entries = count(logits > thresholds[:, None, None], folds.test.labels)
    for fold, index in enumerate(chosen.rates):
        counts = {name: int(values[fold, 0]) for name, values in entries.items()}
        yield Row(
            loss=loss,
            metric=metric,
            fold=fold,
            **counts,
            rate=settings.schedule.rates[index],
            step=int(chosen.steps[fold]),
            threshold=round(float(thresholds[fold].sigmoid()), 6),
        )


def tune(metric: metricc.Metric, logits: torch.Tensor, folds: Folds) -> torch.Tensor:
    """Return for each fold the logit (F,) above which to say positive on the validation rows.

    The candidates lie halfway between neighbours, and below all.
    """
    ordered = logits[:, 0].detach().sort(1).values
    below = ordered[:, :1] - 1
    between = torch.cat([below, (ordered[:, 1:] + ordered[:, :-1]) / 2], 1)
    decisions = logits > between.unsqueeze(2)
    scores = metric.value(**count(decisions, folds.validation.labels))
    return between[torch.arange(len(between)), torch.from_numpy(scores.argmax(1))]

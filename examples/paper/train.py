"""Training many networks side by side, with early stopping on each one's validation rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from stacked import Stack, State, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import metricc
    from folds import Folds, Split
    from losses import Loss
    from networks import Network


class Schedule(NamedTuple):
    """How long to train: at most `steps`, with a look at the validation rows after `every`.

    A model whose validation score has not risen for `patience` looks is left as it was at its
    best.
    """

    rates: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1, 0.3)
    steps: int = 600
    every: int = 10
    patience: int = 20


class Best(NamedTuple):
    """For each model (F, R): the state that did best on validation rows, and after which step.

    Scores that tie are told apart by the loss, which knows how nearly a row was missed.
    """

    state: State
    score: np.ndarray
    loss: np.ndarray
    step: np.ndarray

    def updated(self, score: np.ndarray, now: Look, patience: int) -> Best:
        """Return the best of what was known and of a new look."""
        is_better = (score > self.score) | ((score == self.score) & (now.loss < self.loss))
        is_better &= now.step - self.step <= patience
        if not is_better.any():
            return self
        return Best(
            self.state.replaced(torch.from_numpy(is_better), now.state),
            np.where(is_better, score, self.score),
            np.where(is_better, now.loss, self.loss),
            np.where(is_better, now.step, self.step),
        )


class Look(NamedTuple):
    """The models after some steps, and their loss (F, R) on the validation rows."""

    state: State
    loss: np.ndarray
    step: int


class Outcome(NamedTuple):
    """The best of each model by each metric, and by its loss; and the scores along the way.

    `curves` (looks, metrics, F, R) are the metrics on validation rows.
    """

    by_metric: list[Best]
    by_loss: Best
    curves: np.ndarray


def train(
    network: Network,
    folds: Folds,
    loss: Loss,
    metrics: Sequence[metricc.Metric],
    schedule: Schedule,
    seed: int,
    *,
    is_stratified: bool = False,
) -> Outcome:
    """Train a network for every fold and learning rate, the same ones for every loss."""
    stack = Stack(fresh(network, folds, seed), schedule.rates)
    optimizer = torch.optim.Adam(stack.groups, fused=True)
    shape = (len(folds.training.labels), len(schedule.rates))
    nothing = Best(
        stack.state.detached(), np.full(shape, -np.inf), np.full(shape, np.inf), np.zeros(shape)
    )
    bests = [nothing for _ in range(len(metrics) + 1)]
    curves = []
    size = network.batch_size(folds.training.labels.shape[1])
    drawn = batches(folds.training, size, schedule.steps, seed, is_stratified=is_stratified)
    for step, batch in enumerate(drawn, 1):
        optimizer.zero_grad()
        logits = stack(batch.features)
        loss(logits, batch.labels.unsqueeze(1).expand_as(logits)).sum().backward()
        optimizer.step()
        if step % schedule.every:
            continue
        now, scores = look(stack, folds.validation, loss, metrics, step)
        curves.append(scores)
        patience = schedule.patience * schedule.every
        pairs = zip(bests, [*scores, -now.loss], strict=True)
        bests = [best.updated(score, now, patience) for best, score in pairs]
        if all((step - best.step > patience).all() for best in bests):
            break
    return Outcome(bests[:-1], bests[-1], np.stack(curves))


def fresh(network: Network, folds: Folds, seed: int) -> list[torch.nn.Sequential]:
    """Return a network for each fold, with torch's own initial weights."""
    count, columns, _ = folds.training.features.shape
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return [network.build(columns) for _ in range(count)]


def batches(
    training: Split, size: int, steps: int, seed: int, *, is_stratified: bool = False
) -> Iterator[Split]:
    """Yield a batch for each step: all rows, or some, each of them at most once an epoch.

    Stratified batches hold equal shares of the positives, to a row.
    """
    folds, rows = training.labels.shape
    if size == rows:
        yield from (training for _ in range(steps))
        return
    generator = torch.Generator().manual_seed(seed)
    drawn = 0
    while True:
        order = torch.rand(folds, rows, generator=generator).argsort(1)
        if is_stratified:
            order = order.gather(1, spread(training.labels.gather(1, order)))
        for start in range(0, rows - size + 1, size):
            if drawn == steps:
                return
            yield training.rows(order[:, start : start + size])
            drawn += 1


def spread(labels: torch.Tensor) -> torch.Tensor:
    """Return an order (F, rows) in which positives and negatives alternate evenly."""
    ranks = torch.where(labels > 0, labels.cumsum(1), (1 - labels).cumsum(1))
    sizes = torch.where(labels > 0, labels.sum(1, True), (1 - labels).sum(1, True))
    return ((ranks - 0.5) / sizes).argsort(1)


@torch.no_grad()
def look(
    stack: Stack,
    validation: Split,
    loss: Loss,
    metrics: Sequence[metricc.Metric],
    step: int,
) -> tuple[Look, list[np.ndarray]]:
    """Return the models as they are, and each metric (F, R) on the validation rows."""
    state = stack.state.detached()
    logits = run(stack.layers, state, validation.features)
    losses = loss(logits, validation.labels.unsqueeze(1).expand_as(logits)).double().numpy()
    entries = count(logits > 0, validation.labels)
    return Look(state, losses, step), [metric.value(**entries) for metric in metrics]


def count(decisions: torch.Tensor, labels: torch.Tensor) -> dict[str, np.ndarray]:
    """Return tp, fp, fn, tn (F, R) of decisions (F, R, rows); padded rows count nowhere."""
    truth = torch.stack([labels == 1, labels == 0], dim=-1).float()
    tp, fp = (decisions.float() @ truth).double().numpy().transpose(2, 0, 1)
    positives, negatives = truth.sum(1).double().numpy().T[..., None]
    return {"tp": tp, "fp": fp, "fn": positives - tp, "tn": negatives - fp}

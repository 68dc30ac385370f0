"""The losses of the study: what anybody uses today, what was published, and metricc's.

Each takes logits and targets (F, R, rows), of F folds and R learning rates, and returns a loss
for each model, (F, R). Adding them up leaves every model with its own gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn import functional

if TYPE_CHECKING:
    import metricc

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Recipe(NamedTuple):
    """How to make a loss from the metric it shall raise and the training labels (F, rows).

    Those that no metric enters are trained once for all metrics. Stratified batches hold the same
    share of positives each.
    """

    make: Callable[[metricc.Metric, torch.Tensor], Loss]
    is_of_metric: bool = False
    is_stratified: bool = False


def mse(_metric: metricc.Metric, _labels: torch.Tensor) -> Loss:
    """Return the squared error of the probability."""
    return lambda logits, target: (logits.sigmoid() - target).square().mean(-1)


def bce(_metric: metricc.Metric, _labels: torch.Tensor) -> Loss:
    """Return the binary cross entropy."""
    return lambda logits, target: cross_entropy(logits, target).mean(-1)


def weighted_bce(_metric: metricc.Metric, labels: torch.Tensor) -> Loss:
    """Return the cross entropy in which both classes of a training fold weigh the same."""
    ratio = ((1 - labels).sum(1) / labels.sum(1))[:, None, None]
    return lambda logits, target: cross_entropy(logits, target, pos_weight=ratio).mean(-1)


def focal(_metric: metricc.Metric, labels: torch.Tensor) -> Loss:
    """Return the focal loss, γ = 2, α the share of negatives (Lin et al. 2017)."""
    alpha = (1 - labels.mean(1))[:, None, None]

    def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        signs = 2 * target - 1
        missed = (-signs * logits).sigmoid()  # 1 - p at a positive, p at a negative
        weight = (1 - alpha).lerp(alpha, target)
        return (weight * missed.square() * cross_entropy(logits, target)).mean(-1)

    return loss


def cross_entropy(
    logits: torch.Tensor, target: torch.Tensor, pos_weight: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the cross entropy of each element."""
    return functional.binary_cross_entropy_with_logits(
        logits, target, reduction="none", pos_weight=pos_weight
    )


def of_metric(**options: object) -> Recipe:
    """Return metricc's loss for the metric, with some options."""

    def make(metric: metricc.Metric, _labels: torch.Tensor) -> Loss:
        module = metric.loss(task="multilabel", average="none", **options)

        def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            # One sample whose labels are the models: a confusion matrix for each of them.
            models = logits.flatten(0, 1).unsqueeze(0)
            module.train(logits.requires_grad)  # a running average is for training alone
            return module(models, target.flatten(0, 1).unsqueeze(0)).view(logits.shape[:2])

        return loss

    return Recipe(make, is_of_metric=True)


def blended(
    other: Callable[[metricc.Metric, torch.Tensor], Loss], weight: float, **options: object
) -> Recipe:
    """Return metricc's loss plus another one times a weight."""
    own = of_metric(**options)

    def make(metric: metricc.Metric, labels: torch.Tensor) -> Loss:
        first, second = own.make(metric, labels), other(metric, labels)
        return lambda logits, target: first(logits, target) + weight * second(logits, target)

    return Recipe(make, is_of_metric=True)


def slope_bce(metric: metricc.Metric, _labels: torch.Tensor) -> Loss:
    """Return the cross entropy in which an element weighs what the metric's slope there says.

    At the optimum of F_β, of the G-mean and the like, decisions are those of a classification with
    costs, and the costs are the slopes (Parambath et al. 2014). They are taken at each batch.
    """
    module = metric.loss(task="multilabel", average="none", surrogate="identity", from_logits=False)

    def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        soft = (10 * (logits.detach().sigmoid() - 0.5)).sigmoid().requires_grad_()
        with torch.enable_grad():
            values = module(soft.flatten(0, 1).unsqueeze(0), target.flatten(0, 1).unsqueeze(0))
            (slopes,) = torch.autograd.grad(values.sum(), soft)
        weights = slopes.abs() / slopes.abs().mean(-1, keepdim=True).clamp(min=1e-12)
        return (weights * cross_entropy(logits, target)).mean(-1)

    return loss


BASELINES = {
    "MSE": Recipe(mse),
    "BCE": Recipe(bce),
    "weighted BCE": Recipe(weighted_bce),
    "focal": Recipe(focal),
    "score-oriented": of_metric(surrogate="cosine", sharpness=40.0),  # δ = 0.1, as published
    "identity": of_metric(surrogate="identity"),
    "AnyLoss": of_metric(sharpness=73.0),
}
"""What the literature offers."""

OURS = "metricc"
MIXES = {
    "metricc + weighted BCE": blended(weighted_bce, 0.1),
    "metricc + slope BCE": blended(slope_bce, 0.5),
}
"""The company that did best on the problems that were tried before."""
LOSSES = {**BASELINES, OURS: of_metric(), **MIXES}
"""The losses of the tables; "metricc" is its loss with its defaults."""

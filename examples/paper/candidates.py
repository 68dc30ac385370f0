"""What could be better than metricc's defaults, tried on problems that the tables leave out.

    python examples/paper candidates

The names say what differs from the sigmoid at a sharpness of 10.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from losses import Loss, Recipe, bce, of_metric, weighted_bce

import metricc

STEPS = 600
"""How long a schedule lasts: as the study's trainings do at most."""


def scheduled(**start_to_end: tuple[float, float]) -> Recipe:
    """Return metricc's loss with numbers that move from a start to an end, step by step."""

    def make(metric: metricc.Metric, _labels: torch.Tensor) -> Loss:
        module = metric.loss(task="multilabel", average="none")
        taken = 0

        def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            nonlocal taken
            is_training = torch.is_grad_enabled()
            taken += is_training
            progress = min(1.0, taken / STEPS) if is_training else 1.0
            for name, (start, end) in start_to_end.items():
                setattr(module, name, start * (end / start) ** progress)
            models = logits.flatten(0, 1).unsqueeze(0)
            return module(models, target.flatten(0, 1).unsqueeze(0)).view(logits.shape[:2])

        return loss

    return Recipe(make, is_of_metric=True)


def started_by(first: Callable[[metricc.Metric, torch.Tensor], Loss], share: float) -> Recipe:
    """Return metricc's loss, with another one for the first part of the steps."""
    own = of_metric()

    def make(metric: metricc.Metric, labels: torch.Tensor) -> Loss:
        before, after = first(metric, labels), own.make(metric, labels)
        taken = 0

        def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            nonlocal taken
            taken += torch.is_grad_enabled()
            is_first = torch.is_grad_enabled() and taken <= share * STEPS
            return (before if is_first else after)(logits, target)

        return loss

    return Recipe(make, is_of_metric=True)


def blended(other: Callable[[metricc.Metric, torch.Tensor], Loss], weight: float) -> Recipe:
    """Return metricc's loss plus another one times a weight."""
    own = of_metric()

    def make(metric: metricc.Metric, labels: torch.Tensor) -> Loss:
        first, second = own.make(metric, labels), other(metric, labels)
        return lambda logits, target: first(logits, target) + weight * second(logits, target)

    return Recipe(make, is_of_metric=True)


def averaged(*thresholds: float, **options: object) -> Recipe:
    """Return the mean of metricc's losses at several thresholds."""
    recipes = [of_metric(threshold=threshold, **options) for threshold in thresholds]

    def make(metric: metricc.Metric, labels: torch.Tensor) -> Loss:
        losses = [recipe.make(metric, labels) for recipe in recipes]
        return lambda logits, target: sum(loss(logits, target) for loss in losses) / len(losses)

    return Recipe(make, is_of_metric=True)


CANDIDATES = {
    "sharpness 3": of_metric(sharpness=3.0),
    "sharpness 5": of_metric(sharpness=5.0),
    "sharpness 7": of_metric(sharpness=7.0),
    "sharpness 15": of_metric(sharpness=15.0),
    "sharpness 20": of_metric(sharpness=20.0),
    "rescaled": of_metric(rescaled=True),
    "rescaled 5": of_metric(rescaled=True, sharpness=5.0),
    "cosine 10": of_metric(surrogate="cosine", sharpness=10.0),
    "probit": of_metric(surrogate="probit"),
    "linear": of_metric(surrogate="linear"),
    "annealed 3 to 20": scheduled(sharpness=(3.0, 20.0)),
    "annealed 5 to 10": scheduled(sharpness=(5.0, 10.0)),
    "BCE first": started_by(bce, 0.2),
    "weighted BCE first": started_by(weighted_bce, 0.2),
    "mix 0.1": of_metric(mix=0.1),
    "mix 0.5": of_metric(mix=0.5),
    "mix 1": of_metric(mix=1.0),
    "weighted mix 0.1": blended(weighted_bce, 0.1),
    "weighted mix 0.5": blended(weighted_bce, 0.5),
    "thresholds 0.4 to 0.6": averaged(0.4, 0.5, 0.6),
    "thresholds 0.2 to 0.8": averaged(0.2, 0.35, 0.5, 0.65, 0.8),
}

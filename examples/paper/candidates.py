"""What could be better than metricc's defaults, tried on problems that the study leaves out.

    python examples/paper --candidates

The names say what differs from the sigmoid at a sharpness of 10: another number, another loss for
the first part of the steps, or one that is added (a mix), with a weight that may fade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from losses import Loss, Recipe, blended, of_metric, slope_bce, weighted_bce
from train import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    import metricc

STEPS = Schedule().steps
"""How long a schedule lasts: as the study's trainings do at most."""


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


def fading(
    other: Callable[[metricc.Metric, torch.Tensor], Loss], start: float, end: float
) -> Recipe:
    """Return metricc's loss plus another one times a weight that falls from step to step."""
    own = of_metric()

    def make(metric: metricc.Metric, labels: torch.Tensor) -> Loss:
        first, second = own.make(metric, labels), other(metric, labels)
        taken = 0

        def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            nonlocal taken
            if not torch.is_grad_enabled():
                return first(logits, target)
            taken += 1
            weight = start * (end / start) ** min(1.0, taken / STEPS)
            return first(logits, target) + weight * second(logits, target)

        return loss

    return Recipe(make, is_of_metric=True)


CANDIDATES = {
    "sharpness 20": of_metric(sharpness=20.0),
    "rescaled 5": of_metric(rescaled=True, sharpness=5.0),
    "momentum 0.9": of_metric(momentum=0.9),
    "stratified batches": of_metric()._replace(is_stratified=True),
    "weighted BCE first, 10 %": started_by(weighted_bce, 0.1),
    "weighted BCE first, 20 %": started_by(weighted_bce, 0.2),
    "weighted BCE first, 40 %": started_by(weighted_bce, 0.4),
    "weighted mix 0.03": blended(weighted_bce, 0.03),
    "weighted mix 0.5": blended(weighted_bce, 0.5),
    "weighted mix, fading": fading(weighted_bce, 1.0, 0.01),
    "slope BCE": Recipe(slope_bce, is_of_metric=True),
    "slope BCE first, 20 %": started_by(slope_bce, 0.2),
    "slope mix 0.1": blended(slope_bce, 0.1),
    "slope mix 1": blended(slope_bce, 1.0),
    "slope mix 0.5, sharpness 20": blended(slope_bce, 0.5, sharpness=20.0),
    "slope mix 0.5, identity": blended(slope_bce, 0.5, surrogate="identity"),
    "slope mix, fading": fading(slope_bce, 1.0, 0.01),
    "slope mix, fading to 0.1": fading(slope_bce, 1.0, 0.1),
}

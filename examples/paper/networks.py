"""The networks of the study, as anybody would write them in torch.

Each takes the number of columns and returns a `torch.nn.Sequential` from (N, columns) to (N, 1)
logits. `stacked.py` trains hundreds of copies of one at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import nn


class Network(NamedTuple):
    """How to build a network, and which part of the training rows makes a batch."""

    build: Callable[[int], nn.Sequential]
    batch: float
    is_for_pictures: bool = False


def slp(columns: int) -> nn.Sequential:
    """Return the paper's single layer: a weighted sum of the columns."""
    return nn.Sequential(nn.Linear(columns, 1))


def mlp(columns: int) -> nn.Sequential:
    """Return the paper's network with two hidden units."""
    return nn.Sequential(
        nn.Linear(columns, 2),
        nn.BatchNorm1d(2),
        nn.Sigmoid(),
        nn.Linear(2, 1),
    )


def deep(columns: int) -> nn.Sequential:
    """Return a network with two hidden layers."""
    return nn.Sequential(
        nn.Linear(columns, 16),
        nn.ReLU(),
        nn.Linear(16, 8),
        nn.ReLU(),
        nn.Linear(8, 1),
    )


def cnn(_columns: int) -> nn.Sequential:
    """Return a small convolutional network for pictures of 8 by 8 pixels."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 4, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(36, 1),
    )


NETWORKS = {
    "SLP": Network(slp, batch=1.0),  # the paper's: full batches
    "MLP": Network(mlp, batch=0.1),
    "deep": Network(deep, batch=0.1),
    "CNN": Network(cnn, batch=0.1, is_for_pictures=True),
}

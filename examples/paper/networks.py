"""The networks of the study, as anybody would write them in torch.

Each takes the number of columns and returns a `torch.nn.Sequential` from (N, columns) to (N, 1)
logits. `stacked.py` trains hundreds of copies of one at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_BATCH = 512


class Network(NamedTuple):
    """How to build a network, and which share of the training rows makes a batch."""

    build: Callable[[int], nn.Sequential]
    share: float
    is_for_pictures: bool = False

    def batch_size(self, rows: int) -> int:
        """Return how many of the training rows make a batch: all of them, or from 2 to 512."""
        return rows if self.share == 1 else min(max(2, round(self.share * rows)), LARGEST_BATCH)


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
    "SLP": Network(slp, share=1.0),  # the paper's: full batches
    "MLP": Network(mlp, share=0.1),
    "deep": Network(deep, share=0.1),
    "CNN": Network(cnn, share=0.1, is_for_pictures=True),
}

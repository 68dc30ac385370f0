"""Edge batches of several labels, and of classes that exclude each other."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from .edge import SINGLE, Edge, edge_of, facing, float64, mixed, varied


def of_labels() -> tuple[Edge, ...]:
    """Return those of three labels."""
    x, y = varied(12, 3), mixed(12, 3, every=4)
    absent, always = y * float64([1, 0, 1]), 1 - (1 - y) * float64([1, 0, 1])
    counted = (torch.arange(12) % 2).double()
    found = (
        edge_of("empty", "a filter left nothing", varied(0, 3)),
        edge_of("one sample", "each label has one class only", varied(1, 3)),
        edge_of("one label", "a list of labels that shrank", varied(12, 1)),
        edge_of("an image", "masks that overlap", varied(2, 3, 4, 4)),
        edge_of("transposed", "a view whose memory is not in order", varied(3, 12).T, y),
        edge_of("an absent label", "rare labels are", x, absent),
        edge_of("a label of all", "as `person` in some data", x, always),
        edge_of("no label at all", "a batch of background", x, 0 * y),
        edge_of("all 0", "a last layer of zeros", 0 * y),
        edge_of("tiny", "a last layer of tiny weights", 1e-40 * x),
        edge_of("perfect", "separable data", facing(y, 6), y),
        edge_of("certain", "p rounds to 1 in float32", facing(y, 50), y),
        edge_of("certain and wrong", "an outlier of each label", facing(y, -50), y),
        edge_of("the largest float32", "a mask by finfo.max", facing(y, -SINGLE), y),
        edge_of("infinite", "logit of a probability of 0 or 1", facing(y, math.inf), y),
        edge_of(
            "a label masked by -inf", "labels that do not apply", x.masked_fill(y > 0, -math.inf), y
        ),
        edge_of("all weigh 0", "everything is padding", x, y, 0 * counted),
        edge_of("half counts", "padding", x, y, counted),
        edge_of("denormal weights", "normalised over a huge data set", x, y, 1e-40 + 0 * counted),
        edge_of("the largest weights", "their sum overflows float32", x, y, SINGLE + 0 * counted),
        edge_of(
            "soft targets", "shares of annotators", x, torch.sigmoid(varied(36).reshape(12, 3))
        ),
    )
    broken = edge_of("a NaN", "a model that broke; it must show", x * float64([math.nan, 1, 1]), y)
    return (*found, replace(broken, has_nan=True))


def of_indices() -> tuple[Edge, ...]:
    """Return those of three classes."""
    x, y = varied(12, 3), torch.arange(12) % 3
    shown = torch.nn.functional.one_hot(y, 3).double()
    counted = (torch.arange(12) % 2).double()
    broken = x * float64([math.nan, 1, 1])
    return (
        *_of_shapes(x, y),
        *_of_logits(x, y, shown),
        Edge("all weigh 0", "everything is padding", x, y, 0 * counted),
        Edge("half counts", "padding", x, y, counted),
        Edge("denormal weights", "normalised over a huge data set", x, y, 1e-40 + 0 * counted),
        Edge("the largest weights", "their sum overflows float32", x, y, SINGLE + 0 * counted),
        Edge("a NaN", "a model that broke; it must show", broken, y, has_nan=True),
    )


def _of_shapes(x: torch.Tensor, y: torch.Tensor) -> tuple[Edge, ...]:
    image, rare = torch.stack([y, y]).view(2, 4, 3), (torch.arange(10_000) == 7).long()
    return (
        Edge("empty", "a filter left nothing", varied(0, 3), y[:0]),
        Edge("one sample", "all classes but one are absent", varied(1, 3), y[:1]),
        Edge("one class", "a list of classes that shrank", varied(12, 1), 0 * y),
        Edge("two classes", "the binary task as two columns", varied(12, 2), y % 2),
        Edge("an image", "a segmentation", varied(2, 3, 4, 3), image),
        Edge("transposed", "a view whose memory is not in order", varied(3, 12).T, y),
        Edge("an absent class", "rare classes are", x, y % 2),
        Edge("one class in the truth", "a crop of background", x, 0 * y),
        Edge("one in 10,000", "a rare class", varied(10_000, 3), rare),
    )


def _of_logits(x: torch.Tensor, y: torch.Tensor, shown: torch.Tensor) -> tuple[Edge, ...]:
    """Return logits of all sizes; `shown` is 1 for the class of each sample."""
    above, below = (x.masked_fill(shown > 0, end) for end in (math.inf, -math.inf))
    return (
        Edge("all 0", "a last layer of zeros", 0 * x, y),
        Edge("all equal", "a collapsed model", 0 * x + float64([20, -20, 0]), y),
        Edge("tiny", "a last layer of tiny weights", 1e-40 * x, y),
        Edge("perfect", "separable data", 6 * shown, y),
        Edge("certain", "p rounds to 1 in float32", 50 * shown, y),
        Edge("certain and wrong", "labels swapped", -50 * shown, y),
        Edge("diverging", "a learning rate that is too high", -1e4 * shown, y),
        Edge("the largest float32", "a mask by finfo.max", SINGLE * (2 * shown - 1), y),
        Edge("infinite", "the logarithm of one class alone", torch.log(shown), y),
        Edge("inf", "an overflow in float16", above, y),
        Edge("a class masked by -inf", "classes that do not apply", below, y),
        Edge("all -inf", "a mask over everything", -math.inf * torch.ones_like(x), y),
    )

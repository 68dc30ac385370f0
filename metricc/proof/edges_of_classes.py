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
    rows: tuple[tuple[str, str, torch.Tensor, torch.Tensor, torch.Tensor | None], ...] = (
        ("empty", "a filter left nothing", varied(0, 3), y[:0], None),
        ("one sample", "all classes but one are absent", varied(1, 3), y[:1], None),
        ("one class", "a list of classes that shrank", varied(12, 1), 0 * y, None),
        ("two classes", "the binary task as two columns", varied(12, 2), y % 2, None),
        (
            "an image",
            "a segmentation",
            varied(2, 3, 4, 3),
            torch.stack([y, y]).view(2, 4, 3),
            None,
        ),
        ("transposed", "a view whose memory is not in order", varied(3, 12).T, y, None),
        ("an absent class", "rare classes are", x, y % 2, None),
        ("one class in the truth", "a crop of background", x, 0 * y, None),
        (
            "one in 10,000",
            "a rare class",
            varied(10_000, 3),
            (torch.arange(10_000) == 7).long(),
            None,
        ),
        ("all 0", "a last layer of zeros", 0 * x, y, None),
        ("all equal", "a collapsed model", 0 * x + float64([20, -20, 0]), y, None),
        ("tiny", "a last layer of tiny weights", 1e-40 * x, y, None),
        ("perfect", "separable data", 6 * shown, y, None),
        ("certain", "p rounds to 1 in float32", 50 * shown, y, None),
        ("certain and wrong", "labels swapped", -50 * shown, y, None),
        ("diverging", "a learning rate that is too high", -1e4 * shown, y, None),
        ("the largest float32", "a mask by finfo.max", SINGLE * (2 * shown - 1), y, None),
        ("infinite", "the logarithm of one class alone", torch.log(shown), y, None),
        ("inf", "an overflow in float16", x.masked_fill(shown > 0, math.inf), y, None),
        (
            "a class masked by -inf",
            "classes that do not apply",
            x.masked_fill(shown > 0, -math.inf),
            y,
            None,
        ),
        ("all -inf", "a mask over everything", -math.inf * torch.ones(12, 3), y, None),
        ("all weigh 0", "everything is padding", x, y, 0 * counted),
        ("half counts", "padding", x, y, counted),
        ("the largest weights", "their sum overflows float32", x, y, SINGLE + 0 * counted),
    )
    found = tuple(Edge(name, why, z.double(), t, w) for name, why, z, t, w in rows)
    broken = Edge("a NaN", "a model that broke; it must show", x * float64([math.nan, 1, 1]), y)
    return (*found, replace(broken, has_nan=True))

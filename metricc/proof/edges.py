"""Edge batches: what a data loader can hand to a loss, and a careless loss answers with NaN."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from .edge import SINGLE, Edge, edge_of, facing, float64, mixed, varied
from .edges_of_classes import of_indices, of_labels

if TYPE_CHECKING:
    from ..targets.values import Task

__all__ = ["Edge", "edges"]

HALF = 65504.0
"""The largest float16."""


def edges(task: Task) -> tuple[Edge, ...]:
    """Return the edge batches of a task, the same on each call."""
    if task == "binary":
        return (*_of_sizes(), *_of_classes(), *_of_logits(), *_of_weights(), *_of_targets())
    return of_labels() if task == "multilabel" else of_indices()


def _of_sizes() -> tuple[Edge, ...]:
    wide, truth = varied(6, 4), mixed(6, 4)
    return (
        edge_of("empty", "a filter left nothing", varied(0)),
        edge_of("empty rows", "likewise in two dimensions", varied(0, 3)),
        edge_of("one positive", "the last batch of an epoch may hold one", [0.3], [1]),
        edge_of("one negative", "likewise", [0.3], [0]),
        edge_of("one number, positive", "a dataset's item without a batch dimension", 0.3, 1),
        edge_of("one number, negative", "likewise", -0.3, 0),
        edge_of("one of each", "the smallest batch with both classes", [1.0, -1.0], [1, 0]),
        edge_of("two dimensions", "labels of a row count as elements", wide, truth),
        edge_of("an image", "a mask of one channel", varied(2, 1, 4, 4)),
        edge_of("one column", "a linear layer of one output", varied(12, 1)),
        edge_of("transposed", "a view whose memory is not in order", wide.T, truth.T),
        edge_of("every other", "a slice whose elements are apart", varied(24)[::2], mixed(24)[::2]),
        edge_of("expanded", "one prediction for all, in memory once", varied(1).expand(12)),
        edge_of("duplicates", "an oversampled minority", varied(3).repeat(8), mixed(3).repeat(8)),
    )


def _of_classes() -> tuple[Edge, ...]:
    x, many = varied(12), varied(10_000)
    both, yes, no = mixed(12), torch.ones(12), torch.zeros(12)
    rare = mixed(10_000, every=10_000)
    chance = [1, 0] * 6
    return (
        edge_of("only positives", "a crop inside an object", x, yes),
        edge_of("only negatives", "a crop of background", x, no),
        edge_of("all predicted positive", "a bias that is far too high", abs(x) + 1, both),
        edge_of("all predicted negative", "a new model of rare positives", -abs(x) - 1, both),
        edge_of("only positives, all found", "no negative and no miss", 20 * yes, yes),
        edge_of("only positives, all missed", "the first epochs of a rare class", -20 * yes, yes),
        edge_of("only negatives, all left alone", "background, well known", -20 * yes, no),
        edge_of("only negatives, all flagged", "each is a false alarm", 20 * yes, no),
        edge_of("perfect", "separable data", facing(both, 6)),
        edge_of("perfectly wrong", "labels swapped", facing(both, -6)),
        edge_of("chance", "TP*TN = FP*FN", [4.0, 4.0, -4.0, -4.0] * 3, chance),
        edge_of("one positive in 10,000", "a rare class", many, rare),
        edge_of("one negative in 10,000", "likewise", many, 1 - rare),
        edge_of("one positive in 10,000, missed", "found by nothing yet", -20 - abs(many), rare),
    )


def _of_logits() -> tuple[Edge, ...]:
    both, x = mixed(12), varied(12)
    ladder = float64([1, 9, 17, 37, 88.8, 104, 710, 746])
    rows = [
        ("all 0", "a last layer of zeros: p is the threshold", 0 * both),
        ("all equal", "a collapsed model", 0 * both + 2.5),
        ("all equal, far below", "a bias set to a tiny prior", 0 * both - 20),
        ("next to the threshold", "p rounds to it in half precision", 1e-5 * x),
        ("tiny", "a last layer of tiny weights", 1e-30 * x),
        ("denormal in float32", "smaller than the smallest normal number", 1e-40 * x),
        ("denormal", "the smallest that float64 has", 5e-324 * both),
        ("ladder", "where exponentials round, overflow and vanish", torch.cat([ladder, -ladder])),
        ("certain", "p rounds to 1 in float32", facing(both, 50)),
        ("certain and wrong", "likewise for an outlier of each class", facing(both, -50)),
        ("diverging", "a learning rate that is too high", facing(both, 1e4)),
        ("diverging and wrong", "likewise", facing(both, -1e4)),
        ("one outlier", "one of many, and wrong", torch.cat([float64([-3e4]), x[1:]])),
        ("the largest float16", "what clamps to it leave", facing(both, HALF)),
        ("the largest float16, wrong", "likewise", facing(both, -HALF)),
        ("beyond float16", "infinite in that dtype alone", facing(both, 7e4)),
        ("the largest float32", "a mask by finfo.max", facing(both, SINGLE)),
        ("the largest float32, wrong", "likewise", facing(both, -SINGLE)),
        ("infinite", "logit of a probability of 0 or 1", facing(both, math.inf)),
        ("infinite and wrong", "likewise", facing(both, -math.inf)),
        ("all inf", "an overflow in float16", math.inf * torch.ones(12)),
        ("all -inf", "a mask over everything", -math.inf * torch.ones(12)),
        ("one inf", "one overflow among ordinary logits", torch.cat([x[1:], float64([math.inf])])),
        (
            "one -inf",
            "one masked place among ordinary ones",
            torch.cat([float64([-math.inf]), x[1:]]),
        ),
    ]
    found = [edge_of(name, why, logits) for name, why, logits in rows]
    broken = edge_of(
        "a NaN", "a model that broke; it must show", torch.cat([float64([math.nan]), x[1:]])
    )
    all_broken = edge_of("all NaN", "likewise", math.nan * both)
    return (*found, *(replace(edge, has_nan=True) for edge in (broken, all_broken)))


def _of_weights() -> tuple[Edge, ...]:
    x, y = varied(12), mixed(12)
    one = (torch.arange(12) == 3).double()
    ratios = 10.0 ** torch.linspace(-30, 30, 12, dtype=torch.float64)
    rows = mixed(6, every=2).reshape(6, 1)
    return (
        edge_of("all weigh 0", "everything is padding", x, y, 0 * y),
        edge_of("one counts", "a ragged batch's last row", x, y, one),
        edge_of("no positive counts", "a mask over a class", x, y, 1 - y),
        edge_of("no negative counts", "likewise", x, y, y),
        edge_of("huge ratios", "importance weights that degenerate", x, y, ratios),
        edge_of("tiny weights", "normalised over a huge data set", x, y, 1e-30 + 0 * y),
        edge_of("denormal weights", "likewise, and in float32", x, y, 1e-40 + 0 * y),
        edge_of("huge weights", "a clamp at 1e30", x, y, 1e30 + 0 * y),
        edge_of("the largest weights", "their sum overflows float32", x, y, SINGLE + 0 * y),
        edge_of("a negative of the largest weight", "likewise", [-5.0], [0], [SINGLE]),
        edge_of("both, of the largest weights", "likewise", [-5.0, -5.0], [1, 0], [SINGLE, SINGLE]),
        edge_of("weights of rows", "padding of whole rows", varied(6, 4), mixed(6, 4), rows),
        edge_of("certain, and one counts", "both at once", facing(y, 50), y, one),
    )


def _of_targets() -> tuple[Edge, ...]:
    x, y = varied(12), mixed(12)
    shares = torch.sigmoid(varied(24)[12:])
    return (
        edge_of("soft targets", "shares of annotators", x, shares),
        edge_of("soft targets of 1/2", "annotators who never agree", x, 0 * y + 0.5),
        edge_of("smoothed labels", "label smoothing of 0.1", x, 0.9 * y + 0.05),
        edge_of("tiny targets", "a distilled model that is sure", x, 1e-30 + 0 * y),
        edge_of("certain, soft targets", "both at once", facing(y, 50), shares),
    )

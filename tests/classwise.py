"""An oracle of tasks, averages, weights, masks and mixtures: plain autograd in float64.

It shares no code with metricc. Everything is brought to the shape (N, C, S): samples, classes,
and the sites within a sample. A binary task has one class, its positives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Metric = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""Of tp, fp, fn, tn with the classes on the last axis; a joint metric drops that axis."""


def ratio(x: Tensor, y: Tensor) -> Tensor:
    """Return x / y, and 0 where y is 0."""
    return torch.where(y == 0, 0.0, x / torch.where(y == 0, 1.0, y))


def f1(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(2 * tp, 2 * tp + fp + fn)


def f2(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return fbeta(tp, fp, fn, tn, beta=2.0)


def fbeta(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor, *, beta: float) -> Tensor:
    return ratio((1 + beta**2) * tp, (1 + beta**2) * tp + beta**2 * fn + fp)


def precision(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(tp, tp + fp)


def recall(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(tp, tp + fn)


def specificity(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(tn, tn + fp)


def accuracy(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(tp + tn, tp + fp + fn + tn)


def jaccard(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(tp, tp + fp + fn)


def mcc(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(tp * tn - fp * fn, ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)).sqrt())


def kappa(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    n = tp + fp + fn + tn
    agreed = (tp + tn) / n
    by_chance = ((tp + fn) * (tp + fp) + (tn + fp) * (tn + fn)) / n**2
    return ratio(agreed - by_chance, 1 - by_chance)


def gmean(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return (recall(tp, fp, fn, tn) * specificity(tp, fp, fn, tn)).sqrt()


def multiclass_mcc(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    n, actual, predicted = (tp + fn).sum(-1), tp + fn, tp + fp
    covariance = n * tp.sum(-1) - (actual * predicted).sum(-1)
    of_truth, of_predictions = n**2 - (actual**2).sum(-1), n**2 - (predicted**2).sum(-1)
    return ratio(covariance, (of_truth * of_predictions).sqrt())


def multiclass_kappa(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    n = (tp + fn).sum(-1)
    agreed = tp.sum(-1) / n
    by_chance = ((tp + fn) * (tp + fp)).sum(-1) / n**2
    return ratio(agreed - by_chance, 1 - by_chance)


def multiclass_accuracy(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(tp.sum(-1), (tp + fn).sum(-1))


def multiclass_balanced_accuracy(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(recall(tp, fp, fn, tn).sum(-1), (tp + fn > 0).sum(-1))


def multiclass_iou(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return ratio(jaccard(tp, fp, fn, tn).sum(-1), (tp + fp + fn > 0).sum(-1))


def frequency_weighted_iou(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    actual = tp + fn
    return ratio((actual * jaccard(tp, fp, fn, tn)).sum(-1), actual.sum(-1))


def generalized_dice(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    weight = ratio(torch.ones_like(tp), (tp + fn) ** 2)
    return ratio(2 * (weight * tp).sum(-1), (weight * (2 * tp + fp + fn)).sum(-1))


def multiclass_gmean(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return recall(tp, fp, fn, tn).prod(-1) ** (1 / tp.shape[-1])


CLASSWISE: dict[str, Metric] = {
    f.__name__: f for f in (f1, f2, precision, recall, specificity, accuracy, jaccard)
} | {f.__name__: f for f in (mcc, kappa, gmean)}
JOINT: dict[str, Metric] = {
    f.__name__: f
    for f in (
        multiclass_mcc,
        multiclass_kappa,
        multiclass_accuracy,
        multiclass_balanced_accuracy,
        multiclass_iou,
        frequency_weighted_iou,
        generalized_dice,
        multiclass_gmean,
    )
}
METRICS = CLASSWISE | JOINT


@dataclass(frozen=True)
class Options:
    """The options of a loss, with metricc's defaults."""

    task: str = "binary"
    average: str = "macro"
    per_sample: bool = False
    ignore_index: int | None = None
    weight: tuple[float, ...] | None = None  # one per class that counts
    classes: tuple[int, ...] | None = None
    class_dim: int = 1
    from_logits: bool = True
    surrogate: str = "sigmoid"
    sharpness: float = 10.0
    threshold: float = 0.5
    smooth: float = 0.0
    mix: float = 0.0
    log: bool = False
    exponent: float = 1.0


@dataclass(frozen=True)
class Batch:
    """Logits or probabilities, the truth, and what each site counts, all as (N, C, S)."""

    input: Tensor
    truth: Tensor
    weight: Tensor


def loss(
    name: str,
    input: Tensor,
    target: Tensor,
    sample_weight: Tensor | None = None,
    mask: Tensor | None = None,
    **given: object,
) -> Tensor:
    """Return the loss of a batch, for autograd to differentiate."""
    options = Options(**given)  # type: ignore[arg-type]
    batch = arrange(input.double(), target, (sample_weight, mask), options)
    soft = soft_decisions(batch.input, options)
    entries = confusion(soft, batch, options)
    entries = tuple(options.smooth + entry for entry in entries)
    if name in JOINT:
        losses = penalty(JOINT[name](*entries), options)[:, None]
    else:
        each = penalty(CLASSWISE[name](*entries), options)
        losses = averaged(each, entries, options)
    if options.mix:
        losses = losses + options.mix * cross_entropy(batch, options)
    if options.average != "none":
        return losses.mean()
    losses = losses if options.per_sample else losses.squeeze(0)
    return losses.squeeze(1) if options.task == "binary" else losses


def arrange(
    input: Tensor, target: Tensor, weights: tuple[Tensor | None, ...], options: Options
) -> Batch:
    """Bring a batch to (N, C, S); what is ignored weighs 0, and its input becomes harmless."""
    wide = as_samples_classes_sites(input, options)
    n, classes, _ = wide.shape
    if options.task == "multiclass" and target.dim() < input.dim():
        index = target.reshape(n, 1, -1)
        ignored = is_ignored(index, options).expand(wide.shape)
        known = torch.where(ignored[:, :1], 0, index)
        truth = (known == torch.arange(classes)[:, None]).double()
    else:
        truth = as_samples_classes_sites(target, options)
        ignored = is_ignored(truth, options)
    weight = torch.ones_like(wide).detach()
    for given in weights:
        if given is not None:
            weight = weight * spread(given.double(), input, options)
    return Batch(
        torch.where(ignored, 0.5, wide),
        torch.where(ignored, 0, truth).double(),
        torch.where(ignored, 0, weight),
    )


def is_ignored(target: Tensor, options: Options) -> Tensor:
    if options.ignore_index is None:
        return torch.zeros_like(target, dtype=torch.bool)
    return target == options.ignore_index


def as_samples_classes_sites(x: Tensor, options: Options) -> Tensor:
    if options.task == "binary":
        return x.reshape(x.shape[0], 1, -1)
    moved = x.movedim(options.class_dim, 1)
    return moved.reshape(*moved.shape[:2], -1)


def spread(weight: Tensor, input: Tensor, options: Options) -> Tensor:
    """Bring weights or a mask to a shape that broadcasts to (N, C, S)."""
    if weight.dim() == 1 < input.dim():
        return weight.reshape(-1, 1, 1)
    if options.task == "binary":
        return as_samples_classes_sites(weight.expand(input.shape), options)
    if weight.dim() < input.dim():  # the class dimension is left out
        weight = weight.unsqueeze(options.class_dim)
    return as_samples_classes_sites(weight.expand(input.shape), options)


def probabilities(input: Tensor, options: Options) -> Tensor:
    if not options.from_logits:
        return input
    return input.softmax(1) if options.task == "multiclass" else input.sigmoid()


def soft_decisions(input: Tensor, options: Options) -> Tensor:
    prob = probabilities(input, options)
    if options.surrogate == "identity":
        return prob
    if options.surrogate == "sigmoid":
        return torch.sigmoid(options.sharpness * (prob - options.threshold))
    logits = input if options.from_logits else input.log()
    return torch.softmax(options.sharpness * logits, 1)


def confusion(soft: Tensor, batch: Batch, options: Options) -> tuple[Tensor, ...]:
    """Return tp, fp, fn, tn as (N, C), or (1, C) of the whole batch, or with one class."""
    truth, weight = batch.truth, batch.weight
    cells = (truth * soft, (1 - truth) * soft, truth * (1 - soft), (1 - truth) * (1 - soft))
    entries = [(weight * cell).sum(2) for cell in cells]
    if options.classes is not None:
        entries = [entry[:, list(options.classes)] for entry in entries]
    if not options.per_sample:
        entries = [entry.sum(0, keepdim=True) for entry in entries]
    if options.average == "micro":
        entries = [entry.sum(1, keepdim=True) for entry in entries]
    return tuple(entries)


def penalty(value: Tensor, options: Options) -> Tensor:
    return -value.log() if options.log else (1 - value) ** options.exponent


def averaged(each: Tensor, entries: tuple[Tensor, ...], options: Options) -> Tensor:
    """Average losses of shape (N, C) over the classes."""
    if options.task == "binary" or options.average in ("micro", "none"):
        return each
    tp, fp, fn, _ = entries
    weight = torch.ones_like(each)
    if options.weight is not None:
        weight = weight * torch.tensor(options.weight, dtype=torch.float64)
    if options.average == "weighted":
        weight = weight * (tp + fn)
    elif options.log:
        weight = weight * (tp + fn > 0)
    elif options.task == "multiclass":
        weight = weight * (tp + fp + fn > 0)
    return (weight * each).sum(1, keepdim=True) / weight.sum(1, keepdim=True)


def cross_entropy(batch: Batch, options: Options) -> Tensor:
    """Return the mean over all elements; of each sample, or of each class, if they are apart.

    A site of classes that exclude each other has one cross entropy: C terms of 1/C elements.
    """
    truth, weight, prob = batch.truth, batch.weight, probabilities(batch.input, options)
    if options.task == "multiclass":
        terms, counts = -truth * prob.log(), weight / truth.shape[1]
    else:
        terms, counts = -truth * prob.log() - (1 - truth) * (1 - prob).log(), weight
    parts = [weight * terms, counts]
    if options.average == "none" and options.classes is not None:
        parts = [part[:, list(options.classes)] for part in parts]
    summed = [2] if options.per_sample else [0, 2]
    summed += [] if options.average == "none" else [1]
    losses, elements = (part.sum(summed, keepdim=True)[:, :, 0] for part in parts)
    return losses / elements

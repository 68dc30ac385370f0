"""Batches to prove a loss on: random ones, with every class in every sample, in its own shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from .claim import Claim

_SAMPLES = 4
_SEED = 1912


@dataclass(frozen=True)
class Batch:
    """Input, truth and weights as (N, C, S) in float64; `is_weighted` says that weights are given.

    What is ignored weighs 0. In a binary task there is one class, its positives. Truth `is_soft`
    where it lies between 0 and 1.
    """

    input: torch.Tensor
    truth: torch.Tensor
    weight: torch.Tensor
    is_weighted: bool = False
    is_soft: bool = False


def draw(
    claim: Claim,
    *,
    width: float = 1.5,
    is_weighted: bool = False,
    is_soft: bool = False,
    seed: int = 0,
    sites: int = 6,
) -> Batch:
    """Return a random batch, its logits of standard deviation `width`.

    A sample has this many sites, or more: twice as many as there are classes.
    """
    generator = torch.Generator().manual_seed(_SEED + seed)
    options, classes = claim.options, class_count(claim)
    sites = max(sites, 2 * classes)
    shape = (_SAMPLES, classes if options.has_classes else 1, sites)
    logits = width * torch.randn(shape, generator=generator, dtype=torch.float64)
    truth = _truth(claim, shape, generator)
    logits += width * (truth - 0.5)  # better than chance, where some metrics have no slope
    if is_soft:
        truth = _softened(truth, generator, is_softmax=options.is_softmax)
    weight = torch.ones_like(logits)
    if is_weighted:
        weight = (
            0.25 + torch.rand((_SAMPLES, 1, sites), generator=generator)
        ).double() + 0 * logits
    if options.ignore_index is not None:
        weight[:, :, -1] = 0
    if options.from_logits:
        input = logits
    else:
        input = logits.softmax(1) if options.is_softmax else logits.sigmoid()
    if options.from_logits or not options.is_softmax:  # the same in each dtype; shares add up to 1
        input = input.bfloat16().half().double()
    return Batch(input, truth, weight.float().double(), is_weighted, is_soft)


def _truth(claim: Claim, shape: tuple[int, int, int], generator: torch.Generator) -> torch.Tensor:
    """Return 1 for the class of each site, or for each of its labels, and 0 for the others."""
    options, classes, sites = claim.options, class_count(claim), shape[2]
    order = torch.rand((_SAMPLES, 1, sites), generator=generator).argsort(2)
    if options.ignore_index is not None:  # the last site, which no class needs
        order = torch.cat([order[:, :, 1:].argsort(2).argsort(2), order[:, :, :1] * 0 + sites], 2)
    # Each class in each sample, and then the first more often: equal counts hide some mistakes.
    labels = torch.where((order < classes) | (order % 2 == 1), order % classes, 0)
    truth = (labels == torch.arange(classes)[:, None]).double()
    if not options.has_classes:
        truth = truth[:, :1]
    elif not options.is_softmax:  # the labels of a site are independent
        extra = torch.rand(shape, generator=generator) < 0.3
        truth = torch.where(extra & (torch.arange(sites) > 3 * sites // 4), 1.0, truth)
    return truth


def _softened(truth: torch.Tensor, generator: torch.Generator, *, is_softmax: bool) -> torch.Tensor:
    """Return truth moved by up to 0.4 towards the other side, or shares that add up to 1."""
    moves = 0.4 * torch.rand(truth.shape, generator=generator, dtype=torch.float64)
    if is_softmax:
        shares = truth + moves
        return shares / shares.sum(1, keepdim=True)
    return (truth - moves).abs().float().double()


def class_count(claim: Claim) -> int:
    """Return how many classes the options speak of; 3 if they do not say."""
    options = claim.options
    if not options.has_classes:
        return 2
    if options.classes is not None:
        return max(3, max(options.classes) + 1)
    return len(options.weight) if options.weight is not None else 3


def arguments(claim: Claim, batch: Batch) -> dict[str, torch.Tensor]:
    """Return a batch as the module takes it: in its shape, as class indices, some ignored."""
    options = claim.options
    target: torch.Tensor = batch.truth
    if options.is_softmax and not batch.is_soft:
        target = batch.truth.argmax(1, keepdim=True)
    if options.ignore_index is not None:
        ignored = batch.weight[:, : target.shape[1]] == 0
        target = torch.where(ignored, options.ignore_index, target)
    given = {"input": placed(claim, batch.input), "target": placed(claim, target)}
    if batch.is_weighted:
        given["sample_weight"] = placed(claim, batch.weight[:, :1])
    return given


def back(claim: Claim, batch: Batch, gradient: torch.Tensor) -> torch.Tensor:
    """Return a gradient in the shape of the module's input as (N, C, S)."""
    if claim.options.has_classes:
        gradient = gradient.movedim(claim.options.class_dim, 1)
    return gradient.reshape(batch.input.shape)


def placed(claim: Claim, x: torch.Tensor) -> torch.Tensor:
    """Bring (N, C, S) to the module's layout; what is of one class has no class dimension."""
    options = claim.options
    is_whole = options.has_classes and x.shape[1] > 1
    if not is_whole:
        x = x.squeeze(1)
    dims = max(3, options.class_dim + 1, -options.class_dim)
    x = x.reshape(*x.shape, *[1] * (dims - 3))
    return x.movedim(1, options.class_dim) if is_whole else x

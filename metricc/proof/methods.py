"""What a loss has beside the plain step: a mask, a running average, counts, the hard metric."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .emitted import step
from .row import within, worst
from .samples import arguments, draw, placed
from .steps import distance, given
from .truth import entries_of, exactly, truth_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .claim import Claim
    from .emitted import Emitted
    from .row import Row

_DIGITS = 1e-10
_HARD = 1e-6  # hard decisions are float32
_SHARE = 1e-6  # the share of batches that were seen is one


def of_methods(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield a row of each of them that the loss has."""
    loss = emitted.make()
    if "mask" in emitted.arguments:
        yield _of_mask(emitted, claim)
    if claim.options.momentum:
        yield _of_running_average(emitted, claim)
    if hasattr(loss, "counts") and "counts" in emitted.arguments:
        yield _of_counts(emitted, claim)
    if hasattr(loss, "metric"):
        yield _of_metric(emitted, claim)


def _of_mask(emitted: Emitted, claim: Claim) -> Row:
    """A mask leaves out as a weight of 0 does."""
    batch = draw(claim, is_weighted=True, seed=11)
    places = torch.arange(batch.weight[:, :1].numel()).reshape(batch.weight[:, :1].shape)
    mask = (places % 5 != 3).double()
    truth = truth_of(exactly(claim), replace(batch, weight=batch.weight * mask))
    changes = {"mask": placed(claim, mask).bool()}
    found = [step(emitted, claim, batch, path, changes=changes) for path in emitted.runnable]
    error = worst([distance(made, truth) for made in found])
    return within("loss and gradient under a mask", "50 digits", error, _DIGITS)


def _of_running_average(emitted: Emitted, claim: Claim) -> Row:
    """The second batch of a training: entries are an average over both, slopes are taken there."""
    emitted, claim = given(emitted, claim, {"mix": 0.0})
    definition, first, second = exactly(claim), draw(claim, seed=7), draw(claim, seed=8)
    share, path = claim.options.momentum, emitted.paths[0]
    before, now = entries_of(definition, first), entries_of(definition, second)
    average = {name: (share * before[name] + now[name]) / (1 + share) for name in now}
    truth = truth_of(definition, second, average)
    loss = emitted.make().train()
    step(emitted, claim, first, path, loss=loss)
    error = distance(step(emitted, claim, second, path, loss=loss), truth)
    return within("second batch of a running average", "50 digits", error, _SHARE)


def _of_counts(emitted: Emitted, claim: Claim) -> Row:
    """The counts of a batch are the entries that the program takes; others change the step."""
    loss: Any = emitted.make()
    definition, path = exactly(claim), emitted.paths[0]
    batch, other = (draw(claim, is_weighted=True, seed=seed) for seed in (4, 13))
    entries, more = (entries_of(definition, x) for x in (batch, other))
    counts = loss.counts(**arguments(claim, batch))
    taken = inspect.signature(emitted.module.value_and_slopes).parameters
    names = [name.upper() for name in taken if name.upper() in entries]
    exact = [np.asarray(entries[name], dtype=np.float64).sum() for name in names]
    errors = [abs(x.sum().item() / y - 1) for x, y in zip(counts, exact, strict=False)]
    emitted, claim = given(emitted, claim, {"mix": 0.0})
    both = {name: entries[name] + more[name] for name in entries}
    truth = truth_of(exactly(claim), batch, both)
    total = counts + loss.counts(**arguments(claim, other))
    found = step(emitted, claim, batch, path, changes={"counts": total})
    error = worst([*errors, distance(found, truth)])
    return within("a step at the counts of two batches", "50 digits", error, _DIGITS)


def _of_metric(emitted: Emitted, claim: Claim) -> Row:
    """The metric of hard decisions is the formula's, averaged as the loss is."""
    loss: Any = emitted.make()
    batch = draw(claim, is_weighted=True, seed=4)
    plain = replace(claim.options, log=False, exponent=1.0, smooth=0.0)
    definition = exactly(replace(claim, options=plain))
    if claim.options.is_softmax:
        shown = torch.zeros_like(batch.input).scatter(1, batch.input.argmax(1, keepdim=True), 1)
    else:
        prob = batch.input.sigmoid() if claim.options.from_logits else batch.input
        shown = (prob > claim.options.threshold).double()
    parts = (definition.numbers.array(x) for x in (shown, batch.truth, batch.weight))
    values = definition.value(definition.gathered(definition.entries(*parts)))
    wanted = values.sum() / (1 if claim.options.average == "none" else len(values))
    found = loss.metric(**arguments(claim, batch)).double().sum().item()
    error = float(abs(found - wanted) / max(abs(wanted), 1))
    return within("metric of hard decisions", "50 digits", error, _HARD)

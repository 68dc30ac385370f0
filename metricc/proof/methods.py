"""The methods of an extended loss: the metric of hard decisions, and counts to add up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from .row import within
from .samples import arguments, draw
from .truth import exactly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .claim import Claim
    from .emitted import Emitted
    from .row import Row

_LIMIT = 1e-6  # hard decisions are float32


def of_methods(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield a row of each method that the loss has."""
    loss: Any = emitted.make()
    batch = draw(claim, is_weighted=True, seed=4)
    given = arguments(claim, batch)
    if hasattr(loss, "metric"):
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
        error = abs(loss.metric(**given).double().sum().item() - wanted) / max(abs(wanted), 1)
        yield within("metric of hard decisions", "50 digits", float(error), _LIMIT)
    if hasattr(loss, "counts") and "counts" in emitted.arguments:
        found, wanted = loss(**given, counts=loss.counts(**given)), loss(**given)
        error = ((found - wanted).abs() / wanted.abs().clamp(min=1)).max().item()
        yield within("loss at the counts of a batch", "the loss of it", error, 1e-12)

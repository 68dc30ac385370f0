"""Loss and gradient of random batches, by each path that the module can take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from .emitted import step
from .numbers import MP
from .row import relative, unmade, within
from .samples import class_count, draw
from .truth import exactly, truth_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .claim import Claim
    from .emitted import Emitted, Step
    from .numbers import Array
    from .row import Row
    from .truth import Truth

_DIGITS = 1e-10
_SINGLE = 1e-5
_SCALE = -3.5
_OTHERS: dict[str, Any] = {
    "sharpness": 7.0,
    "threshold": 0.4,
    "smooth": 0.5,
    "mix": 0.25,
    "exponent": 0.5,
}
_STEEP = {"sharpness": 73.0}  # the paper's
_SATURATED = 12.0
_SMALLEST = 1e-30
_MANY = 2**17


def of_paths(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on each path against 50 digits, and on whether it heeds grad_output."""
    definition = exactly(claim)
    batches = [draw(claim), draw(claim, is_weighted=True, seed=1)]
    pairs = [(batch, truth_of(definition, batch)) for batch in batches]
    for path in emitted.paths:
        if path.obstacle:
            yield unmade(f"{path.name}: loss and gradient", "50 digits", path.obstacle)
            continue
        for dtype, limit in ((torch.float64, _DIGITS), (torch.float32, _SINGLE)):
            found = [(step(emitted, claim, b, path, dtype=dtype), truth) for b, truth in pairs]
            error = max(_distance(made, truth) for made, truth in found)
            what = f"{path.name}: loss and gradient, {str(dtype).removeprefix('torch.')}"
            yield within(what, "50 digits", error, limit)
        plain = step(emitted, claim, batches[0], path).gradient
        scaled = step(emitted, claim, batches[0], path, grad_output=_SCALE).gradient
        error = relative(scaled, _SCALE * plain)
        yield within(f"{path.name}: a grad_output of {_SCALE}", "that of 1", error, _DIGITS)


def of_other_numbers(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on other numbers than the defaults: a file may have its own written in."""
    emitted, claim = _given(emitted, claim, _OTHERS)
    if not emitted.numbers:
        return
    batch = draw(claim, seed=5)
    truth = truth_of(exactly(claim), batch)
    for path in emitted.runnable:
        error = _distance(step(emitted, claim, batch, path), truth)
        yield within(f"{path.name}: other numbers", "50 digits", error, _DIGITS)


def of_elements(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on each element by itself, where autograd of the definition loses all digits.

    Of probabilities there are none: they are rounded before.
    """
    if not claim.options.from_logits:
        return
    emitted, claim = _given(emitted, claim, {} if claim.options.is_softmax else _STEEP)
    batch = draw(claim, width=_SATURATED, seed=3)
    truth = truth_of(exactly(claim), batch).gradient
    size = np.abs(truth)
    is_normal = size > _SMALLEST
    for path in emitted.runnable:
        gap = np.abs(_digits(step(emitted, claim, batch, path).gradient) - truth)
        error = float(max(gap[is_normal] / size[is_normal], default=0))
        what = f"{path.name}: each element, logits to ±40"
        yield within(what, "50 digits", error, _DIGITS)


def of_large_batches(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on a batch that is read in parts, in float32 by each path and in float64."""
    batch = draw(claim, seed=6, sites=_MANY // class_count(claim))
    first = emitted.runnable[0]
    wanted = step(emitted, claim, batch, first).gradient
    for path in emitted.runnable:
        found = step(emitted, claim, batch, path, dtype=torch.float32).gradient
        what = f"{path.name}: {found.numel():,} elements, float32"
        yield within(what, f"{first.name} in float64", relative(found, wanted), _SINGLE)


def _given(emitted: Emitted, claim: Claim, numbers: dict[str, Any]) -> tuple[Emitted, Claim]:
    """Return module and claim with those numbers that the constructor takes."""
    given = {name: x for name, x in numbers.items() if name in emitted.defaults}
    changed = replace(claim, options=replace(claim.options, **given))
    return replace(emitted, numbers=given), changed


def _distance(found: Step, truth: Truth) -> float:
    """Return the error of the loss, or that of the gradient over its largest element."""
    gradient = _digits(found.gradient)
    error = np.max(np.abs(gradient - truth.gradient)) / np.max(np.abs(truth.gradient))
    of_loss = abs(MP.mpf(found.loss.item()) - truth.loss) / max(abs(truth.loss), 1)
    return float(max(error, of_loss))


def _digits(x: Tensor) -> Array:
    return np.vectorize(MP.mpf, otypes=[object])(x.double().numpy())

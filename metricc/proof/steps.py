"""Loss and gradient of random batches, by each path that the module can take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from .definition import Definition
from .emitted import step
from .numbers import MP, tensors
from .row import passed, relative, unmade, within, worst
from .samples import arguments, class_count, draw
from .truth import entries_of, exactly, truth_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .claim import Claim
    from .emitted import Emitted, Step
    from .numbers import Array
    from .row import Row
    from .truth import Truth

_DIGITS = 1e-10
_OF_ELEMENTS = 1e-8  # which may be differences of slopes that are nearly equal
_SINGLE = 1e-5
_HALF = 1e-2  # the gradient has the input's dtype
_SAME = 1e-12
_POLICY = 1e-5  # of bounds that are float32, and of differences of such values
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
_REST = 1e-6
_MANY = 2**17


def of_paths(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on each path against 50 digits, and on whether it heeds grad_output."""
    definition = exactly(claim)
    batches = [draw(claim), draw(claim, is_weighted=True, seed=1)]
    if not claim.options.is_softmax or claim.options.ignore_index is None:  # an index has no share
        batches.append(draw(claim, is_soft=True, seed=9))
    pairs = [(batch, truth_of(definition, batch)) for batch in batches]
    for path in emitted.paths:
        what = f"{path.name}: loss and gradient"
        if path.is_broken:
            yield passed(what, "50 digits", [path.obstacle], 1)
        elif path.obstacle:
            yield unmade(what, "50 digits", path.obstacle)
        if path.obstacle:
            continue
        for dtypes, limit in _dtypes(claim):
            found = [
                (step(emitted, claim, batch, path, dtype=dtype), _clamped(truth, dtype))
                for batch, truth in pairs
                for dtype in dtypes
            ]
            error = worst([distance(made, truth) for made, truth in found])
            yield within(f"{what}, {_names(dtypes)}", "50 digits", error, limit)
        plain = step(emitted, claim, batches[0], path).gradient
        scaled = step(emitted, claim, batches[0], path, grad_output=_SCALE).gradient
        error = relative(scaled, _SCALE * plain)
        yield within(f"{path.name}: a grad_output of {_SCALE}", "that of 1", error, _DIGITS)


def _dtypes(claim: Claim) -> Iterator[tuple[tuple[torch.dtype, ...], float]]:
    """Yield dtypes with the error that they may have; shares in half precision are others."""
    yield (torch.float64,), _DIGITS
    yield (torch.float32,), _SINGLE
    if claim.options.from_logits or not claim.options.is_softmax:
        yield (torch.float16, torch.bfloat16), _HALF


def of_targets(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on targets of other dtypes: labels that are integers, or true and false."""
    batch = draw(claim, seed=10)
    target = arguments(claim, batch)["target"]
    dtypes = [torch.int32] if claim.options.is_softmax else [torch.int64]
    if not claim.options.is_softmax and claim.options.ignore_index is None:
        dtypes.append(torch.bool)
    for path in emitted.runnable:
        plain = step(emitted, claim, batch, path)
        found = [
            step(emitted, claim, batch, path, changes={"target": target.to(dtype)})
            for dtype in dtypes
        ]
        error = worst([_apart(other, plain) for other in found])
        what = f"{path.name}: targets of {_names(dtypes)}"
        yield within(what, _names([target.dtype]), error, _SAME)


def of_other_numbers(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on other numbers than the defaults: a file may have its own written in."""
    emitted, claim = _parametrised(*given(emitted, claim, _OTHERS))
    if not emitted.numbers:
        return
    batch = draw(claim, seed=5)
    truth = truth_of(exactly(claim), batch)
    for path in emitted.runnable:
        error = distance(step(emitted, claim, batch, path), truth)
        yield within(f"{path.name}: other numbers", "50 digits", error, _DIGITS)


def of_empty_batches(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield a row on a batch that weighs nothing, where 0/0 is what the constructor is told."""
    numbers = {"zero_division": 0.7, "mix": 0.0}
    emitted, claim = given(emitted, claim, numbers)
    batch = draw(claim, is_weighted=True, seed=12)
    batch = replace(batch, weight=0 * batch.weight)
    definition = exactly(claim)
    losses = definition.losses(entries_of(definition, batch))
    wanted = losses.sum() / (1 if claim.options.average == "none" else len(losses))
    steps = [step(emitted, claim, batch, path) for path in emitted.runnable]
    error = worst([abs(made.loss.item() - wanted) / max(abs(wanted), 1) for made in steps])
    what = f"a batch that weighs 0, at zero_division={numbers['zero_division']}"
    yield within(what, "the policy", error, _POLICY)


def of_elements(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on each element by itself, where autograd of the definition loses all digits.

    Of probabilities there are none: they are rounded before.
    """
    if not claim.options.from_logits:
        return
    emitted, claim = given(emitted, claim, {} if claim.options.is_softmax else _STEEP)
    batch = draw(claim, width=_SATURATED, seed=3)
    truth = truth_of(exactly(claim), batch).gradient
    size = np.maximum(np.abs(truth), _SMALLEST)
    if claim.options.is_softmax:  # what is left of slopes that are equal but for rounding
        definition = exactly(claim)
        prob = definition.probabilities(definition.numbers.array(batch.input))
        size = np.maximum(size, _REST * np.max(np.abs(truth)) * prob * (1 - prob))
    for path in emitted.runnable:
        gap = np.abs(_digits(step(emitted, claim, batch, path).gradient) - truth)
        what = f"{path.name}: each element, logits to ±40"
        yield within(what, "50 digits", worst(gap / size), _OF_ELEMENTS)


def of_large_batches(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on a batch that is read in parts; weights of a binary task are of its rows."""
    batch = draw(claim, seed=6, sites=_MANY // class_count(claim))
    changes = {}
    if not claim.options.has_classes and claim.options.ignore_index is None:
        rows = torch.tensor([0.5, 1, 2, 3], dtype=torch.float64)[:, None]
        batch = replace(batch, weight=batch.weight * rows[:, None])
        changes = {"sample_weight": rows}
    input = batch.input.clone().requires_grad_()
    loss = Definition(claim, tensors()).loss(input, batch.truth, batch.weight)
    (wanted,) = torch.autograd.grad(loss, input)
    if not wanted.isfinite().all():  # such as the exponential of a count
        yield unmade(f"{input.numel():,} elements", "float64", "in which the definition overflows")
        return
    for path in emitted.runnable:
        found = step(emitted, claim, batch, path, dtype=torch.float32, changes=changes).gradient
        what = f"{path.name}: {found.numel():,} elements, float32"
        yield within(what, "autograd of the definition", relative(found, wanted), _SINGLE)


def given(emitted: Emitted, claim: Claim, numbers: dict[str, Any]) -> tuple[Emitted, Claim]:
    """Return module and claim with those numbers that the constructor takes."""
    own = {claim.argument(name, emitted.defaults) for name in claim.parameters}
    taken = {name: x for name, x in numbers.items() if name in emitted.defaults and name not in own}
    changed = replace(claim, options=replace(claim.options, **taken))
    return replace(emitted, numbers={**emitted.numbers, **taken}), changed


def _parametrised(emitted: Emitted, claim: Claim) -> tuple[Emitted, Claim]:
    """Return module and claim with other parameters of the metric, a little smaller."""
    parameters = [replace(p, default=p.default * 9 / 10) for p in claim.typed.parameters]
    typed = replace(claim.typed, parameters=tuple(parameters))
    changed = replace(claim, typed=typed)
    taken = {claim.argument(name, emitted.defaults): x for name, x in changed.parameters.items()}
    return replace(emitted, numbers={**emitted.numbers, **taken}), changed


def distance(found: Step, truth: Truth) -> float:
    """Return the error of the loss, or that of the gradient over its largest element."""
    gradient = _digits(found.gradient)
    size = np.max(np.abs(truth.gradient)) or 1
    of_loss = abs(MP.mpf(found.loss.item()) - truth.loss) / max(abs(truth.loss), 1)
    return worst([worst(np.abs(gradient - truth.gradient) / size), of_loss])


def _clamped(truth: Truth, dtype: torch.dtype) -> Truth:
    """Return a truth with its gradient as far as a dtype goes."""
    limit = torch.finfo(dtype).max
    return replace(truth, gradient=np.clip(truth.gradient, -limit, limit))


def _apart(found: Step, wanted: Step) -> float:
    """Return how far a step is from another that should give the same."""
    of_loss = relative(found.loss, wanted.loss, usual=1)
    return worst([of_loss, relative(found.gradient, wanted.gradient)])


def _names(dtypes: Iterable[torch.dtype]) -> str:
    return ", ".join(str(dtype).removeprefix("torch.") for dtype in dtypes)


def _digits(x: Tensor) -> Array:
    return np.vectorize(MP.mpf, otypes=[object])(x.double().numpy())

"""Loss and gradient of random batches: by each path of the module, and as torch sees the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from .definition import Definition
from .emitted import step
from .numbers import MP, tensors
from .row import unmade, within
from .samples import arguments, draw
from .truth import exactly, truth_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .claim import Claim
    from .emitted import Emitted, Path, Step
    from .numbers import Array
    from .row import Row
    from .samples import Batch
    from .truth import Truth

_LIMITS = {torch.float64: 1e-10, torch.float32: 1e-5}
_AUTOGRAD = 1e-8  # whose 1 - a loses digits
_DIFFERENCES = 1e-6
_MOVE = 1e-6
_SCALE = -3.5
_SATURATED = 12.0
_SMALLEST = 1e-30


def of_paths(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on each path against 50 digits, and on whether it heeds grad_output."""
    definition = exactly(claim)
    batches = [draw(claim), draw(claim, is_weighted=True, seed=1)]
    pairs = [(batch, truth_of(definition, batch)) for batch in batches]
    saturated = None
    if claim.options.from_logits:
        batch = draw(claim, width=_SATURATED, seed=3)
        saturated = batch, truth_of(definition, batch)
    for path in emitted.paths:
        if path.obstacle:
            yield unmade(f"{path.name}: loss and gradient", "50 digits", path.obstacle)
            continue
        if saturated is not None:
            yield _of_elements(emitted, claim, path, saturated)
        for dtype, limit in _LIMITS.items():
            steps = [(step(emitted, claim, b, path, dtype=dtype), truth) for b, truth in pairs]
            error = max(_distance(found, truth) for found, truth in steps)
            what = f"{path.name}: loss and gradient, {str(dtype).removeprefix('torch.')}"
            yield within(what, "50 digits", error, limit)
        plain = step(emitted, claim, batches[0], path).gradient
        scaled = step(emitted, claim, batches[0], path, grad_output=_SCALE).gradient
        error = _relative(scaled, _SCALE * plain)
        yield within(f"{path.name}: a grad_output of {_SCALE}", "that of 1", error, 1e-10)


def _of_elements(emitted: Emitted, claim: Claim, path: Path, saturated: tuple[Batch, Truth]) -> Row:
    """Compare each element by itself where autograd of the definition loses all digits."""
    batch, truth = saturated
    found = _digits(step(emitted, claim, batch, path).gradient)
    size = np.abs(truth.gradient)
    is_normal = size > _SMALLEST
    errors = (np.abs(found - truth.gradient)[is_normal] / size[is_normal]).tolist()
    what = f"{path.name}: each element, logits to ±40"
    return within(what, "50 digits", float(max(errors, default=0)), _LIMITS[torch.float64])


def of_autograd(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on the gradient as torch has it, and on derivatives of it."""
    batch = draw(claim, is_weighted=True, seed=2)

    def loss(input: Tensor) -> Tensor:
        total: Tensor = emitted.make()(**arguments(claim, replace(batch, input=input))).sum()
        return total

    def definition(input: Tensor) -> Tensor:
        total: Tensor = Definition(claim, tensors()).loss(input, batch.truth, batch.weight)
        return total

    found = _gradient(loss, batch.input)
    error = _relative(found, _gradient(definition, batch.input))
    yield within("gradient", "autograd of the definition", error, _AUTOGRAD)
    moves = torch.eye(found.numel(), dtype=torch.float64).reshape(-1, *found.shape)
    along = torch.stack([_difference(loss, batch.input, move) for move in moves])
    error = _relative(found, along.reshape(found.shape))
    yield within("gradient", "differences of the loss", error, _DIFFERENCES)
    yield _of_second_order(claim, loss, batch)
    yield _of_forward_mode(loss, batch.input, found)


def _of_second_order(claim: Claim, loss: Callable[[Tensor], Tensor], batch: Batch) -> Row:
    what, against = "second derivative, along a line", "differences of the gradient"
    if claim.options.momentum or claim.options.sync:
        return unmade(what, against, "of counts made before: first order only")
    line = torch.linspace(-1, 1, batch.input.numel(), dtype=torch.float64)
    line = line.reshape(batch.input.shape)
    input = batch.input.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(input), input, create_graph=True)
    (found,) = torch.autograd.grad((gradient * line).sum(), input)
    differences = _difference(lambda moved: _gradient(loss, moved), batch.input, line)
    return within(what, against, _relative(found, differences), _DIFFERENCES)


def _of_forward_mode(loss: Callable[[Tensor], Tensor], input: Tensor, gradient: Tensor) -> Row:
    what, against = "forward mode, along a line", "the gradient"
    line = torch.linspace(1, -1, input.numel(), dtype=torch.float64).reshape(input.shape)
    try:
        rate = torch.func.jvp(loss, (input,), (line,))[1]
    except RuntimeError as error:
        return unmade(what, against, str(error).splitlines()[0])
    return within(what, against, _relative(rate, (gradient * line).sum()), 1e-9)


def _gradient(function: Callable[[Tensor], Tensor], input: Tensor) -> Tensor:
    moved = input.detach().clone().requires_grad_()
    return torch.autograd.grad(function(moved), moved)[0]


def _difference(function: Callable[[Tensor], Tensor], input: Tensor, line: Tensor) -> Tensor:
    """Return the derivative along a line, by a central difference."""
    ahead, behind = function(input + _MOVE * line), function(input - _MOVE * line)
    return (ahead - behind).detach() / (2 * _MOVE)


def _relative(found: Tensor, wanted: Tensor) -> float:
    """Return the largest error over the largest element."""
    return ((found - wanted).abs().max() / wanted.abs().max()).item()


def _distance(found: Step, truth: Truth) -> float:
    """Return the error of the loss, or that of the gradient over its largest element."""
    gradient = _digits(found.gradient)
    error = np.max(np.abs(gradient - truth.gradient)) / np.max(np.abs(truth.gradient))
    of_loss = abs(MP.mpf(found.loss.item()) - truth.loss) / max(abs(truth.loss), 1)
    return float(max(error, of_loss))


def _digits(x: Tensor) -> Array:
    return np.vectorize(MP.mpf, otypes=[object])(x.double().numpy())

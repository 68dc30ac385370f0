"""The gradient as torch has it: autograd, differences, second derivatives, forward mode."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .definition import Definition
from .numbers import tensors
from .row import relative, unmade, within
from .samples import arguments, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .claim import Claim
    from .emitted import Emitted
    from .row import Row
    from .samples import Batch

_AUTOGRAD = 1e-8  # whose 1 - a loses digits
_DIFFERENCES = 1e-6
_MOVE = 1e-6
_HELD = "in which the weights of the cross entropy would move, which the gradient holds"


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
    wanted = _gradient(definition, batch.input)
    error = relative(found, wanted)
    yield within("gradient", "autograd of the definition", error, _AUTOGRAD)
    yield _of_differences(claim, loss, batch, found)
    yield _of_second_order(claim, loss, batch)
    if emitted.has_forward_mode:
        yield _of_forward_mode(loss, batch.input, found)
    else:
        yield unmade("forward mode", "the gradient", "no function of the file has it")


def _of_differences(
    claim: Claim, loss: Callable[[Tensor], Tensor], batch: Batch, gradient: Tensor
) -> Row:
    what, against = "gradient", "differences of the loss"
    if claim.options.mix_weights is not None:
        return unmade(what, against, _HELD)
    moves = torch.eye(gradient.numel(), dtype=torch.float64).reshape(-1, *gradient.shape)
    along = torch.stack([_difference(loss, batch.input, move) for move in moves])
    error = relative(gradient, along.reshape(gradient.shape))
    return within(what, against, error, _DIFFERENCES)


def _of_second_order(claim: Claim, loss: Callable[[Tensor], Tensor], batch: Batch) -> Row:
    what, against = "second derivative, along a line", "differences of the gradient"
    if claim.options.mix_weights is not None:
        return unmade(what, against, _HELD)
    if claim.options.momentum or claim.options.sync:
        return unmade(what, against, "of counts made before: first order only")
    line = torch.linspace(-1, 1, batch.input.numel(), dtype=torch.float64)
    line = line.reshape(batch.input.shape)
    input = batch.input.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(input), input, create_graph=True)
    (found,) = torch.autograd.grad((gradient * line).sum(), input)
    differences = _difference(lambda moved: _gradient(loss, moved), batch.input, line)
    usual = gradient.abs().max().item()  # of a loss that is nearly straight, all are noise
    return within(what, against, relative(found, differences, usual), _DIFFERENCES)


def _of_forward_mode(loss: Callable[[Tensor], Tensor], input: Tensor, gradient: Tensor) -> Row:
    what, against = "forward mode, along a line", "the gradient"
    line = torch.linspace(1, -1, input.numel(), dtype=torch.float64).reshape(input.shape)
    rate = torch.func.jvp(loss, (input,), (line,))[1]
    usual = (gradient * line).abs().sum().item()  # of which the rate may be a small rest
    return within(what, against, relative(rate, (gradient * line).sum(), usual), 1e-9)


def _gradient(function: Callable[[Tensor], Tensor], input: Tensor) -> Tensor:
    moved = input.detach().clone().requires_grad_()
    return torch.autograd.grad(function(moved), moved)[0]


def _difference(function: Callable[[Tensor], Tensor], input: Tensor, line: Tensor) -> Tensor:
    """Return the derivative along a line, by a central difference."""
    ahead, behind = function(input + _MOVE * line), function(input - _MOVE * line)
    return (ahead - behind).detach() / (2 * _MOVE)

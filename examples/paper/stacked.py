"""Many copies of one network, run as a single one: a copy per fold and per learning rate.

A step of one small network takes 1 ms, hardly any of which is arithmetic. Batched products of
matrices take all copies through a layer in one call. The shapes, with F folds, R rates and rows
last, so that a layer's weights stand left of its input:

    input      (F, columns, rows)         shared by the copies of a fold
    inside     (F, R, units, rows)
    logits     (F, R, rows)
    numbers    (F, R, parameters)         of each copy, in the order of `Module.parameters`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parameters_to_vector


class State(NamedTuple):
    """What copies have learned.

    `numbers` (F, R, parameters) are their parameters, `running` the mean and variance that each
    batch normalisation keeps, (2, F, R, units).
    """

    numbers: torch.Tensor
    running: tuple[torch.Tensor, ...]

    def replaced(self, where: torch.Tensor, other: State) -> State:
        """Return the state with the copies `where` (F, R) is true taken from another one."""
        numbers = torch.where(where.unsqueeze(-1), other.numbers, self.numbers)
        pairs = zip(other.running, self.running, strict=True)
        return State(numbers, tuple(torch.where(where.unsqueeze(-1), *pair) for pair in pairs))

    def chosen(self, rates: torch.Tensor) -> State:
        """Return one copy per fold, (F, 1, …): the one at the index in `rates` (F,)."""
        folds = torch.arange(len(rates))
        numbers = self.numbers[folds, rates].unsqueeze(1)
        return State(numbers, tuple(kept[:, folds, rates].unsqueeze(2) for kept in self.running))

    def detached(self) -> State:
        """Return a copy that further steps leave alone."""
        return State(self.numbers.detach(), tuple(kept.clone() for kept in self.running))


class Stack:
    """A copy of each network for every learning rate, with the parameters of each rate apart."""

    def __init__(self, networks: Sequence[nn.Sequential], rates: Sequence[float]) -> None:
        """Start the copies of a fold from the parameters of its network."""
        self.layers = networks[0]
        first = torch.stack([parameters_to_vector(network.parameters()) for network in networks])
        self.leaves = [nn.Parameter(first.detach().clone()) for _ in rates]
        self.running = [
            torch.tensor([0.0, 1.0])[:, None, None, None].repeat(
                1, len(networks), len(rates), layer.num_features
            )
            for layer in self.layers
            if isinstance(layer, nn.BatchNorm1d)
        ]
        self.groups = [
            {"params": [leaf], "lr": rate} for leaf, rate in zip(self.leaves, rates, strict=True)
        ]

    @property
    def state(self) -> State:
        """Return the present state, through which gradients flow."""
        return State(torch.stack(self.leaves, 1), tuple(self.running))

    def __call__(self, features: torch.Tensor) -> torch.Tensor:
        """Return the logits of a batch (F, R, rows), and take note of its means."""
        return run(self.layers, self.state, features, is_training=True)


def run(
    layers: nn.Sequential, state: State, features: torch.Tensor, *, is_training: bool = False
) -> torch.Tensor:
    """Return the logits (F, R, rows) of all copies."""
    values = features
    numbers, running = state.numbers, iter(state.running)
    for layer in layers:
        shapes = [parameter.shape for parameter in layer.parameters()]
        own, numbers = numbers.tensor_split([sum(shape.numel() for shape in shapes)], dim=-1)
        pieces = own.split([shape.numel() for shape in shapes], dim=-1)
        weights = [p.unflatten(-1, shape) for p, shape in zip(pieces, shapes, strict=True)]
        if isinstance(layer, nn.BatchNorm1d):
            values = normalise(layer, weights, values, next(running), is_training)
        else:
            values = STACKED.get(type(layer), elementwise)(layer, weights, values)
    return values.squeeze(2)


Weights = Sequence[torch.Tensor]


def linear(layer: nn.Linear, weights: Weights, values: torch.Tensor) -> torch.Tensor:
    """Return (F, R, outputs, rows) from (F, inputs, rows), or from (F, R, inputs, rows)."""
    weight, bias = weights
    folds, rates = bias.shape[:2]
    copies = folds if values.dim() == 3 else folds * rates
    out = torch.baddbmm(
        bias.reshape(copies, -1, 1),
        weight.reshape(copies, -1, layer.in_features),
        values.reshape(copies, layer.in_features, -1),
    )
    return out.view(folds, rates, layer.out_features, -1)


def normalise(
    layer: nn.BatchNorm1d,
    weights: Weights,
    values: torch.Tensor,
    running: torch.Tensor,
    is_training: bool,
) -> torch.Tensor:
    """Return units of mean 0 and variance 1, scaled: every unit of every copy is a channel."""
    mean, variance = running.flatten(1)
    weight, bias = (each.reshape(-1) for each in weights)
    channels = values.reshape(1, len(mean), -1)
    out = functional.batch_norm(
        channels, mean, variance, weight, bias, is_training, layer.momentum, layer.eps
    )
    return out.view_as(values)


def convolve(layer: nn.Conv2d, weights: Weights, values: torch.Tensor) -> torch.Tensor:
    """Return (F, R, outputs, height, width, rows): every copy is a group of channels."""
    weight, bias = weights
    folds, rates = bias.shape[:2]
    copies = folds if values.dim() == 5 else folds * rates
    images = values.movedim(-1, 0).flatten(1, -3)
    out = functional.conv2d(images, weight.flatten(0, 2), bias.flatten(), groups=copies)
    return out.unflatten(1, (folds, rates, -1)).movedim(0, -1)


def pool(layer: nn.MaxPool2d, _weights: Weights, values: torch.Tensor) -> torch.Tensor:
    """Return the largest of each few pixels."""
    images = values.movedim(-1, 0)
    out = layer(images.flatten(1, -3))
    return out.unflatten(1, images.shape[1:-2]).movedim(0, -1)


def unflatten(layer: nn.Unflatten, _weights: Weights, values: torch.Tensor) -> torch.Tensor:
    """Return columns as pictures."""
    return values.unflatten(-2, layer.unflattened_size)


def flatten(_layer: nn.Flatten, _weights: Weights, values: torch.Tensor) -> torch.Tensor:
    """Return all units of a copy in one dimension."""
    return values.flatten(2, -2)


def elementwise(layer: nn.Module, _weights: Weights, values: torch.Tensor) -> torch.Tensor:
    """Return what the layer itself makes of each number."""
    if type(layer) not in (nn.ReLU, nn.Sigmoid):
        raise TypeError(f"stacked networks know no {type(layer).__name__}; add it to STACKED")
    return layer(values)


STACKED: dict[type[nn.Module], Callable[..., torch.Tensor]] = {
    nn.Linear: linear,
    nn.Conv2d: convolve,
    nn.MaxPool2d: pool,
    nn.Unflatten: unflatten,
    nn.Flatten: flatten,
}
"""What each kind of layer does to all copies at once."""

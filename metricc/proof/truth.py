"""The loss and its gradient at 50 digits, by differences of each step: no derivative is derived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .definition import Definition
from .numbers import MP, STEP, fifty_digits

if TYPE_CHECKING:
    from collections.abc import Callable

    from .claim import Claim
    from .numbers import Array
    from .samples import Batch


@dataclass(frozen=True)
class Truth:
    """The loss of one batch, a number, and its gradient, (N, C, S)."""

    loss: Array
    gradient: Array


def exactly(claim: Claim) -> Definition:
    """Return the definition of a loss at 50 digits."""
    return Definition(claim, fifty_digits(claim.options.zero_division))


def entries_of(definition: Definition, batch: Batch) -> dict[str, Array]:
    """Return the entries of a batch, (G, C)."""
    array = definition.numbers.array
    input, truth, weight = (array(x) for x in (batch.input, batch.truth, batch.weight))
    return definition.entries(definition.decisions(input), truth, weight)


def truth_of(
    definition: Definition, batch: Batch, entries: dict[str, Array] | None = None
) -> Truth:
    """Return loss and gradient of a batch; `entries` take the place of its own, if given."""
    array = definition.numbers.array
    input, truth, weight = (array(x) for x in (batch.input, batch.truth, batch.weight))
    if entries is None:
        entries = entries_of(definition, batch)

    positive, negative = definition.slopes(entries)
    moved = weight * (truth * positive[:, :, None] + (1 - truth) * negative[:, :, None])
    gradient = _pulled_back(definition, definition.decisions, input, moved)
    mix = MP.mpf(definition.claim.options.mix)
    if mix:
        costs = definition.costs(entries)
        weights = mix * definition.log_loss_weights(costs, truth, weight)

        def log_losses(input: Array) -> Array:
            return definition.log_losses(costs, input, truth)

        gradient = gradient + _pulled_back(definition, log_losses, input, weights)
    groups = 1 if definition.claim.options.average == "none" else positive.shape[0]
    return Truth(definition.loss_at(entries, input, truth, weight), gradient / groups)


def _pulled_back(
    definition: Definition, function: Callable[[Array], Array], input: Array, slopes: Array
) -> Array:
    """Return `slopes` times the derivative of a function of each input, or of each site."""
    if not definition.claim.options.is_softmax:
        return slopes * (function(input + STEP) - function(input - STEP)) / (2 * STEP)
    gradient = 0 * input
    for c in range(input.shape[1]):
        sides = []
        for side in (STEP, -STEP):
            moved = input.copy()
            moved[:, c] += side
            sides.append(function(moved))
        gradient[:, c] = (slopes * (sides[0] - sides[1])).sum(1) / (2 * STEP)
    return gradient

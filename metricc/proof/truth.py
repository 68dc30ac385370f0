"""The loss and its gradient at 50 digits, by differences of each step: no derivative is derived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..ir.typed import ENTRIES
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

    def of_entries(entries: dict[str, Array]) -> Array:
        return definition.losses(entries).sum(1)

    slopes = entry_slopes(of_entries, entries)
    positive, negative = slopes["TP"] - slopes["FN"], slopes["FP"] - slopes["TN"]
    moved = weight * (truth * positive[:, :, None] + (1 - truth) * negative[:, :, None])
    gradient = _pulled_back(definition, definition.decisions, input, moved)
    mix = MP.mpf(definition.claim.options.mix)
    if mix:
        terms = definition.log_losses(input, truth)
        weights = mix * definition.log_loss_weights(terms, weight)
        gradient = gradient + _pulled_back(
            definition, lambda input: definition.log_losses(input, truth), input, weights
        )
    groups = 1 if definition.claim.options.average == "none" else positive.shape[0]
    return Truth(definition.loss_at(entries, input, truth, weight), gradient / groups)


def entry_slopes(
    function: Callable[[dict[str, Array]], Array], entries: dict[str, Array]
) -> dict[str, Array]:
    """Return d function/d entry, (G, C), of a function from entries (G, C) to a number per group.

    An entry moves by a part of itself, and an empty one by a part of all.
    """
    total = sum(entries[name].sum() for name in ENTRIES)
    slopes = {}
    for name, x in entries.items():
        slopes[name] = 0 * x
        for c in range(x.shape[1]):
            h = STEP * (x[:, c] + total * (x[:, c] == 0))
            sides = []
            for side in (h, -h):
                moved = x.copy()
                moved[:, c] += side
                sides.append(function({**entries, name: moved}))
            slopes[name][:, c] = (sides[0] - sides[1]) / (2 * h)
    return slopes


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

"""The loss by its definition: soft decisions, entries, the formula, the average, in any numbers.

Batches are (N, C, S): samples, classes (one, its positives, in a binary task), and sites within a
sample. Entries are (G, C): groups, one or the samples, and classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from .numbers import evaluate

if TYPE_CHECKING:
    from .claim import Claim
    from .numbers import Array, Numbers

Costs = tuple["Array", "Array"]
"""What an error weighs in a cross entropy, at a positive and at a negative: (G, C, 1), or 1."""


@dataclass(frozen=True)
class Definition:
    """What a claim means, in one kind of numbers."""

    claim: Claim
    numbers: Numbers

    def probabilities(self, input: Array) -> Array:
        """Return the probability of each class, (N, C, S)."""
        options, exp = self.claim.options, self.numbers.exp
        if options.is_softmax and options.surrogate == "softmax":  # at a sharpness, of either
            power = self._number(options.sharpness)
            return _shares(exp(power * (input if options.from_logits else self.numbers.log(input))))
        return self._plain_probabilities(input)

    def decisions(self, input: Array) -> Array:
        """Return the soft decision a of each input, (N, C, S)."""
        prob, options = self.probabilities(input), self.claim.options
        surrogate = self.claim.surrogate
        if surrogate is None:
            return prob
        names = ("sharpness", "threshold")
        given = {name: self._number(getattr(options, name)) for name in names}

        def at(p: Array) -> Array:
            return evaluate(surrogate.body, {"p": p, **given}, self.numbers)

        if not options.rescaled:
            return at(prob)
        low, high = at(self._number(0)), at(self._number(1))
        return (at(prob) - low) / (high - low)

    def entries(self, soft: Array, truth: Array, weight: Array) -> dict[str, Array]:
        """Return TP, TN, FP, FN of each group and class, (G, C)."""
        cells = {
            "TP": truth * soft,
            "TN": (1 - truth) * (1 - soft),
            "FP": (1 - truth) * soft,
            "FN": truth * (1 - soft),
        }
        entries = {name: (weight * cell).sum(2) for name, cell in cells.items()}
        if not self.claim.options.per_sample:
            entries = {name: x.sum(0)[None] for name, x in entries.items()}
        return entries

    def losses(self, entries: dict[str, Array]) -> Array:
        """Return the loss of each group, (G, 1), or (G, C) of each class if they stay apart."""
        smooth = self._number(self.claim.options.smooth)
        value = self.value({name: x + smooth for name, x in self.gathered(entries).items()})
        options, claim = self.claim.options, self.claim
        if options.log:
            return -value
        if options.exponent != 1 or not claim.rises:
            return value
        return 1 - value if claim.is_at_most_one else -value

    def gathered(self, entries: dict[str, Array]) -> dict[str, Array]:
        """Return the entries of the classes that count, or those of one matrix of all."""
        options = self.claim.options
        if options.classes is not None:
            entries = {name: x[:, list(options.classes)] for name, x in entries.items()}
        if options.average == "micro":
            entries = {name: x.sum(1)[:, None] for name, x in entries.items()}
        return entries

    def value(self, entries: dict[str, Array]) -> Array:
        """Return the metric, or the power or logarithm of it, averaged as the options say."""
        value = self._penalty(self.metric(entries))
        weights = self._weights(entries)
        if weights is None:
            return value
        total = weights.sum(1)[:, None] + 0 * value[:, :1]
        return self.numbers.operations["div"]((weights * value).sum(1)[:, None], total)

    def metric(self, entries: dict[str, Array]) -> Array:
        """Return the formula's value at entries (G, C)."""
        parameters = self.claim.typed.parameters
        given = {parameter.name: self.numbers.number(parameter.default) for parameter in parameters}
        classes = self._number(entries["TP"].shape[-1])
        return evaluate(
            self.claim.typed.body, {**given, **entries, "classes": classes}, self.numbers
        )

    def _penalty(self, value: Array) -> Array:
        options, rises = self.claim.options, self.claim.rises
        if options.log:
            return self.numbers.operations["log"](value if rises else 1 - value)
        if options.exponent == 1:
            return value
        power = self._number(options.exponent)
        return self.numbers.operations["pow"](1 - value if rises else value, power)

    def _weights(self, entries: dict[str, Array]) -> Array | None:
        """Return the weight of each class in the average; None if there is no average."""
        options = self.claim.options
        if not options.has_classes or options.average in ("micro", "none") or self.claim.is_joint:
            return None
        positives = entries["TP"] + entries["FN"]
        weights = 0 * positives + 1
        if options.weight is not None:
            weights = weights * self.numbers.array(torch.tensor(options.weight).double())
        if options.average == "weighted":
            return weights * positives
        if options.log and self._is_lost_without_positives():
            return weights * self.numbers.operations["sign"](positives)
        if options.is_softmax:
            return weights * self.numbers.operations["sign"](positives + entries["FP"])
        return weights

    def _is_lost_without_positives(self) -> bool:
        """Tell whether a class without positives is at its worst, whatever is predicted."""
        counts = {"TP": 0, "TN": 3, "FP": 2, "FN": 0}
        entries = {name: self._number(count)[None, None] for name, count in counts.items()}
        return bool(self.metric(entries) == (0 if self.claim.rises else 1))

    def slopes(self, entries: dict[str, Array]) -> tuple[Array, Array]:
        """Return the slopes of a group's loss at a positive and at a negative, (G, C)."""
        slopes = self.numbers.slopes(lambda entries: self.losses(entries).sum(1), entries)
        return slopes["TP"] - slopes["FN"], slopes["FP"] - slopes["TN"]

    def log_losses(self, costs: Costs, input: Array, truth: Array) -> Array:
        """Return the terms of the cross entropy, (N, C, S), each side at what it costs."""
        of_pos, of_neg = costs
        log, prob = self.numbers.log, self._plain_probabilities(input)
        terms = -of_pos * truth * log(prob)
        is_softmax = self.claim.options.is_softmax
        return terms if is_softmax else terms - of_neg * (1 - truth) * log(1 - prob)

    def costs(self, entries: dict[str, Array]) -> Costs:
        """Return what an error costs at a positive and at a negative: the slopes, or 1 and 1."""
        if self.claim.options.mix_weights is None:
            return self._number(1), self._number(1)
        of_pos, of_neg = (abs(slope)[:, :, None] for slope in self.slopes(entries))
        return of_pos, of_neg

    def log_loss_weights(self, costs: Costs, truth: Array, weight: Array) -> Array:
        """Return what each term counts in the mean of its group, or of its class if they part.

        A site of classes that exclude each other has one cross entropy: C terms of 1/C elements.
        """
        options, (of_pos, of_neg) = self.claim.options, costs
        counts = weight + 0 * truth
        sums = (counts * (of_pos * truth + of_neg * (1 - truth))).sum(2)
        total = sums / truth.shape[1] if options.is_softmax else sums
        total = total if options.per_sample else total.sum(0)[None]
        if options.average != "none":
            total = total.sum(1)[:, None]
        elif options.classes is not None:  # the others count nothing
            is_chosen = torch.tensor([c in options.classes for c in range(truth.shape[1])])
            counts = counts * self.numbers.array(is_chosen.double())[:, None]
        return counts / (total + (total == 0))[:, :, None]

    def loss(self, input: Array, truth: Array, weight: Array) -> Array:
        """Return the whole loss, one number: a mean over groups, or a sum where they stay apart."""
        entries = self.entries(self.decisions(input), truth, weight)
        return self.loss_at(entries, input, truth, weight)

    def loss_at(
        self, entries: dict[str, Array], input: Array, truth: Array, weight: Array
    ) -> Array:
        """Return the whole loss at entries that need not be those of the batch."""
        losses, mix = self.losses(entries), self.claim.options.mix
        groups = 1 if self.claim.options.average == "none" else losses.shape[0]
        total = losses.sum()
        if mix:
            costs = self.costs(entries)
            terms = self.log_losses(costs, input, truth)
            weights = self.log_loss_weights(costs, truth, weight)
            total = total + self._number(mix) * (weights * terms).sum()
        return total / groups

    def _plain_probabilities(self, input: Array) -> Array:
        options, exp = self.claim.options, self.numbers.exp
        if not options.from_logits:
            return input
        return _shares(exp(input)) if options.is_softmax else 1 / (1 + exp(-input))

    def _number(self, x: float) -> Array:
        return self.numbers.number(float(x))


def _shares(x: Array) -> Array:
    """Return x over its sum, class by class."""
    return x / x.sum(1)[:, None]

"""aggregate: the metric of one class → its average over classes, by an expression around it.

So what a loss takes the gradient of is a formula like any other, and all other passes stay as
they are: macro F1 is mean(f1), support-weighted F1 is sum(AP*f1)/sum(AP). A power or a logarithm
goes around the metric of each class, inside the average.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from ..ir.typed import Term, TypedParameter

if TYPE_CHECKING:
    from ..ir.behaviour import Direction
    from ..ir.typed import TypedMetric


@dataclass(frozen=True)
class Aggregation:
    """What goes around a metric to make a loss of it.

    `average` None leaves it alone: one matrix, or a formula that has its own sums over classes.
    `is_exclusive` leaves out the classes without any sample, as torchmetrics does where classes
    exclude each other. `exponent` and `log` act on 1 - M, or on M where less is better.
    `leaves_out` those without positives: where their metric is 0, -log 0 says nothing.
    """

    average: Literal["macro", "weighted"] | None = None
    is_exclusive: bool = False
    is_weighted: bool = False
    log: bool = False
    exponent: float = 1.0
    leaves_out: bool = False

    @property
    def changes(self) -> bool:
        """Tell whether anything goes around the metric."""
        return self.average is not None or self.log or self.exponent != 1


def aggregate(metric: TypedMetric, how: Aggregation, direction: Direction) -> TypedMetric:
    """Return the metric with `how` around it; an exponent becomes its last parameter."""
    body = metric.body
    if not body.label:
        body = replace(body, label=metric.name or "metric")
    builder = _Builder(body)
    parameters = metric.parameters
    if how.log:
        body = builder.call("log", body if direction == "max" else builder.rest(body))
    elif how.exponent != 1:
        gap = builder.rest(body) if direction == "max" else body
        parameters = (*parameters, _exponent(metric, how.exponent))
        body = builder.call("pow", gap, builder.leaf("parameter", parameters[-1].name))
    if how.average is not None:
        body = builder.average(body, builder.weights(how))
    return replace(metric, body=body, parameters=parameters)


def _exponent(metric: TypedMetric, value: float) -> TypedParameter:
    """Return the parameter of the power, by a name that the metric does not use."""
    taken = {parameter.name for parameter in metric.parameters}
    names = ("exponent", *(f"exponent{number}" for number in range(2, len(taken) + 3)))
    name = next(name for name in names if name not in taken)
    return TypedParameter(name, Fraction(repr(value)), is_count=False)


class _Builder:
    """Makes terms at the place of the whole formula."""

    def __init__(self, body: Term) -> None:
        self.span = body.span
        self.entries = {name: self.leaf("entry", name) for name in ("TP", "FP", "FN", "weight")}

    def leaf(self, op: str, value: str | Fraction) -> Term:
        return Term(op, (), self.span, None, value)

    def call(self, op: str, *args: Term) -> Term:
        return Term(op, args, self.span, None)

    def rest(self, term: Term) -> Term:
        """Return 1 - term."""
        return self.call("sub", self.leaf("number", Fraction(1)), term)

    def sum(self, *names: str) -> Term:
        first, *others = (self.entries[name] for name in names)
        for other in others:
            first = self.call("add", first, other)
        return first

    def weights(self, how: Aggregation) -> Term | None:
        """Return the weight of a class in the average; None if all weigh the same."""
        factors = [self.entries["weight"]] if how.is_weighted else []
        if how.average == "weighted":
            factors.append(self.sum("TP", "FN"))
        elif how.leaves_out or how.is_exclusive:
            where = ("TP", "FN") if how.leaves_out else ("TP", "FP", "FN")
            factors.append(replace(self.call("sign", self.sum(*where)), label="present"))
        if not factors:
            return None
        return factors[0] if len(factors) == 1 else self.call("mul", *factors)

    def average(self, term: Term, weights: Term | None) -> Term:
        if weights is None:
            return self.call("mean_over", term)
        total = self.call("sum_over", weights)
        return self.call("div", self.call("sum_over", self.call("mul", weights, term)), total)

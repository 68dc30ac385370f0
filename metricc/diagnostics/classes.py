"""Mistakes and warnings about metrics and tasks of several classes."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Diagnostic


@dataclass(frozen=True)
class Unreduced(Diagnostic):
    """An entry outside of `sum(…)` in a formula that has a reduction: `sum(TP)/n`."""

    title = "one number per class"
    label = "`{name}` is one number per class here, and a metric is one number"
    help = "write `sum({name})`, or put what it stands in into `mean(…)`"
    name: str

    def hint(self) -> str:
        """Know that each class has all samples: their sum is no number of samples."""
        if self.name in ("total", "n"):
            return "write `sum(AP)`, the number of samples where each has one class"
        return self.help


@dataclass(frozen=True)
class ReducedTwice(Diagnostic):
    """A reduction of what is one number already: `sum(2)`, `mean(sum(TP))`."""

    title = "nothing to reduce"
    label = "nothing in this depends on the class, so there is nothing to take the {name} of"
    help = "leave out `{name}(…)`; for a number per class, multiply by `classes`"
    name: str

    def hint(self) -> str:
        """Say what the sum of a number would be."""
        return self.help if self.name == "sum" else "leave out `{name}(…)`"


@dataclass(frozen=True)
class NotOfClasses(Diagnostic):
    """Something is asked of a metric of several classes that is there for two classes only."""

    title = "not yet for several classes"
    label = "this joins several classes, and there is no {what} of it yet"
    help = "use `.value` and `.score`, or a formula without sum, mean and the like"
    what: str


@dataclass(frozen=True)
class FunctionOfAccuracy(Diagnostic):
    """A warning: pooled over classes that exclude each other, each false alarm is also a miss."""

    title = "a function of accuracy"
    label = "pooled over classes that exclude each other, FP = FN: only accuracy is left of this"
    help = 'average over the classes: average="macro" (--average macro in a shell)'
    severity = "warning"


@dataclass(frozen=True)
class OfTwoClasses(Diagnostic):
    """A warning: a mean over both classes of one matrix, for a task that has several matrices."""

    title = "a mean of two classes"
    label = "`{name}` averages each class and the rest, which counts for as much"
    help = "for the mean over all classes there is `{meant}`"
    severity = "warning"
    name: str
    meant: str

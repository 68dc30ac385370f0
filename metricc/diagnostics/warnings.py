"""What to know before training: the metric compiles, and a training run may be lost on it."""

from __future__ import annotations

from dataclasses import dataclass

from .base import OPEN_DIVISOR, Diagnostic

_OTHER_SIDE = {
    "calling everything positive": "join it with one that counts false alarms, as `f1` does",
    "calling everything negative": "join it with one that counts misses, as `gmean` does",
}
_NO_BEST = "no value is the best, and training can chase it without end: bound it, by `tanh(…)` say"


@dataclass(frozen=True)
class NotScaleFree(Diagnostic):
    """A warning: the value changes when every count doubles."""

    title = "not scale-free"
    label = "the value depends on the batch size: {why}"
    help = "divide the counts by `total`; if that dependence is meant, ignore this"
    severity = "warning"
    why: str
    parameter: str = ""
    divisor: str = ""

    def hint(self) -> str:
        """Think of missing parentheses, and of a pseudo-count that was not declared as one."""
        if self.divisor:
            return OPEN_DIVISOR
        if not self.parameter:
            return self.help
        return "if `{parameter}` is a number of samples, declare it: `{parameter}: count`"


@dataclass(frozen=True)
class IgnoresPredictions(Diagnostic):
    """A warning: no prediction changes the value."""

    title = "nothing to learn"
    label = "this does not depend on the predictions"
    help = "it can be evaluated, and no loss can be made of it"
    severity = "warning"


@dataclass(frozen=True)
class OneSided(Diagnostic):
    """A warning: a prediction that no one wants is as good as the perfect one."""

    title = "one-sided"
    label = "{poor} is as good as being right"
    help = "join it with one that sees the other side, as `f1` does"
    severity = "warning"
    poor: str

    def hint(self) -> str:
        """Name what the other side is."""
        return _OTHER_SIDE.get(self.poor, self.help)


@dataclass(frozen=True)
class NotMonotone(Diagnostic):
    """A warning: one mistake less can have a worse value."""

    title = "not monotone"
    label = "one mistake less can turn {first} into {second}, which is worse"
    help = "as from {before} to {after}: a loss can push the wrong way there"
    severity = "warning"
    before: str
    after: str
    first: str
    second: str


@dataclass(frozen=True)
class Unbounded(Diagnostic):
    """A warning: no number bounds the value, so none bounds the loss."""

    title = "unbounded"
    label = "nothing bounds it {sides}{pole}"
    help = "a few poor predictions can rule a batch: bound it, by `tanh(…)` say, or clip gradients"
    severity = "warning"
    sides: str
    pole: str
    has_no_best: bool

    def hint(self) -> str:
        """Say whether the good end is open, or the bad one."""
        return _NO_BEST if self.has_no_best else self.help


@dataclass(frozen=True)
class Kinked(Diagnostic):
    """A warning: the slopes jump somewhere inside."""

    title = "kinks"
    label = "the slopes jump where {where}"
    help = "the gradient is finite there; a smaller learning rate if training rattles around it"
    severity = "warning"
    where: str


@dataclass(frozen=True)
class UndefinedBatch(Diagnostic):
    """A warning: a batch of one class, which loaders do produce, has no value."""

    title = "undefined for some batches"
    label = "a batch without {missing} has no value, and counts as {value}"
    help = "{advice}"
    severity = "warning"
    missing: str
    value: str
    advice: str


@dataclass(frozen=True)
class SilentBatch(Diagnostic):
    """A warning: a batch of one class has a value, and a gradient of exactly 0."""

    title = "silent for some batches"
    label = "a batch without {missing} has a gradient of exactly 0, and teaches nothing"
    help = "{advice}"
    severity = "warning"
    missing: str
    advice: str


@dataclass(frozen=True)
class Unsimplified(Diagnostic):
    """A warning: the slopes are right, and longer than a person would have written them."""

    title = "not simplified"
    label = "this is too long for the search for shorter slopes, which are emitted as derived"
    help = "nothing is wrong with them; a shorter formula would give shorter code"
    severity = "warning"

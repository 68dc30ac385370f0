"""Mistakes of use: options, values, files, packages. Raised by the API and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from .base import OPEN_DIVISOR, Diagnostic


@dataclass(frozen=True)
class WrongValue(Diagnostic):
    """An option or parameter whose value is of the wrong kind."""

    title = "wrong value"
    label = "`{name}` is {given}"
    help = "give {wanted}"
    name: str
    given: str
    wanted: str


@dataclass(frozen=True)
class UnknownOption(Diagnostic):
    """An option of the loss that does not exist."""

    title = "unknown option"
    label = "the loss has no option `{name}`"
    help = "options are: {known}"
    name: str
    known: str
    likely: str | None = None

    def hint(self) -> str:
        """Name the option that is meant, if one is near."""
        return "did you mean `{likely}`?" if self.likely else self.help


@dataclass(frozen=True)
class Conflict(Diagnostic):
    """Two options, or an option and the metric, that do not go together."""

    title = "options in conflict"
    label = "{what} exclude each other"
    help = "{wanted}"
    what: str
    wanted: str


@dataclass(frozen=True)
class NoDirection(Diagnostic):
    """A loss is asked for, and neither more nor less of the metric is better."""

    title = "no direction"
    label = "nothing shows whether a higher or a lower value is better"
    help = 'say it: direction="max" or direction="min" (--direction max in a shell)'
    divisor: str = ""

    def hint(self) -> str:
        """Think of missing parentheses first."""
        return f"{OPEN_DIVISOR}; else {self.help}" if self.divisor else self.help


@dataclass(frozen=True)
class NoGradient(Diagnostic):
    """A loss is asked for a metric that no prediction can change."""

    title = "nothing to learn"
    label = "this does not depend on the predictions"
    help = "it can be evaluated with `.value` and `.score`, but not trained on"


@dataclass(frozen=True)
class UnreadableFile(Diagnostic):
    """A formula file that cannot be read."""

    title = "unreadable file"
    label = "`{path}`: {reason}"
    help = "give the path of a UTF-8 text file ending in .metric"
    path: str
    reason: str


@dataclass(frozen=True)
class FileInTheWay(Diagnostic):
    """An output path that holds something metricc did not make."""

    title = "file in the way"
    label = "`{path}` {reason}"
    help = "{advice}"
    path: str
    reason: str
    advice: str


@dataclass(frozen=True)
class UnprovableFile(Diagnostic):
    """A file to check that says nothing of a formula, or cannot be run."""

    title = "nothing to check"
    label = "`{path}` {reason}"
    help = "give a loss that `metricc compile FORMULA -o FILE` wrote"
    path: str
    reason: str


@dataclass(frozen=True)
class MissingPackage(Diagnostic):
    """An optional dependency that is not installed."""

    title = "missing package"
    label = "{purpose} needs the package `{package}`"
    help = "pip install 'metricc[{extra}]'"
    purpose: str
    package: str
    extra: str


@dataclass(frozen=True)
class NothingFound(Diagnostic):
    """A search of the library without a result."""

    title = "nothing found"
    label = "no metric of the library has `{word}` in its name, synonyms or description"
    help = "`metricc list` shows them all"
    word: str

"""Mistakes of meaning: the text is well formed, and says nothing possible. Raised by check."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Diagnostic

_NEEDS = {
    "div": "a divisor must not be 0",
    "sqrt": "a square root needs a number of 0 or more",
    "pow": "0 takes exponents of 0 or more, a negative number only whole ones",
    "asin": "asin needs a number from -1 to 1",
    "log1p": "log1p needs a number above -1",
    "xlogx": "xlogx needs a number of 0 or more",
    **dict.fromkeys(("log", "log2", "log10"), "a logarithm needs a number above 0"),
}


@dataclass(frozen=True)
class UnknownName(Diagnostic):
    """A name that is no entry, marginal, parameter, `let` or library metric.

    `within` is the definition it stands in: a word and a name, empty in a bare expression.
    """

    title = "unknown name"
    label = "no entry, parameter or metric is called `{name}`"
    help = "give it a value: --param {name}=1 in a shell, params={{'{name}': 1}} in Python"
    name: str
    nearest: str | None
    within: str = ""
    advice: str = ""

    def hint(self) -> str:
        """Prefer what is known of this name, and the nearest; else say how to make a parameter."""
        if self.advice and not self.within.startswith("surrogate"):
            return "{advice}"
        if self.nearest:
            return "did you mean `{nearest}`?"
        if self.within.startswith("surrogate"):
            return "a surrogate knows p, sharpness and threshold only"
        return "make it a parameter: `{within}({name} = 1) = …`" if self.within else self.help


@dataclass(frozen=True)
class UnknownFunction(Diagnostic):
    """A call of something that is neither a function nor a metric."""

    title = "unknown function"
    label = "there is no function or metric `{name}`"
    help = "functions are: {known}"
    name: str
    nearest: str | None
    known: str
    advice: str = ""

    def hint(self) -> str:
        """Prefer what is known of this name, and the nearest function; else list them all."""
        if self.advice:
            return "{advice}"
        return "did you mean `{nearest}`?" if self.nearest else self.help


@dataclass(frozen=True)
class NotAFunction(Diagnostic):
    """An entry, parameter or `let` name followed by a parenthesis: `TP(1 + x)`."""

    title = "missing operator"
    label = "`{name}` is not a function"
    help = "to multiply, write `{name} * (…)`"
    name: str


@dataclass(frozen=True)
class WrongArguments(Diagnostic):
    """A call with too few or too many arguments."""

    title = "wrong number of arguments"
    label = "`{name}` takes {wanted}, {given} given"
    help = "write `{usage}`"
    name: str
    wanted: str
    given: int | str
    usage: str


@dataclass(frozen=True)
class UnknownArgument(Diagnostic):
    """A keyword argument, or a given parameter, that the metric does not have."""

    title = "unknown parameter"
    label = "{owner} has no parameter `{name}`"
    help = "its parameters are: {known}"
    name: str
    owner: str
    known: str

    def hint(self) -> str:
        """List the parameters, if there are any."""
        return self.help if self.known else "it has none: leave out `{name}`"


@dataclass(frozen=True)
class NamedArgument(Diagnostic):
    """An argument of a function, written with a name: `sqrt(x = TP)`."""

    title = "named argument"
    label = "the arguments of `{function}` have no names"
    help = "leave out `{name} =`"
    name: str
    function: str


@dataclass(frozen=True)
class RepeatedArgument(Diagnostic):
    """A parameter that one call gives twice."""

    title = "repeated argument"
    label = "this call gives `{name}` twice"
    help = "remove one of the two"
    name: str


@dataclass(frozen=True)
class MissingValue(Diagnostic):
    """A parameter that has neither a default nor a given value."""

    title = "parameter without a value"
    label = "`{name}` has no default, and no value is given"
    help = (
        "write a default, `{name} = 1`, or give --param {name}=1 (params={{'{name}': 1}} in Python)"
    )
    name: str


@dataclass(frozen=True)
class DuplicateDefinition(Diagnostic):
    """A name that one text defines twice."""

    title = "duplicate definition"
    label = "`{name}` is already defined {where}"
    help = "choose another name"
    name: str
    where: str


@dataclass(frozen=True)
class ReservedName(Diagnostic):
    """A definition of a name that the language already has."""

    title = "reserved name"
    label = "`{name}` is {what}"
    help = "choose another name"
    name: str
    what: str


@dataclass(frozen=True)
class RecursiveDefinition(Diagnostic):
    """A metric that needs itself."""

    title = "recursive definition"
    label = "`{name}` is defined by itself"
    help = "use only earlier definitions and the library, or give this one another name"
    name: str


@dataclass(frozen=True)
class DefinedLater(Diagnostic):
    """A metric used above its own definition."""

    title = "used before definition"
    label = "`{name}` is defined further down"
    help = "move the definition of `{name}` above this one"
    name: str


@dataclass(frozen=True)
class NoMetric(Diagnostic):
    """A text that defines only surrogates."""

    title = "no metric"
    label = "this defines a surrogate, and no metric"
    help = "add a definition such as `metric f1 = 2*TP/(2*TP+FP+FN)`"


@dataclass(frozen=True)
class SurrogateParameters(Diagnostic):
    """A surrogate whose parameters are not the three that the losses give it."""

    title = "wrong surrogate parameters"
    label = "a surrogate takes p, sharpness and threshold, without defaults"
    help = "write `surrogate {name}(p, sharpness, threshold) = …`"
    name: str


@dataclass(frozen=True)
class EntryInSurrogate(Diagnostic):
    """A count or metric in a surrogate, which sees one prediction at a time."""

    title = "count in a surrogate"
    label = "a surrogate sees one probability, and `{name}` is about many"
    help = "use p, sharpness, threshold, numbers and functions only"
    name: str


@dataclass(frozen=True)
class ImpossibleConstant(Diagnostic):
    """A constant subexpression without a finite real value: `1/0`, `log(0)`."""

    title = "impossible constant"
    label = "this has no finite real value, whatever the counts are"
    help = "check the numbers in it"
    op: str = ""

    def hint(self) -> str:
        """Say what the operation needs."""
        return _NEEDS.get(self.op, self.help)


@dataclass(frozen=True)
class UnusedSurrogate(Diagnostic):
    """A warning: a surrogate of the user's is checked, and cannot be trained with yet."""

    title = "surrogate not used"
    label = "losses cannot take `{name}` yet"
    help = "they take a surrogate of the library: `metricc compile --help` names them"
    severity = "warning"
    name: str

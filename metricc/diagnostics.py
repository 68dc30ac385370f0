"""Mistakes, each a frozen dataclass that knows its own words, and the picture of one.

error: unknown name
 --> f.metric:3:13
  |
3 |     / ((1 + bata^2) * TP + beta^2 * FN + FP)
  |             ^^^^ no entry, parameter or metric is called `bata`
  |
help: did you mean `beta`?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from .source import Span


class MetricError(ValueError):
    """The user's formula or options are wrong; `diagnostic` says where and what to type."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        """Carry `diagnostic`; the exception's text is its picture."""
        super().__init__(diagnostic.render())
        self.diagnostic = diagnostic

    def __reduce__(self) -> tuple[type[MetricError], tuple[Diagnostic]]:
        """Pickle by the diagnostic, so that the error crosses process borders."""
        return MetricError, (self.diagnostic,)


class InternalError(Exception):
    """A stage of metricc broke its own contract; never the user's fault."""

    def __init__(self, what: str) -> None:
        """Say `what` broke, and ask for a report."""
        super().__init__(f"metricc is wrong here, please report it: {what}")


@dataclass(frozen=True)
class Diagnostic:
    """One mistake at one place. Subclasses set the words; their fields fill the holes."""

    title: ClassVar[str]
    label: ClassVar[str]
    help: ClassVar[str]
    severity: ClassVar[str] = "error"

    span: Span | None

    def render(self) -> str:
        """Return the picture: title, place, the line with carets under it, help."""
        lines = [f"{self.severity}: {self.title}"]
        label = self.label.format_map(vars(self))
        if self.span is None:
            lines.append(f"  {label}")
        else:
            lines += _excerpt(self.span, label)
        hint = self.hint()
        return "\n".join([*lines, f"help: {hint}"] if hint else lines)

    def hint(self) -> str:
        """Return what to type instead."""
        return self.help.format_map(vars(self))


def _excerpt(span: Span, label: str) -> list[str]:
    """Return the lines that show `span` in its source; long lines are cut around it."""
    number, column = span.source.locate(span.start)
    text = span.source.line(number).replace("\t", " ")
    width = max(1, min(span.stop - span.start, len(text) - column + 1, 60))
    first = max(0, column - 1 - 50) if len(text) > 110 else 0
    shown = ("…" if first else "") + text[first : first + 110]
    indent = " " * (column - 1 - first + (1 if first else 0))
    margin = " " * len(str(number))
    return [
        f"{margin}--> {span.source.name}:{number}:{column}",
        f"{margin} |",
        f"{number} | {shown}",
        f"{margin} | {indent}{'^' * width} {label}".rstrip(),
        f"{margin} |",
    ]


@dataclass(frozen=True)
class UnknownName(Diagnostic):
    """A name that is no entry, marginal, parameter, `let` or library metric."""

    title = "unknown name"
    label = "no entry, parameter or metric is called `{name}`"
    help = "give it a value with --param {name}=1 (params={{'{name}': 1}} in Python)"
    name: str
    nearest: str | None

    def hint(self) -> str:
        """Prefer the nearest known name; else say how to make it a parameter."""
        return f"did you mean `{self.nearest}`?" if self.nearest else super().hint()


@dataclass(frozen=True)
class UnknownFunction(Diagnostic):
    """A call of something that is neither a function nor a metric."""

    title = "unknown function"
    label = "there is no function or metric `{name}`"
    help = "functions are: {known}"
    name: str
    nearest: str | None
    known: str

    def hint(self) -> str:
        """Prefer the nearest known function; else list them all."""
        return f"did you mean `{self.nearest}`?" if self.nearest else super().hint()


@dataclass(frozen=True)
class NotAFunction(Diagnostic):
    """An entry, parameter or `let` name followed by a parenthesis."""

    title = "missing operator"
    label = "`{name}` is not a function"
    help = "to multiply, write `{name} * (…)`"
    name: str


@dataclass(frozen=True)
class UnclosedParenthesis(Diagnostic):
    """A parenthesis that is opened and never closed; points at the opening one."""

    title = "unclosed parenthesis"
    label = "this parenthesis is never closed"
    help = "add the missing `)`"


@dataclass(frozen=True)
class UnopenedParenthesis(Diagnostic):
    """A closing parenthesis without an opening one."""

    title = "unopened parenthesis"
    label = "nothing is open here"
    help = "remove this `)` or add the missing `(`"


@dataclass(frozen=True)
class MissingOperand(Diagnostic):
    """An operator, or an end, where an operand belongs."""

    title = "missing operand"
    label = "an entry, number or `(` is wanted here"
    help = "write what belongs {where}, e.g. `TP`"
    where: str


@dataclass(frozen=True)
class MissingOperator(Diagnostic):
    """Two operands with nothing between them."""

    title = "missing operator"
    label = "an operator is wanted before `{found}`"
    help = "to multiply, write `* {found}`"
    found: str


@dataclass(frozen=True)
class UnfinishedLet(Diagnostic):
    """A `let` that names a value and never uses it."""

    title = "unfinished let"
    label = "this `let` has no `in`"
    help = "write `let name = value in formula`"


@dataclass(frozen=True)
class AmbiguousProduct(Diagnostic):
    """A quotient by a number that touches its neighbour: `1/2TP`."""

    title = "ambiguous product"
    label = "is this divided by `{number}` or by `{number}*{found}`?"
    help = "write `/({number}*{found})` or `/{number}*{found}`"
    number: str
    found: str


@dataclass(frozen=True)
class UnexpectedText(Diagnostic):
    """A token that fits nowhere here."""

    title = "unexpected text"
    label = "`{found}` does not belong here"
    help = "a formula is built from TP FP FN TN, numbers, names, + - * / ^ and parentheses"
    found: str


@dataclass(frozen=True)
class UnexpectedCharacter(Diagnostic):
    """A character that is no part of the language."""

    title = "unexpected character"
    label = "`{found}` ({code}) is not part of the language"
    help = "a formula is built from TP FP FN TN, numbers, names, + - * / ^ and parentheses"
    found: str
    code: str


@dataclass(frozen=True)
class EmptyFormula(Diagnostic):
    """No formula at all."""

    title = "empty formula"
    label = "there is nothing to compile in {name}"
    help = "write a formula such as `2*TP/(2*TP+FP+FN)`, or a name from `metricc list`"
    name: str


@dataclass(frozen=True)
class WrongArguments(Diagnostic):
    """A call with too few or too many arguments."""

    title = "wrong number of arguments"
    label = "`{name}` takes {wanted}, {given} given"
    help = "write `{usage}`"
    name: str
    wanted: str
    given: int
    usage: str


@dataclass(frozen=True)
class UnknownArgument(Diagnostic):
    """A keyword argument, or a given parameter, that the metric does not have."""

    title = "unknown parameter"
    label = "`{metric}` has no parameter `{name}`"
    help = "its parameters are: {known}"
    name: str
    metric: str
    known: str


@dataclass(frozen=True)
class MissingValue(Diagnostic):
    """A parameter that has neither a default nor a given value."""

    title = "parameter without a value"
    label = "`{name}` has no default and no value was given"
    help = "give one with --param {name}=1 (params={{'{name}': 1}} in Python), or a default here"
    name: str


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
class DuplicateName(Diagnostic):
    """A name that is defined twice, or that the language already has."""

    title = "duplicate name"
    label = "`{name}` is already {what}"
    help = "choose another name"
    name: str
    what: str


@dataclass(frozen=True)
class RecursiveDefinition(Diagnostic):
    """A metric that needs itself."""

    title = "recursive definition"
    label = "`{name}` is defined by itself"
    help = "definitions may only use earlier ones and the library"
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
class TooLarge(Diagnostic):
    """A formula beyond the limits that keep compilation short."""

    title = "formula too large"
    label = "{what} exceeds the limit of {limit}"
    help = "split it into named parts, or make it smaller"
    what: str
    limit: int


@dataclass(frozen=True)
class ImpossibleConstant(Diagnostic):
    """A constant subexpression without a finite real value: `1/0`, `log(0)`."""

    title = "impossible constant"
    label = "this has no finite real value"
    help = "check the numbers in it"


@dataclass(frozen=True)
class NoDirection(Diagnostic):
    """A loss is asked for, and neither more nor less of the metric is better."""

    title = "no direction"
    label = "nothing shows whether a higher or a lower value is better"
    help = 'say it: direction="max" or direction="min" (--direction on the command line)'


@dataclass(frozen=True)
class NoGradient(Diagnostic):
    """A loss is asked for a metric that no prediction can change."""

    title = "nothing to learn"
    label = "this does not depend on the predictions"
    help = "it can be evaluated with `.value` and `.score`, but not trained on"


@dataclass(frozen=True)
class UnknownOption(Diagnostic):
    """An option of the loss that does not exist."""

    title = "unknown option"
    label = "the loss has no option `{name}`"
    help = "options are: {known}"
    name: str
    known: str


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
class MissingPackage(Diagnostic):
    """An optional dependency that is not installed."""

    title = "missing package"
    label = "{purpose} needs the package `{package}`"
    help = "pip install 'metricc[{extra}]'"
    purpose: str
    package: str
    extra: str


@dataclass(frozen=True)
class NotScaleFree(Diagnostic):
    """A warning: the value changes when every count doubles."""

    title = "not scale-free"
    label = "this adds terms of different degree, so the value depends on the batch size"
    help = "intended? then ignore this; else divide the counts by `total`"
    severity = "warning"


@dataclass(frozen=True)
class NothingFound(Diagnostic):
    """A search of the library without a result."""

    title = "nothing found"
    label = "no metric of the library has `{word}` in its name, synonyms or description"
    help = "`metricc list` shows them all"
    word: str

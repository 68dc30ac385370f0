"""Mistakes of form: the text is not of the language. Raised by parse."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Diagnostic

_BUILT_FROM = "a formula is built from TP FP FN TN, numbers, names, + - * / ^ and parentheses"
_INSTEAD_OF_TEXT = {
    "=": "to name the formula, write `metric name = …`; to name a part, `let name = … in …`",
    ",": "a decimal takes a point (`0.5`); only the arguments of a call are separated by commas",
    ":": "only a parameter takes a colon, as in `metric dice(smooth: count = 1) = …`",
    "let": "put the `let` into parentheses: `(let name = … in …)`",
    "in": "`in` belongs to a `let`: `let name = … in …`",
    "metric": "give the formula above a name too: `metric name = …`",
    "surrogate": "give the formula above a name too: `metric name = …`",
}
_INSTEAD_OF_CHARACTER = {
    "|": "for an absolute value, write `abs(…)`",
    "%": "for a percentage, write a decimal: `0.05`",
    ".": "a decimal has a digit here; a file is pathlib.Path(…) in Python, FILE.metric in a shell",
    ";": "to name a part, write `let name = … in …`",
    "<": "constraints cannot be written yet, only the metric itself",
    ">": "constraints cannot be written yet, only the metric itself",
    **dict.fromkeys("[]{}", "group with `(` and `)`"),
    **dict.fromkeys("\\$", "LaTeX cannot be read yet; write plain text: `TP/(TP + FN)`"),
    **dict.fromkeys("\"'`", "write the formula without quotation marks"),
}
_INSTEAD_OF_CHARACTER |= dict.fromkeys("≤≥", _INSTEAD_OF_CHARACTER["<"])


@dataclass(frozen=True)
class EmptyFormula(Diagnostic):
    """No formula at all."""

    title = "empty formula"
    label = "there is nothing to compile in `{name}`"
    help = "write a formula such as `2*TP/(2*TP+FP+FN)`, or a name from `metricc list`"
    name: str


@dataclass(frozen=True)
class UnexpectedCharacter(Diagnostic):
    """A character that is no part of the language."""

    title = "unexpected character"
    label = "`{found}` ({code}) is not part of the language"
    help = _BUILT_FROM
    found: str
    code: str

    def hint(self) -> str:
        """Say what people who type this character mean by it."""
        return _INSTEAD_OF_CHARACTER.get(self.found, self.help)


@dataclass(frozen=True)
class UnexpectedText(Diagnostic):
    """A word or sign of the language that fits nowhere here."""

    title = "unexpected text"
    label = "`{found}` does not belong here"
    help = _BUILT_FROM
    found: str

    def hint(self) -> str:
        """Say what people who type this word mean by it."""
        return _INSTEAD_OF_TEXT.get(self.found, self.help)


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
    label = "this closes a parenthesis that was never opened"
    help = "remove this `)` or add the missing `(`"


@dataclass(frozen=True)
class MissingOperand(Diagnostic):
    """An operator, or an end, where an operand belongs."""

    title = "missing operand"
    label = "an entry, number, name or `(` is wanted here"
    help = "write what belongs {where}, e.g. `TP`"
    where: str


@dataclass(frozen=True)
class MissingOperator(Diagnostic):
    """Two operands with nothing between them."""

    title = "missing operator"
    label = "an operator is wanted before `{found}`"
    help = "to multiply, write `{before} * {found}`"
    before: str
    found: str
    starts_line: bool = False

    def hint(self) -> str:
        """At the start of a line, a definition may be what is meant."""
        if self.starts_line:
            return "go on with an operator, or begin a definition: `metric name = …`"
        return self.help


@dataclass(frozen=True)
class MissingCallParentheses(Diagnostic):
    """A function before its argument with nothing between them: `sqrt TP`."""

    title = "missing parentheses"
    label = "`{name}` is a function, its argument goes into parentheses"
    help = "write `{name}({found})`"
    name: str
    found: str


@dataclass(frozen=True)
class MissingName(Diagnostic):
    """Something else where only a name can stand."""

    title = "missing name"
    label = "a name is wanted here"
    help = "write a word {where}, beginning with a letter, e.g. `{example}`"
    where: str
    example: str


@dataclass(frozen=True)
class MissingEquals(Diagnostic):
    """A definition or `let` without its equals sign."""

    title = "missing equals sign"
    label = "an `=` is wanted here"
    help = "write `{before} = …`"
    before: str


@dataclass(frozen=True)
class MissingComma(Diagnostic):
    """Two parameters with nothing between them."""

    title = "missing comma"
    label = "a comma is wanted before `{found}`"
    help = "write `, {found}`"
    found: str


@dataclass(frozen=True)
class WrongDefault(Diagnostic):
    """A parameter's default that is more, or less, than one number."""

    title = "wrong default"
    label = "a default is a single number"
    help = "write a decimal, e.g. `{name} = 0.5`"
    name: str


@dataclass(frozen=True)
class UnknownKind(Diagnostic):
    """A word other than `count` behind a parameter's colon."""

    title = "unknown kind"
    label = "a parameter is a `count`, or a plain number without a colon"
    help = "write `: count` if it is a number of samples, else leave out the colon"


@dataclass(frozen=True)
class UnfinishedLet(Diagnostic):
    """A `let` that names a value and never uses it."""

    title = "unfinished let"
    label = "this `let` has no `in`"
    help = "write `let name = value in formula`"


@dataclass(frozen=True)
class AmbiguousProduct(Diagnostic):
    """A quotient by two factors that touch: `1/2TP`."""

    title = "ambiguous product"
    label = "is this divided by `{left}`, or by `{left}*{right}`?"
    help = "write `/ ({left}*{right})` or `/ {left} * {right}`"
    left: str
    right: str


@dataclass(frozen=True)
class AmbiguousRoot(Diagnostic):
    """A root sign without parentheses whose operand something touches: `√TP²`."""

    title = "ambiguous root"
    label = "is `{found}` inside this root?"
    help = "put all that is inside into one pair of parentheses: `√(…)`"
    found: str


@dataclass(frozen=True)
class TooLarge(Diagnostic):
    """A formula beyond the limits that keep compilation short."""

    title = "formula too large"
    label = "{what} exceeds the limit of {limit}"
    help = "make it smaller; long formulas can be cut into definitions and `let` parts"
    what: str
    limit: int | str

"""The formula as written: made by parse, read by check. Every node knows its span."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fractions import Fraction

    from ..source import Span


@dataclass(frozen=True)
class Number:
    """A literal, exact: 1.25 is 5/4."""

    span: Span
    value: Fraction


@dataclass(frozen=True)
class Name:
    """A word: an entry, marginal, constant, parameter, `let` name or metric."""

    span: Span
    name: str


@dataclass(frozen=True)
class Argument:
    """One argument of a call; `name` is set in `fbeta(beta=2)`."""

    span: Span
    name: str | None
    value: Expr


@dataclass(frozen=True)
class Call:
    """A function or library metric with arguments."""

    span: Span
    name: str
    name_span: Span
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Negate:
    """Unary minus."""

    span: Span
    operand: Expr


@dataclass(frozen=True)
class Binary:
    """Two operands; `implicit` is a product written without a sign, as in 2TP."""

    span: Span
    operator: Literal["+", "-", "*", "/", "^", "implicit"]
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Let:
    """`let name = value in body`."""

    span: Span
    name: str
    name_span: Span
    value: Expr
    body: Expr


Expr = Number | Name | Call | Negate | Binary | Let


@dataclass(frozen=True)
class Parameter:
    """A metric's parameter; a `count` is measured in samples, so it has the degree of an entry."""

    span: Span
    name: str
    name_span: Span
    is_count: bool
    default: Fraction | None


@dataclass(frozen=True)
class Definition:
    """`metric name(parameters) = body`, or a surrogate, with its doc comment."""

    span: Span
    kind: Literal["metric", "surrogate"]
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Expr
    doc: str = ""

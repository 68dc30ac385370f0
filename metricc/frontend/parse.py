"""parse: text → definitions, with a diagnostic for each way a text can be malformed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import lark
from lark.visitors import Transformer_NonRecursive

from .. import diagnostics as d
from ..ir.syntax import (
    Argument,
    Binary,
    Call,
    Definition,
    Expr,
    Let,
    Name,
    Negate,
    Number,
    Parameter,
)
from ..source import Source, Span
from .explain import explain_character, explain_token
from .grammar import load_grammar
from .spelling import MAX_DIGITS, latin, literal, plain, superscript

if TYPE_CHECKING:
    from fractions import Fraction

    from lark import Token

MAX_CHARACTERS = 20_000

_BRIEF = 16
_OPERATORS: dict[str, Literal["+", "-", "*", "/"]] = {
    "PLUS": "+",
    "MINUS": "-",
    "TIMES": "*",
    "DIVIDE": "/",
}
_ROOTS = {"√": "sqrt", "∛": "cbrt"}


def parse(source: Source) -> tuple[Definition, ...]:
    """Return the definitions of `source`; a bare expression is a metric without a name.

    Raises:
        MetricError: the text is not of the language, or exceeds its limits.
    """
    if len(source.text) > MAX_CHARACTERS:
        raise d.MetricError(d.TooLarge(None, "the number of characters", MAX_CHARACTERS))
    text = plain(source.text)
    try:
        tree = load_grammar().parse(text)
    except lark.exceptions.UnexpectedCharacters as error:
        raise d.MetricError(explain_character(source, error.pos_in_stream or 0)) from None
    except lark.exceptions.UnexpectedToken as error:
        raise d.MetricError(explain_token(source, text, error)) from None
    try:
        built: tuple[Definition, ...] = _Builder(source).transform(tree)
    except lark.exceptions.VisitError as error:
        raise error.orig_exc from None
    return built


def _join(*pieces: Expr | Span) -> Span:
    first, last = (p if isinstance(p, Span) else p.span for p in (pieces[0], pieces[-1]))
    return first.to(last)


class _Builder(Transformer_NonRecursive):  # type: ignore[type-arg]  # generic only for checkers
    """Builds syntax nodes from lark's tree; a method per grammar rule, named as there."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source

    def _span(self, token: Token) -> Span:
        start = token.start_pos or 0
        return Span(self.source, start, start + len(token))

    def _exact(self, token: Token, value: Fraction | None) -> Fraction:
        if value is None:
            limit = d.TooLarge(self._span(token), "the number of digits", MAX_DIGITS)
            raise d.MetricError(limit)
        return value

    def formula(self, children: list[Expr]) -> tuple[Definition, ...]:
        """The whole text is one expression: a metric without a name."""
        (body,) = children
        return (Definition(body.span, "metric", "", body.span, (), body),)

    def definitions(self, children: list[Definition]) -> tuple[Definition, ...]:
        """The text is a list of definitions."""
        return tuple(children)

    def definition(self, children: list[Any]) -> Definition:
        """`metric name(parameters) = body`, below its doc comments."""
        docs = [c for c in children if isinstance(c, lark.Token) and c.type == "DOC"]
        kind, name, *parameters, body = children[len(docs) :]
        return Definition(
            _join(self._span(kind), body),
            kind.value,
            latin(name),
            self._span(name),
            parameters[0] if parameters else (),
            body,
            "\n".join(doc[2:].strip() for doc in docs),
        )

    def parameters(self, children: list[Any]) -> tuple[Parameter, ...]:
        """`(beta = 1, smooth: count = 0)`."""
        return tuple(c for c in children if isinstance(c, Parameter))

    def parameter(self, children: list[Any]) -> Parameter:
        """`name: count = default`."""
        name, kind, default = children
        if kind is not None and kind != "count":
            raise d.MetricError(d.UnknownKind(self._span(kind)))
        span = self._span(name)
        value, stop = default or (None, span if kind is None else self._span(kind))
        return Parameter(span.to(stop), latin(name), span, kind is not None, value)

    def default(self, children: list[Token]) -> tuple[Fraction, Span]:
        """A number with an optional minus."""
        token = children[-1]
        value = self._exact(token, literal(token))
        return -value if len(children) > 1 else value, self._span(token)

    def let(self, children: list[Any]) -> Let:
        """`let name = value in body`."""
        start, name, value, body = children
        span = _join(self._span(start), body)
        return Let(span, latin(name), self._span(name), value, body)

    def binary(self, children: list[Any]) -> Binary:
        """A sum, difference, product or quotient."""
        left, sign, right = children
        operator = _OPERATORS[sign.type]
        divisor = _without_sign(right)
        if operator == "/" and isinstance(divisor, Binary) and divisor.operator == "implicit":
            pieces = _brief(divisor.left), _brief(divisor.right)
            raise d.MetricError(d.AmbiguousProduct(divisor.span, *pieces))
        return Binary(_join(left, right), operator, left, right)

    def implicit(self, children: list[Expr]) -> Binary:
        """A product without a sign."""
        left, right = children
        return Binary(_join(left, right), "implicit", left, right)

    def power(self, children: list[Any]) -> Binary:
        """`base ^ exponent`."""
        base, _, exponent = children
        return Binary(_join(base, exponent), "^", base, exponent)

    def raised(self, children: list[Any]) -> Binary:
        """`base²`."""
        base, sign = children
        exponent = Number(self._span(sign), self._exact(sign, superscript(sign)))
        return Binary(_join(base, exponent), "^", base, exponent)

    def sign(self, children: list[Any]) -> Expr:
        """Unary minus; a unary plus changes nothing but the span."""
        token, operand = children
        span = _join(self._span(token), operand)
        if token.type == "MINUS":
            return Negate(span, operand)
        grown: Expr = replace(operand, span=span)
        return grown

    def call(self, children: list[Any]) -> Call:
        """`function(argument, name=argument)`."""
        name, _, *inside, close = children
        arguments = tuple(a for a in inside if isinstance(a, Argument))
        span = self._span(name)
        return Call(span.to(self._span(close)), latin(name), span, arguments)

    def argument(self, children: list[Any]) -> Argument:
        """One argument, perhaps with its name."""
        name, value = children
        start = value.span if name is None else self._span(name)
        return Argument(_join(start, value), None if name is None else latin(name), value)

    def root(self, children: list[Any]) -> Call:
        """`√x`."""
        sign, operand = children
        name_span = self._span(sign)
        argument = Argument(operand.span, None, operand)
        return Call(_join(name_span, operand), _ROOTS[sign], name_span, (argument,))

    def group(self, children: list[Any]) -> Expr:
        """Parentheses: the span grows, and a product inside is no longer ambiguous."""
        opening, inner, closing = children
        grown: Expr = replace(inner, span=self._span(opening).to(self._span(closing)))
        if isinstance(grown, Binary) and grown.operator == "implicit":
            return replace(grown, operator="*")
        return grown

    def name(self, children: list[Token]) -> Name:
        """A word."""
        (token,) = children
        return Name(self._span(token), latin(token))

    def number(self, children: list[Token]) -> Number:
        """A literal."""
        (token,) = children
        return Number(self._span(token), self._exact(token, literal(token)))


def _brief(expr: Expr) -> str:
    """Return a factor as written, or what reminds of a long one."""
    text = expr.span.text
    return text if len(text) <= _BRIEF else "(…)" if text.startswith("(") else "…"


def _without_sign(expr: Expr) -> Expr:
    """Return what a chain of signs stands before; parentheses end the chain."""
    while isinstance(expr, Negate) and expr.span.source.text[expr.span.start] != "(":
        expr = expr.operand
    return expr

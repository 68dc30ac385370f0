"""parse: text → definitions, with a diagnostic for each way a text can be malformed."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

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
from .grammar import load_grammar

if TYPE_CHECKING:
    from lark import Token

MAX_CHARACTERS = 20_000
MAX_DEPTH = 100
MAX_DIGITS = 40

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "θ": "theta"}
_GREEK |= {"κ": "kappa", "λ": "lam", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau"}
_SIGNS = {"+": "+", "*": "*", "·": "*", "×": "*", "⋅": "*", "∙": "*", "/": "/", "÷": "/", "∕": "/"}
_SIGNS |= {"-": "-", "−": "-", "–": "-"}
_OPERATORS = {"PLUS", "MINUS", "TIMES", "DIVIDE", "POWER", "EQUAL", "COMMA", "LPAR", "IN"}
_OPERANDS = {"NUMBER", "NAME", "LPAR", "ROOT", "LET"}
_ENDS = {"NUMBER", "NAME", "RPAR", "SQUARED"}


def parse(source: Source) -> tuple[Definition, ...]:
    """Return the definitions of `source`; a bare expression is a metric without a name.

    Raises:
        MetricError: the text is not of the language, or exceeds its limits.
    """
    if len(source.text) > MAX_CHARACTERS:
        raise d.MetricError(d.TooLarge(None, "the text's length", MAX_CHARACTERS))
    if not source.text.strip():
        raise d.MetricError(d.EmptyFormula(None, source.name))
    try:
        tree = load_grammar().parse(source.text)
    except lark.exceptions.UnexpectedCharacters as error:
        where = Span(source, error.pos_in_stream, error.pos_in_stream + 1)
        code = unicodedata.name(where.text, f"U+{ord(where.text):04X}")
        shown = where.text if where.text.isprintable() else "�"
        raise d.MetricError(d.UnexpectedCharacter(where, shown, code)) from None
    except lark.exceptions.UnexpectedToken as error:
        _explain(source, error.token)
    _limit_depth(source, tree)
    try:
        built: tuple[Definition, ...] = _Builder(source).transform(tree)
    except lark.exceptions.VisitError as error:
        raise error.orig_exc from None
    return built


def _explain(source: Source, token: Token) -> NoReturn:
    """Raise the diagnostic for a `token` that the grammar does not accept where it stands."""
    before = [t for t in load_grammar().lex(source.text) if t.start_pos < (token.start_pos or 0)]
    at_end = token.type == "$END"
    if at_end:
        before = list(load_grammar().lex(source.text))
    opened: list[Token] = []
    for t in before:
        if t.type == "LPAR":
            opened.append(t)
        elif t.type == "RPAR" and opened:
            opened.pop()
    last = before[-1] if before else None
    end = len(source.text.rstrip()) if at_end else token.start_pos or 0
    here = Span(source, end, end + 1) if at_end else _span(source, token)
    wants_operand = last is None or last.type in _OPERATORS
    if wants_operand and not (at_end and opened and last and last.type == "LPAR"):
        where = f"after `{last}`" if last else "here"
        if not last or at_end or token.type not in _OPERANDS:
            raise d.MetricError(d.MissingOperand(here, where))
    if opened and (at_end or token.type in {"KIND", "DOC", "IN"}):
        raise d.MetricError(d.UnclosedParenthesis(_span(source, opened[-1])))
    lets = sum(t.type == "LET" for t in before) - sum(t.type == "IN" for t in before)
    if lets > 0 and (at_end or token.type in {"KIND", "DOC"}):
        raise d.MetricError(d.UnfinishedLet(_span(source, [t for t in before if t.type == "LET"][-1])))
    if token.type == "RPAR" and not opened:
        raise d.MetricError(d.UnopenedParenthesis(here))
    if last is not None and last.type in _ENDS and token.type in _OPERANDS:
        raise d.MetricError(d.MissingOperator(here, str(token)))
    raise d.MetricError(d.UnexpectedText(here, "the end" if at_end else str(token)))


def _limit_depth(source: Source, tree: lark.Tree[Token]) -> None:
    """Refuse a tree whose depth would exhaust the recursive stages that follow."""
    stack = [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > 2 * MAX_DEPTH:
            raise d.MetricError(d.TooLarge(None, "the nesting depth", MAX_DEPTH))
        stack += [(child, depth + 1) for child in node.children if isinstance(child, lark.Tree)]


def _span(source: Source, token: Token) -> Span:
    start = token.start_pos or 0
    return Span(source, start, start + len(token))


def _join(*pieces: Expr | Span) -> Span:
    spans = [piece if isinstance(piece, Span) else piece.span for piece in pieces]
    return spans[0].to(spans[-1])


class _Builder(Transformer_NonRecursive):  # type: ignore[type-arg]  # generic only for checkers
    """Builds syntax nodes from lark's tree; a method per grammar rule, named as there."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source

    def formula(self, children: list[Expr]) -> tuple[Definition, ...]:
        """The whole text is one expression: a metric without a name."""
        (body,) = children
        return (Definition(body.span, "metric", "", body.span, (), body),)

    def definitions(self, children: list[Definition]) -> tuple[Definition, ...]:
        """The text is a list of definitions."""
        return tuple(children)

    def definition(self, children: list[Any]) -> Definition:
        """`metric name(parameters) = body`."""
        doc = "\n".join(c[2:].strip() for c in children if isinstance(c, lark.Token) and c.type == "DOC")
        kind, name, *rest = [c for c in children if not (isinstance(c, lark.Token) and c.type == "DOC")]
        parameters: tuple[Parameter, ...] = rest[0] if isinstance(rest[0], tuple) else ()
        body: Expr = rest[-1]
        name_span = _span(self.source, name)
        return Definition(
            _join(name_span, body), kind.value, _word(name), name_span, parameters, body, doc
        )

    def parameters(self, children: list[Any]) -> tuple[Parameter, ...]:
        """`(beta = 1, smooth: count = 0)`."""
        return tuple(c for c in children if isinstance(c, Parameter))

    def parameter(self, children: list[Any]) -> Parameter:
        """`name: count = default`."""
        name, kind, default = children
        if kind is not None and kind != "count":
            raise d.MetricError(d.UnexpectedText(_span(self.source, kind), str(kind)))
        return Parameter(_span(self.source, name), _word(name), kind is not None, default)

    def signed(self, children: list[Token]) -> Fraction:
        """A number with an optional minus."""
        value = _number(self.source, children[-1])
        return -value if len(children) > 1 else value

    def let(self, children: list[Any]) -> Let:
        """`let name = value in body`."""
        start, name, value, body = children
        span = _join(_span(self.source, start), body)
        return Let(span, _word(name), _span(self.source, name), value, body)

    def binary(self, children: list[Any]) -> Binary:
        """A sum, difference, product or quotient."""
        left, sign, right = children
        if sign.type == "DIVIDE" and isinstance(right, Binary) and right.operator == "implicit":
            number, found = right.left.span.text, right.right.span.text
            raise d.MetricError(d.AmbiguousProduct(right.span, number, found))
        return Binary(_join(left, right), _SIGNS[sign.value], left, right)  # type: ignore[arg-type]

    def implicit(self, children: list[Expr]) -> Binary:
        """A product without a sign."""
        left, right = children
        return Binary(_join(left, right), "implicit", left, right)

    def power(self, children: list[Any]) -> Binary:
        """`base ^ exponent`; the exponent's tree brings its own sign token."""
        base, exponent = children
        return Binary(_join(base, exponent), "^", base, exponent)

    def exponent(self, children: list[Any]) -> Expr:
        """`^ operand`: only the operand matters."""
        operand: Expr = children[-1]
        return operand

    def squared(self, children: list[Token]) -> Number:
        """`²` and `³`."""
        (sign,) = children
        return Number(_span(self.source, sign), Fraction({"²": 2, "³": 3}[sign.value]))

    def sign(self, children: list[Any]) -> Expr:
        """Unary minus; a unary plus changes nothing."""
        token, operand = children
        span = _join(_span(self.source, token), operand)
        return operand if token.type == "PLUS" else Negate(span, operand)

    def call(self, children: list[Any]) -> Call:
        """`function(argument, name=argument)`."""
        name, *inside, close = children
        arguments = tuple(a for a in inside if isinstance(a, Argument))
        name_span = _span(self.source, name)
        return Call(_join(name_span, _span(self.source, close)), _word(name), name_span, arguments)

    def argument(self, children: list[Any]) -> Argument:
        """One argument, perhaps with its name."""
        name, value = children
        start = _span(self.source, name) if name is not None else value.span
        return Argument(_join(start, value), None if name is None else _word(name), value)

    def root(self, children: list[Any]) -> Call:
        """`√x`."""
        sign, operand = children
        name_span = _span(self.source, sign)
        argument = Argument(operand.span, None, operand)
        return Call(_join(name_span, operand), "sqrt", name_span, (argument,))

    def group(self, children: list[Any]) -> Expr:
        """Parentheses: the span grows, and a product inside is no longer ambiguous."""
        opening, inner, closing = children
        span = _join(_span(self.source, opening), _span(self.source, closing))
        if isinstance(inner, Binary) and inner.operator == "implicit":
            inner = replace(inner, operator="*")
        grown: Expr = replace(inner, span=span)
        return grown

    def name(self, children: list[Token]) -> Name:
        """A word."""
        (token,) = children
        return Name(_span(self.source, token), _word(token))

    def number(self, children: list[Token]) -> Expr:
        """A literal."""
        (token,) = children
        span = _span(self.source, token)
        return Name(span, "pi") if token == "π" else Number(span, _number(self.source, token))


def _number(source: Source, token: Token) -> Fraction:
    """Return the exact value of a literal of modest size."""
    if token == "½":
        return Fraction(1, 2)
    mantissa, _, exponent = token.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > MAX_DIGITS:
        raise d.MetricError(
            d.TooLarge(_span(source, token), "the number of digits", MAX_DIGITS)
        )
    return Fraction(str(token))


def _word(token: Token) -> str:
    """Return a name in Latin letters: β is beta."""
    return "".join(_GREEK.get(letter, letter) for letter in token)

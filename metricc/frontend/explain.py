"""Names the mistake where the grammar accepts no token: an ordered table of questions."""

from __future__ import annotations

import unicodedata
from itertools import takewhile
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..source import Span
from .grammar import load_grammar
from .names import function_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from lark import Token
    from lark.exceptions import UnexpectedToken

    from ..source import Source

_KEYWORDS = {"LET", "IN", "KIND"}
_STARTS = {"NUMBER", "NAME", "LPAR", "ROOT"}
_ENDS = {"NUMBER", "NAME", "RPAR", "SUPERSCRIPT"}
_PLACES = {"KIND": ("after `{}`", "f1"), "LET": ("after `{}`", "recall")}


def explain_character(source: Source, offset: int) -> d.Diagnostic:
    """Return the diagnostic for a character that begins no token."""
    here = Span(source, offset, offset + 1)
    code = unicodedata.name(here.text, "").lower() or f"U+{ord(here.text):04X}"
    return d.UnexpectedCharacter(here, here.text, code)


def explain_token(source: Source, text: str, error: UnexpectedToken) -> d.Diagnostic:
    """Return the diagnostic for a token that the grammar does not accept where it stands.

    `text` is what the grammar read: that of `source`, its characters made plain.
    """
    mistake = Mistake(source, text, error)
    answers = (question(mistake) for question in _QUESTIONS)
    return next(answer for answer in answers if answer is not None)


class Mistake:
    """The token that does not fit, what stands before it, and what would fit."""

    def __init__(self, source: Source, text: str, error: UnexpectedToken) -> None:
        """Read the tokens before the one that `error` is about."""
        self.source = source
        self.token = error.token
        self.type = error.token.type
        self.accepts = set(error.accepts)
        stop = len(text) if self.type == "$END" else _start(error.token)
        tokens = load_grammar().lex(text)
        self.before = list(takewhile(lambda token: _start(token) < stop, tokens))
        self.last = self.before[-1] if self.before else None
        self.open = _still_open(self.before)
        self.opening = self.before[self.open[-1]] if self.open else None

    @property
    def here(self) -> Span:
        """The token; at the end, the place behind the last one."""
        if self.type != "$END":
            return self.span(self.token)
        stop = self.span(self.last).stop if self.last else 0
        return Span(self.source, stop, stop + 1)

    @property
    def is_cut_short(self) -> bool:
        """Whether the text, or the definition, ends here."""
        return self.type in {"$END", "KIND"}

    @property
    def is_in_parameters(self) -> bool:
        """Whether this stands in the parentheses behind the name of a definition."""
        return bool(
            self.open and self.open[-1] > 1 and self.before[self.open[-1] - 2].type == "KIND"
        )

    def span(self, token: Token) -> Span:
        """Where `token` stands."""
        return Span(self.source, _start(token), _start(token) + len(token))

    def written(self, token: Token) -> str:
        """Return `token` as the user typed it."""
        return self.span(token).text

    def last_is(self, *types: str) -> bool:
        """Whether the token before this one is of one of `types`."""
        return self.last is not None and self.last.type in types


def _start(token: Token) -> int:
    return token.start_pos or 0


def _still_open(tokens: list[Token]) -> list[int]:
    """Return where each `(` stands that waits for its `)`, and each `let` for its `in`."""
    waiting: list[int] = []
    for at, token in enumerate(tokens):
        if token.type in {"LPAR", "LET"}:
            waiting.append(at)
        elif token.type in {"RPAR", "IN"}:
            waiting.pop()
    return waiting


def _nothing(m: Mistake) -> d.Diagnostic | None:
    return None if m.last or m.type != "$END" else d.EmptyFormula(None, m.source.name)


def _name(m: Mistake) -> d.Diagnostic | None:
    """Only a name fits: after `metric`, `let`, in a list of parameters, after its colon."""
    if "NAME" not in m.accepts or not m.accepts <= {"NAME", "RPAR"} or m.last is None:
        return None
    if m.opening and m.is_cut_short and m.last_is("LPAR", "COMMA"):
        return d.UnclosedParenthesis(m.span(m.opening))
    if m.last_is("COLON"):
        return d.UnknownKind(m.here)
    if m.type in _KEYWORDS:
        return d.ReservedName(m.here, m.written(m.token), "a word of the language")
    where, example = _PLACES.get(m.last.type, ("for the parameter", "beta"))
    return d.MissingName(m.here, where.format(m.written(m.last)), example)


def _equals(m: Mistake) -> d.Diagnostic | None:
    """Only `=` fits, or the parameters before it."""
    if "EQUAL" not in m.accepts or not m.accepts <= {"EQUAL", "LPAR"}:
        return None
    begin = next(token for token in reversed(m.before) if token.type in {"KIND", "LET"})
    defined = m.span(begin).to(m.here if m.last is None else m.span(m.last)).text
    return d.MissingEquals(m.here, " ".join(defined.split()))


def _parameters(m: Mistake) -> d.Diagnostic | None:
    """Inside a list of parameters, where no expression can stand."""
    if m.opening is None or m.last is None or not m.is_in_parameters:
        return None
    if "RPAR" in m.accepts and (m.is_cut_short or m.type == "EQUAL"):
        return d.UnclosedParenthesis(m.span(m.opening))
    is_next = m.type == "NAME" and m.here.start > m.span(m.last).stop
    if m.last_is("EQUAL", "MINUS") or (m.last_is("NUMBER") and not is_next):
        equals = max(at for at, token in enumerate(m.before) if token.type == "EQUAL")
        name = next(token for token in reversed(m.before[:equals]) if token.type == "NAME")
        return d.WrongDefault(m.here, m.written(name))
    if m.type == "NUMBER":
        return d.MissingEquals(m.here, m.written(m.last))
    return d.MissingComma(m.here, m.written(m.token)) if m.type == "NAME" else None


def _operand(m: Mistake) -> d.Diagnostic | None:
    """An operand may begin here."""
    if "NUMBER" not in m.accepts or m.type == "LET":
        return None
    if m.opening and m.type == "$END" and m.last_is("LPAR"):
        return d.UnclosedParenthesis(m.span(m.opening))
    where = f"after `{m.written(m.last)}`" if m.last else f"before `{m.written(m.token)}`"
    return d.MissingOperand(m.here, where)


def _unclosed(m: Mistake) -> d.Diagnostic | None:
    """What is open cannot stay open here, or what is closed is not open."""
    has_parenthesis = any(m.before[at].type == "LPAR" for at in m.open)
    if m.type == "RPAR" and not has_parenthesis:
        return d.UnopenedParenthesis(m.here)
    if m.opening is None:
        return None
    if m.opening.type == "LPAR" and (m.is_cut_short or m.type == "IN"):
        return d.UnclosedParenthesis(m.span(m.opening))
    if m.opening.type == "LET" and (m.is_cut_short or m.type in {"RPAR", "COMMA"}):
        return d.UnfinishedLet(m.span(m.opening))
    return None


def _root(m: Mistake) -> d.Diagnostic | None:
    """Something touches the operand of a root sign."""
    if m.type not in {*_STARTS, "SUPERSCRIPT", "POWER"}:
        return None
    start = _operand_start(m.before)
    if start == 0 or m.before[start - 1].type != "ROOT":
        return None
    return d.AmbiguousRoot(m.span(m.before[start - 1]), m.written(m.token))


def _operand_start(tokens: list[Token]) -> int:
    """Return the index at which the operand that ends `tokens` begins."""
    at, depth = len(tokens) - 1, 0
    while at >= 0:
        depth += {"RPAR": 1, "LPAR": -1}.get(tokens[at].type, 0)
        if depth == 0:
            break
        at -= 1
    is_call = at > 0 and tokens[at].type == "LPAR" and tokens[at - 1].type == "NAME"
    return at - 1 if is_call else max(at, 0)


def _operator(m: Mistake) -> d.Diagnostic | None:
    """Two operands stand side by side."""
    if m.last is None or m.last.type not in _ENDS or m.type not in _STARTS:
        return None
    before, found = m.written(m.last), m.written(m.token)
    if m.last.type == "NAME" and function_name(before):
        return d.MissingCallParentheses(m.span(m.last), before, found)
    line, column = m.source.locate(_start(m.token))
    starts_line = line > 1 and not m.source.line(line)[: column - 1].strip()
    return d.MissingOperator(m.here, before, found, starts_line)


def _misplaced(m: Mistake) -> d.Diagnostic:
    return d.UnexpectedText(m.here, m.written(m.token))


_QUESTIONS: tuple[Callable[[Mistake], d.Diagnostic | None], ...] = (
    _nothing,
    _name,
    _equals,
    _parameters,
    _operand,
    _unclosed,
    _root,
    _operator,
    _misplaced,
)

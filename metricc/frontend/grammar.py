"""Finds and loads `grammar/metric.lark`, in a checkout or inside an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import lark

from ..diagnostics import InternalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Token

_PACKAGE = Path(__file__).parents[1]
_PLACES = (_PACKAGE / "grammar" / "metric.lark", _PACKAGE.parent / "grammar" / "metric.lark")


@cache
def load_grammar() -> lark.Lark:
    """Return the parser of the metric language."""
    for place in _PLACES:
        if place.is_file():
            text = place.read_text(encoding="utf-8")
            return lark.Lark(text, parser="lalr", lexer="basic", postlex=_DocComments())
    raise InternalError("the file grammar/metric.lark is missing from the installation")


class _DocComments(lark.lark.PostLex):
    """Drops each `##` comment that does not stand on lines of its own above a definition."""

    always_accept = ("DOC",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Yield the tokens that the grammar sees."""
        docs: list[Token] = []
        line = 0
        for token in stream:
            if token.type == "DOC":
                docs += [token] if token.line != line else []
                continue
            if token.type == "KIND":
                yield from docs
            docs, line = [], token.line or 0
            yield token

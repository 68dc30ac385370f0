"""Finds and loads `grammar/metric.lark`, in a checkout or inside an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import lark

from ..diagnostics import InternalError

_PACKAGE = Path(__file__).parents[1]
_PLACES = (_PACKAGE / "grammar" / "metric.lark", _PACKAGE.parent / "grammar" / "metric.lark")


@cache
def load_grammar() -> lark.Lark:
    """Return the parser of the metric language."""
    for place in _PLACES:
        if place.is_file():
            return lark.Lark(place.read_text(encoding="utf-8"), parser="lalr", lexer="basic")
    raise InternalError("the file grammar/metric.lark is missing from the installation")

"""Reads the user's signs: a TOML file with a line `name = "sign"` for each."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..frontend.names import nearest
from ..frontend.parse import MAX_CHARACTERS
from ..frontend.spelling import latin
from ..ir.derivation import LETTERS
from ..reader import read_beginning
from .allowed import ALLOWED, objection
from .notation import Notation
from .signs import GREEK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

LONGEST = 80
_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
_GREEK_NAMES = {letter: rf"\{name}" for name, letter in GREEK.items()}
_GREEK = f"[{''.join(_GREEK_NAMES)}]"


def read_notation(path: Path | None, parameters: Iterable[str] = ()) -> Notation:
    """Return the paper's notation with the signs of a file in it.

    Raises:
        MetricError: the file cannot be read, or has a name or sign that will not do.
    """
    known = (*LETTERS, *parameters)
    symbols = {} if path is None else _signs(_read(path), known)
    notation = Notation(symbols)
    _check_distinct(notation, known)
    return notation


def _read(path: Path) -> Mapping[str, object]:
    try:
        text = read_beginning(path, MAX_CHARACTERS + 1)
        if len(text) > MAX_CHARACTERS:
            raise ValueError(f"it has more than {MAX_CHARACTERS} characters")
        return tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or _reason(error)
        raise d.MetricError(d.UnreadableSymbols(None, str(path), reason)) from None


def _reason(error: Exception) -> str:
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)


def _signs(entries: Mapping[str, object], known: tuple[str, ...]) -> dict[str, str]:
    return {_name(name, known): _sign(name, sign) for name, sign in entries.items()}


def _name(given: str, known: tuple[str, ...]) -> str:
    """β is beta."""
    name = latin(given)
    if name not in known:
        meant = nearest(name, known)
        advice = f"did you mean `{meant}`?" if meant in known else f"names are: {', '.join(known)}"
        raise d.MetricError(d.UnknownSymbol(None, given, advice))
    return name


def _sign(name: str, given: object) -> str:
    r"""Return a sign as LaTeX takes it: β is \beta."""
    if not isinstance(given, str):
        kind = _KINDS.get(type(given), "a date or time")
        raise d.MetricError(d.WrongSign(None, name, kind, "that is not text", ALLOWED))
    sign = re.sub(_GREEK, lambda letter: _GREEK_NAMES[letter[0]] + " ", given.strip()).strip()
    long = f"it has more than {LONGEST} characters" if len(given) > LONGEST else None
    reason = long or objection(sign)
    if reason:
        raise d.MetricError(d.WrongSign(None, name, repr(given), reason, ALLOWED))
    return sign


def _check_distinct(notation: Notation, known: tuple[str, ...]) -> None:
    """Two names may share a sign only if the user gave neither of them one."""
    seen: dict[str, str] = {}
    for name in known:
        sign = re.sub(r"[\s{}]", "", notation.latex(name))
        first = seen.setdefault(sign, name)
        if first != name and notation.symbols.keys() & {first, name}:
            raise d.MetricError(d.SameSign(None, first, name, notation.latex(name)))

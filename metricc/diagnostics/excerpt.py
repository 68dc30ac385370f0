"""Draws a piece of a source: its lines, and carets under what is meant.

 --> f.metric:3:13
  |
3 |     / ((1 + bata^2) * TP + beta^2 * FN + FP)
  |             ^^^^ no entry, parameter or metric is called `bata`
  |

Columns are counted as a terminal shows them: a tab is four, a wide character two, a combining one
none. A piece of many lines is drawn by its first and its last; a long line is cut around the piece.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..source import Source, Span

_WIDTH = 90
_LEAD = 30
_TAB = "    "


def draw(span: Span, label: str) -> list[str]:
    """Return the lines that show `span` in its source, with `label` behind the carets."""
    number, column = span.source.locate(span.start)
    rows = _rows(span)
    digits = len(str(rows[-1].number))
    margin = " " * digits
    lines = [f"{margin}--> {printable(span.source.name)}:{number}:{column}", f"{margin} |"]
    previous = number
    for row in rows:
        if row.number > previous + 1:
            lines.append(f"{'…':<{digits}} |")
        previous = row.number
        text, carets = row.draw()
        note = f" {label}" if row is rows[-1] else ""
        lines += [
            f"{row.number:>{digits}} | {text}".rstrip(),
            f"{margin} | {carets}{note}".rstrip(),
        ]
    return [*lines, f"{margin} |"]


def printable(text: str) -> str:
    """Return `text` with nothing in it that could move a terminal's cursor: � stands for that."""
    return "".join(_shown(character) for character in text)


@dataclass(frozen=True)
class _Row:
    """One line of the source and the half-open range of its characters to be marked."""

    number: int
    text: str
    start: int
    stop: int

    def draw(self) -> tuple[str, str]:
        """Return the line as shown, cut if it is long, and the carets to put under it."""
        cells = [_shown(character) for character in self.text]
        first, last = _window(cells, self.start)
        before = ("…" if first else "") + "".join(cells[first : self.start])
        marked = "".join(cells[self.start : min(self.stop, last)])
        after = "".join(cells[min(self.stop, last) : last]) + ("…" if last < len(cells) else "")
        carets = " " * _width(before) + "^" * max(self.stop > self.start, _width(marked))
        return f"{before}{marked}{after}", carets


def _rows(span: Span) -> list[_Row]:
    """Return the lines to draw: the one of `span`, or its first and its last."""
    source = span.source
    number, column = source.locate(span.start)
    last, end = source.locate(max(span.start, span.stop - 1))
    if number == last:
        return [_Row(number, source.line(number), column - 1, end)]
    between = [number + 1] if last == number + 2 else []
    rows = [_whole_row(source, at) for at in (number, *between, last)]
    return [replace(rows[0], start=column - 1), *rows[1:-1], replace(rows[-1], stop=end)]


def _whole_row(source: Source, number: int) -> _Row:
    """Return a line with all of it marked but its indentation and its comment."""
    text = source.line(number)
    code = text.partition("#")[0].rstrip()
    return _Row(number, text, len(text) - len(text.lstrip()), len(code))


def _window(cells: list[str], start: int) -> tuple[int, int]:
    """Return which characters of a line to show: all, or those around `start`."""
    if _width("".join(cells)) <= _WIDTH:
        return 0, len(cells)
    first = max(0, start - _LEAD)
    last, room = first, _WIDTH
    while last < len(cells) and (room := room - _width(cells[last])) >= 0:
        last += 1
    return first, last


def _shown(character: str) -> str:
    if character == "\t":
        return _TAB
    if character.isprintable():
        return character
    return " " if character.isspace() and unicodedata.category(character) != "Cc" else "�"


def _width(text: str) -> int:
    """Return the columns that `text` takes in a terminal."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1

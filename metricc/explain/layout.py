"""Lines of a report, none of them longer than a terminal is wide."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

WIDTH = 100
_LABEL = 14


def section(title: str, lines: list[str]) -> list[str]:
    """Return a headed block, or nothing if there is nothing to say."""
    return ["", title, *(f"  {line}".rstrip() for line in lines)] if lines else []


def wrapped(text: str, lead: str = "", hang: str | None = None) -> list[str]:
    """Return `text` behind `lead`, its further lines under its beginning, or behind `hang`."""
    return textwrap.wrap(
        text,
        WIDTH - 2,
        initial_indent=lead,
        subsequent_indent=" " * len(lead) if hang is None else hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def labelled(label: str, *texts: str) -> list[str]:
    """Return rows of text with one label in front of the first."""
    lines: list[str] = []
    for text in texts:
        lines += wrapped(text, ("" if lines else label).ljust(_LABEL))
    return lines


def arrow(label: str, before: str, after: str) -> list[str]:
    """Return `before → after`, on one line if there is room, else on lines of their own."""
    short = f"{label}  {before}  →  {after}"
    if len(short) <= WIDTH - 2:
        return [short]
    lead = f"{label}  "
    return [*wrapped(before, lead), *wrapped(after, "→ ".rjust(len(lead)))]


@dataclass(frozen=True)
class Table:
    """Columns that are as wide as what stands in them."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def lines(self) -> list[str]:
        """Return the head and the rows."""
        table = (self.head, *self.rows)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            for row in table
        ]

"""Text with positions: where a formula came from, and which piece of it is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Source:
    """A text to compile and the name that diagnostics call it by."""

    name: str
    text: str

    def locate(self, offset: int) -> tuple[int, int]:
        """Return the line and column of `offset`, both counted from 1, in characters."""
        ends = [end.end() for end in _LINE_END.finditer(self.text, 0, offset)]
        return len(ends) + 1, offset - (ends[-1] if ends else 0) + 1

    def line(self, number: int) -> str:
        """Return line `number` (from 1) without its end."""
        return _LINE_END.split(self.text)[number - 1]


@dataclass(frozen=True)
class Span:
    """A piece of a source: the half-open range of offsets `start`..`stop`."""

    source: Source
    start: int
    stop: int

    @property
    def text(self) -> str:
        """The piece itself."""
        return self.source.text[self.start : self.stop]

    def to(self, other: Span) -> Span:
        """Return the smallest span that holds this one and a later one."""
        return Span(self.source, self.start, max(self.stop, other.stop))

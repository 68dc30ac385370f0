"""Text with positions: where a formula came from, and which piece of it is meant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A text to compile and the name that diagnostics call it by."""

    name: str
    text: str

    def locate(self, offset: int) -> tuple[int, int]:
        """Return the line and column of `offset`, both counted from 1."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def line(self, number: int) -> str:
        """Return line `number` (from 1) without its end."""
        return self.text.split("\n")[number - 1]


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

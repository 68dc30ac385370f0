"""What all mistakes share: words with holes, a place, and the exception that carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .excerpt import draw, printable

if TYPE_CHECKING:
    from ..source import Span

OPEN_DIVISOR = (
    "`{divisor}` multiplies after it divides; if a product or sum is to divide, put all of it into"
    " parentheses: `/(…)`"
)
_LONGEST_FILLING = 200


class MetricError(ValueError):
    """The user's formula or options are wrong; `diagnostic` says where and what to type."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        """Carry `diagnostic`; the exception's text is its picture."""
        super().__init__(diagnostic.render())
        self.diagnostic = diagnostic

    def __reduce__(self) -> tuple[type[MetricError], tuple[Diagnostic]]:
        """Pickle by the diagnostic, so that the error crosses process borders."""
        return MetricError, (self.diagnostic,)


class InternalError(Exception):
    """A stage of metricc broke its own contract; never the user's fault."""

    def __init__(self, what: str) -> None:
        """Say `what` broke, and ask for a report."""
        super().__init__(f"metricc is wrong here, please report it: {what}")


@dataclass(frozen=True)
class Diagnostic:
    """One mistake at one place. Subclasses set the words; their fields fill the holes.

    `title` names the mistake, `label` says what is wrong here, `help` what to type.
    """

    title: ClassVar[str]
    label: ClassVar[str]
    help: ClassVar[str]
    severity: ClassVar[str] = "error"

    span: Span | None

    def render(self) -> str:
        """Return the picture: title, place, the lines with carets under them, help."""
        label = self._fill(self.label)
        place = [f"  {label}"] if self.span is None else draw(self.span, label)
        return "\n".join(
            [f"{self.severity}: {self.title}", *place, f"help: {self._fill(self.hint())}"]
        )

    @property
    def summary(self) -> str:
        """What is wrong, in a line: title and label."""
        return f"{self.title}: {self._fill(self.label)}"

    def hint(self) -> str:
        """Return the help, its holes unfilled; overridden where it depends on the case."""
        return self.help

    def _fill(self, words: str) -> str:
        """Put the fields into the holes, cut to a length that can be read."""
        fields = vars(self).items()
        return words.format_map({name: _short(value) for name, value in fields if name != "span"})


def _short(value: object) -> str:
    text = printable(" ".join(str(value).split()))
    return text if len(text) <= _LONGEST_FILLING else f"{text[:_LONGEST_FILLING]}…"

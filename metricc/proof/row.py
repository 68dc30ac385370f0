"""A line of the table that `metricc check` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Row:
    """What was compared with what, and how it came out; `holds` None says that it was not run."""

    what: str
    against: str
    figure: str = ""
    limit: str = ""
    holds: bool | None = None
    details: tuple[str, ...] = ()


def within(what: str, against: str, error: float, limit: float) -> Row:
    """Return the row of an error that is to stay below a limit; NaN does not."""
    return Row(what, against, f"{error:.1e}", f"{limit:.0e}", error <= limit)


def relative(found: Tensor, wanted: Tensor) -> float:
    """Return the largest error over the largest element."""
    return ((found - wanted).abs().max() / wanted.abs().max()).item()


def passed(what: str, against: str, failures: list[str], cases: int) -> Row:
    """Return the row of yes-or-no cases, with those that fail."""
    figure = f"{cases - len(failures)} of {cases}"
    return Row(what, against, figure, "all", not failures, tuple(failures))


def unmade(what: str, against: str, reason: str) -> Row:
    """Return the row of what cannot be run here."""
    return Row(what, against, details=(reason,))

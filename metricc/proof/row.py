"""A line of the table that `metricc check` prints."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was compared with what, and how it came out; `holds` None says that it was not run."""

    what: str
    against: str
    figure: str
    limit: str
    holds: bool | None


def within(what: str, against: str, error: float, limit: float) -> Row:
    """Return the row of an error that is to stay below a limit; NaN does not."""
    return Row(what, against, f"{error:.1e}", f"{limit:.0e}", error <= limit)


def passed(what: str, against: str, failures: list[str], cases: int) -> Row:
    """Return the row of yes-or-no cases, the first failure named."""
    figure = f"{cases - len(failures)} of {cases}"
    first = f"{figure}: {failures[0]}" if failures else figure
    return Row(what, against, first, "", not failures)


def unmade(what: str, against: str, reason: str) -> Row:
    """Return the row of what cannot be run here."""
    return Row(what, against, reason, "", None)


def worst(*errors: float) -> float:
    """Return the largest error, NaN if one of them is."""
    return math.nan if any(math.isnan(error) for error in errors) else max(errors)

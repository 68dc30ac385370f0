"""A line of the table that `metricc check` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from .numbers import Array


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


def relative(found: Tensor, wanted: Tensor, usual: float = 0.0) -> float:
    """Return the largest error over the largest element, or over what is usual if all are less."""
    size = max(wanted.abs().max().item(), usual)
    error = (found - wanted).abs().max().item()
    return error / size if error else 0.0


def worst(errors: Array) -> float:
    """Return the largest of some errors; NaN if there is one, which `max` would not see."""
    return float(np.max(np.asarray(errors, dtype=np.float64), initial=0.0))


def passed(what: str, against: str, failures: list[str], cases: int) -> Row:
    """Return the row of yes-or-no cases, with those that fail."""
    figure = f"{cases - len(failures)} of {cases}"
    return Row(what, against, figure, "all", not failures, tuple(failures))


def unmade(what: str, against: str, reason: str) -> Row:
    """Return the row of what cannot be run here."""
    return Row(what, against, details=(reason,))

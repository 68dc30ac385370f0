"""The passes from a typed metric to its program, one per line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .differentiate import differentiate
from .lower import lower
from .schedule import schedule
from .simplify import simplify
from .stabilize import stabilize

if TYPE_CHECKING:
    from ..ir.program import Program
    from ..ir.symbolic import Gradient, Symbolic
    from ..ir.typed import TypedMetric


@dataclass(frozen=True)
class Passes:
    """What each of them made, by the names of a `Compilation`."""

    symbolic: Symbolic
    derived: Gradient
    gradient: Gradient
    scheduled: Program
    program: Program


def run_passes(typed: TypedMetric) -> Passes:
    """Return the result of each pass.

    Raises:
        MetricError: a constant part has no finite real value.
    """
    symbolic = lower(typed)
    derived = differentiate(symbolic)
    gradient = simplify(derived)
    scheduled = schedule(gradient)
    program = stabilize(scheduled)
    return Passes(symbolic, derived, gradient, scheduled, program)

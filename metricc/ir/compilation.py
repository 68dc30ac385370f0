"""What each stage made of one formula: the argument of every target, and of whoever explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..diagnostics import Diagnostic
    from ..source import Source
    from .behaviour import Behaviour, Singularity
    from .program import Program
    from .symbolic import Gradient, Symbolic
    from .syntax import Definition
    from .typed import TypedMetric


@dataclass(frozen=True, eq=False)
class Compilation:
    """The result of each stage but the last, in the order in which they are made.

    Compared by identity, so that what is costly to make of it can be kept.

    `given` are the parameters' values as the user gave them; `derived` is the gradient before
    simplify, `scheduled` the program before stabilize; `warnings` are those to show
    once. `evaluated` is the metric of a loss that changes it before it is averaged.
    """

    source: Source
    given: Mapping[str, float]
    definitions: tuple[Definition, ...]
    typed: TypedMetric
    symbolic: Symbolic
    derived: Gradient
    gradient: Gradient
    scheduled: Program
    program: Program
    behaviour: Behaviour
    singularities: tuple[Singularity, ...]
    warnings: tuple[Diagnostic, ...] = ()
    evaluated: Program | None = None

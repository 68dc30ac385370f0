"""analyse: what a loss must know of its metric, and what deserves a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.behaviour import Behaviour
from .classes import analyse_classes
from .direction import from_perfection, from_slopes
from .exact import Exact
from .kinks import find_kinks
from .limits import unbounded
from .monotony import find_witness
from .sampler import TOLERANCE, Sampler
from .sides import one_sided

if TYPE_CHECKING:
    from ..ir.behaviour import Singularity
    from ..ir.program import Program
    from ..ir.symbolic import Symbolic

_NOISE = 1e-12


def analyse(
    symbolic: Symbolic, program: Program, singularities: tuple[Singularity, ...]
) -> Behaviour:
    """Look at confusion matrices of many sizes and shapes; some tens of milliseconds."""
    if program.is_joint:
        return analyse_classes(symbolic.metric, program)
    sampler, exact = Sampler(symbolic.metric, program), Exact(symbolic.metric)
    samples = [s for s in map(sampler.sample, sampler.entries()) if s is not None]
    values = [s.value for s in samples] + [v for v in sampler.edges() if v is not None]
    at_most_one = bool(values) and max(values) <= 1 + TOLERANCE
    at_least_zero = bool(values) and min(values) >= -TOLERANCE
    if samples and all(s.size <= _NOISE * abs(s.value) for s in samples):
        return Behaviour(None, True, at_most_one)
    by_slopes = from_slopes(samples)
    direction = by_slopes or from_perfection(sampler)
    return Behaviour(
        direction,
        is_constant=False,
        is_at_most_one=at_most_one,
        is_at_least_zero=at_least_zero,
        is_monotone=by_slopes is not None,
        witness=find_witness(sampler, exact, direction, singularities) if direction else None,
        one_sided=one_sided(exact, direction) if direction else "",
        unbounded=unbounded(sampler, singularities),
        kinks=find_kinks(symbolic),
    )

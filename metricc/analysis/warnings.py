"""The warnings that an analysis gives: the few to read at each compilation, and all others."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..ir.typed import ENTRIES
from .batches import SMOOTH, one_class_batches
from .classes import value_without_a_class
from .kinks import KINKED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..ir.behaviour import Behaviour, Direction, Side, Singularity
    from ..ir.program import Program
    from ..ir.typed import Term, TypedMetric
    from ..source import Span
    from .batches import Batch

_VARIES = "what is left with `zero_division` in the place of 0/0"
_ALL_CLASSES = f"set smooth={SMOOTH:g}, or take batches that hold all classes"
_GOOD_END: dict[Direction | None, Side] = {"max": "above", "min": "below"}


def find_warnings(
    metric: TypedMetric,
    program: Program,
    behaviour: Behaviour,
    singularities: tuple[Singularity, ...],
    *,
    is_thorough: bool = False,
) -> tuple[d.Diagnostic, ...]:
    """Return what to warn of.

    A batch of one class that has a value, and no gradient, costs a step and no more: it is
    mentioned only if `is_thorough`.
    """
    if behaviour.is_constant:
        return (d.IgnoresPredictions(metric.span),)
    if program.is_joint:
        return (*_of_behaviour(metric, behaviour, ()), *_of_absent_class(metric, program))
    batches = one_class_batches(metric, program)
    told = [batch for batch in batches if is_thorough or not batch.is_defined]
    poles = [found.equation for found in singularities if found.kind == "x/0" and found.equation]
    return (*_of_behaviour(metric, behaviour, poles), *_of_batches(metric.span, told))


def _of_behaviour(
    metric: TypedMetric, behaviour: Behaviour, poles: Sequence[str]
) -> Iterator[d.Diagnostic]:
    span, found = metric.span, behaviour.witness
    if behaviour.one_sided:
        yield d.OneSided(span, behaviour.one_sided)
    if found is not None:
        matrices = (shown_matrix(matrix) for matrix in (found.before, found.after))
        yield d.NotMonotone(span, *matrices, *(f"{value:.4g}" for value in found.values))
    if behaviour.unbounded:
        pole = f", with a pole where {' or '.join(poles)}" if poles else ""
        has_no_best = _GOOD_END.get(behaviour.direction) in behaviour.unbounded
        yield d.Unbounded(span, " and ".join(behaviour.unbounded), pole, has_no_best)
    if behaviour.kinks:
        yield d.Kinked(_first_kinked(metric.body) or span, ", or ".join(behaviour.kinks))


def _of_absent_class(metric: TypedMetric, program: Program) -> Iterator[d.Diagnostic]:
    value = value_without_a_class(metric, program)
    if value is not None:
        shown = _VARIES if isnan(value) else f"{value:.4g}"
        yield d.UndefinedBatch(metric.span, "one of the classes", shown, _ALL_CLASSES)


def shown_matrix(matrix: Sequence[int]) -> str:
    """(1, 0, 2, 3) → `TP=1 TN=0 FP=2 FN=3`."""
    return " ".join(f"{name}={count}" for name, count in zip(ENTRIES, matrix, strict=True))


def _first_kinked(body: Term) -> Span | None:
    waiting, seen = [body], {body}
    while waiting:
        term = waiting.pop()
        if term.op in KINKED:
            return term.span
        below = [arg for arg in reversed(term.args) if arg not in seen]
        seen.update(below)
        waiting += below
    return None


def _of_batches(span: Span, batches: Sequence[Batch]) -> Iterator[d.Diagnostic]:
    """Warn of batches alike in one go."""
    undefined: dict[tuple[str, str], list[str]] = {}
    silent: dict[str, list[str]] = {}
    for batch in batches:
        if not batch.is_defined:
            value = f"{batch.value + 0.0:.4g}" if batch.is_same else _VARIES
            undefined.setdefault((value, batch.advice), []).append(batch.missing)
        elif batch.slope == 0:
            silent.setdefault(batch.advice, []).append(batch.missing)
    for (value, advice), missing in undefined.items():
        yield d.UndefinedBatch(span, " or ".join(missing), value, advice)
    for advice, missing in silent.items():
        yield d.SilentBatch(span, " or ".join(missing), advice)

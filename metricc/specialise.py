"""specialise: the compilation of a metric → that of what a loss takes the gradient of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import diagnostics as d
from .evaluate import floats, run_value
from .ir.typed import open_divisor
from .passes.aggregate import Aggregation, aggregate
from .passes.draws import same_draws
from .passes.run import run_passes

if TYPE_CHECKING:
    from .ir.behaviour import Behaviour, Direction
    from .ir.compilation import Compilation
    from .ir.typed import TypedMetric
    from .targets.options import LossOptions

_NO_POSITIVES = {"tp": 0.0, "fn": 0.0, "fp": 2.0, "tn": 3.0}


@same_draws()
def specialise(compilation: Compilation, options: LossOptions) -> Compilation:
    """Return the compilation of the metric itself, or of an average, a power or a logarithm of it.

    Raises:
        MetricError: the metric has no direction or no gradient, or is not in the range of a power.
    """
    behaviour, span = compilation.behaviour, compilation.typed.span
    if behaviour.is_constant:
        raise d.MetricError(d.NoGradient(span))
    direction = options.direction or behaviour.direction
    if direction is None:
        raise d.MetricError(d.NoDirection(span, open_divisor(compilation.typed.body)))
    _refuse_other_ranges(behaviour, options)
    found = replace(compilation, behaviour=replace(behaviour, direction=direction))
    how = Aggregation(
        average=options.average if options.average in ("macro", "weighted") else None,
        is_exclusive=options.is_softmax,
        is_weighted=options.weight is not None,
        log=options.log,
        exponent=options.exponent,
        leaves_out=options.log and options.average is not None and _is_lost(compilation, direction),
    )
    if how.changes:
        found = _aggregated(found, how, direction)
    if options.is_reshaped:
        plain = replace(how, log=False, exponent=1.0, leaves_out=False)
        found = replace(found, evaluated=_aggregated(compilation, plain, direction).program)
    return found


def _refuse_other_ranges(behaviour: Behaviour, options: LossOptions) -> None:
    """A power is of 1 - M, a logarithm of M: of numbers from 0 to 1."""
    is_in_range = behaviour.is_at_most_one and (behaviour.is_at_least_zero or not options.log)
    if options.is_reshaped and not is_in_range:
        option = "`log`" if options.log else "`exponent`"
        what = f"{option} and a metric beyond {'[0, 1]' if options.log else '1'}"
        advice = "leave it out, or bring the metric to [0, 1] by a formula: (1 + mcc)/2"
        raise d.MetricError(d.Conflict(None, what, advice))


def _is_lost(compilation: Compilation, direction: Direction) -> bool:
    """Tell whether a class without positives is at its worst, whatever is predicted."""
    program, typed = compilation.program, compilation.typed
    values = (float(parameter.default) for parameter in typed.parameters)
    given = dict(zip(program.parameters, values, strict=True))
    value = float(run_value(program, floats(), {**given, **_NO_POSITIVES}))
    return value == {"max": 0.0, "min": 1.0}[direction]


def _aggregated(compilation: Compilation, how: Aggregation, direction: Direction) -> Compilation:
    """Run the passes again, on the metric with something around it."""
    typed = aggregate(compilation.typed, how, direction)
    return replace(compilation, typed=typed, **vars(run_passes(typed)))


def warnings_of_task(metric: TypedMetric, options: LossOptions) -> tuple[d.Diagnostic, ...]:
    """Return what to know of a metric that a task gives several classes."""
    found: list[d.Diagnostic] = []
    if options.is_softmax and options.average == "micro" and options.classes is None:
        found.append(d.FunctionOfAccuracy(metric.span))
    if options.has_classes and metric.of_classes not in ("", "exclusive"):
        found.append(d.OfTwoClasses(metric.span, metric.name, metric.of_classes))
    return tuple(found)

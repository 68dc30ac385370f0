"""The pipeline, a stage per line; every stage is a function from one frozen type to the next.

parse               text                  → definitions     frontend/parse.py
check               definitions           → TypedMetric     frontend/check.py
lower               TypedMetric           → Symbolic        passes/lower.py
differentiate       Symbolic              → Gradient        passes/differentiate.py
simplify            Gradient              → Gradient        passes/simplify.py
schedule            Gradient              → Program         passes/schedule.py
stabilize           Program               → Program         passes/stabilize.py
find_singularities  Symbolic              → Singularity, …  analysis/singularities.py
analyse             Symbolic, Program     → Behaviour       analysis/behaviour.py
find_warnings       Behaviour             → Diagnostic, …   analysis/warnings.py
specialise          Compilation           → Compilation     passes/aggregate.py and those above
emit                Compilation           → Artifact        targets/

What is made of a compilation on request: derivation/ (steps on paper, which formats/ writes),
explain/ (a report), plot/ (a picture). surrogate.py runs surrogates through the same passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from numbers import Integral, Real
from typing import TYPE_CHECKING, cast

from . import diagnostics as d
from .analysis.behaviour import analyse
from .analysis.singularities import find_singularities
from .analysis.warnings import find_warnings
from .frontend.check import check
from .frontend.parse import parse
from .ir.compilation import Compilation
from .library import load_library
from .passes.aggregate import Aggregation, aggregate
from .passes.differentiate import differentiate
from .passes.lower import lower
from .passes.schedule import schedule
from .passes.simplify import simplify
from .passes.stabilize import stabilize
from .targets import OF_LOSSES, TARGETS

if TYPE_CHECKING:
    from .ir.behaviour import Direction
    from .source import Source
    from .targets.options import LossOptions
    from .targets.target import Artifact


LARGEST_PARAMETER = 1e30


def compile_source(source: Source, params: Mapping[str, float] | None = None) -> Compilation:
    """Run every stage but the last.

    Raises:
        MetricError: the formula, or a parameter's value, is wrong.
    """
    if params is not None and not isinstance(params, Mapping):
        raise TypeError(f"params must be a mapping of names to numbers, not {params!r}")
    given = {str(name): _plain(str(name), value) for name, value in (params or {}).items()}
    values = {name: Fraction(repr(value)) for name, value in given.items()}  # 0.1 is 1/10
    definitions = parse(source)
    typed = check(definitions, load_library(), values)
    symbolic = lower(typed)
    derived = differentiate(symbolic)
    gradient = simplify(derived)
    scheduled = schedule(gradient)
    program = stabilize(scheduled)
    singularities = find_singularities(symbolic)
    behaviour = analyse(symbolic, program, singularities)
    warnings = find_warnings(typed, program, behaviour, singularities)
    return Compilation(
        source=source,
        given=given,
        definitions=definitions,
        typed=typed,
        symbolic=symbolic,
        derived=derived,
        gradient=gradient,
        scheduled=scheduled,
        program=program,
        behaviour=behaviour,
        singularities=singularities,
        warnings=(*typed.warnings, *warnings),
    )


def emit(
    compilation: Compilation, options: LossOptions, name: str = "", target: str = "torch"
) -> Artifact:
    """Run the last stage; `name` overrides the metric's own.

    Raises:
        MetricError: there is no such target, or the metric cannot be a loss with these options.
    """
    if target not in TARGETS:
        wanted = " or ".join(f'"{known}"' for known in TARGETS)
        raise d.MetricError(d.WrongValue(None, "target", repr(target), wanted))
    if target in OF_LOSSES:
        options = options.resolved(is_joint=compilation.typed.is_joint)
        artifact = TARGETS[target](specialise(compilation, options), options, name)
        is_pooled = options.is_softmax and options.average == "micro" and options.classes is None
        warnings = (d.FunctionOfAccuracy(compilation.typed.span),) if is_pooled else ()
        return replace(artifact, warnings=warnings)
    return TARGETS[target](compilation, options, name)


def specialise(compilation: Compilation, options: LossOptions) -> Compilation:
    """Return the compilation of what a loss takes the gradient of: an average, or a power of M.

    Raises:
        MetricError: the metric has no direction or no gradient.
    """
    behaviour = compilation.behaviour
    if behaviour.is_constant:
        raise d.MetricError(d.NoGradient(compilation.typed.span))
    direction = options.direction or behaviour.direction
    if direction is None:
        raise d.MetricError(d.NoDirection(compilation.typed.span))
    if options.is_reshaped and not behaviour.is_at_most_one:
        raise d.MetricError(
            d.Conflict(None, "`log` or `exponent` and a metric beyond 1", "neither")
        )
    found = replace(compilation, behaviour=replace(behaviour, direction=direction))
    how = Aggregation(
        average=options.average if options.average in ("macro", "weighted") else None,
        is_exclusive=options.is_softmax,
        is_weighted=options.weight is not None,
        log=options.log,
        exponent=options.exponent,
    )
    if how != Aggregation(is_exclusive=how.is_exclusive):
        found = _aggregated(found, how, direction)
    if options.is_reshaped:
        plain = replace(how, log=False, exponent=1.0)
        found = replace(found, evaluated=_aggregated(compilation, plain, direction).program)
    return found


def _aggregated(compilation: Compilation, how: Aggregation, direction: Direction) -> Compilation:
    """Run the passes again, on the metric with something around it."""
    typed = aggregate(compilation.typed, how, direction)
    symbolic = lower(typed)
    derived = differentiate(symbolic)
    gradient = simplify(derived)
    scheduled = schedule(gradient)
    return replace(
        compilation,
        typed=typed,
        symbolic=symbolic,
        derived=derived,
        gradient=gradient,
        scheduled=scheduled,
        program=stabilize(scheduled),
    )


def _plain(name: str, value: object) -> float:
    """Return a parameter's value as an int or a float, whatever number it came as."""
    number = cast("float", value if isinstance(value, Real) else math.nan)
    if isinstance(value, bool) or not abs(number) <= LARGEST_PARAMETER:
        wanted = f"a finite number, at most {LARGEST_PARAMETER:g}"
        raise d.MetricError(d.WrongValue(None, name, repr(value), wanted))
    return int(number) if isinstance(value, Integral) else float(number)

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
specialise          Compilation           → Compilation     specialise.py
emit                Compilation           → Artifact        targets/

passes/run.py calls those from lower to stabilize; specialise calls it again, for the average that
passes/aggregate.py puts around the metric. What is made of a compilation on request: derivation/
(steps on paper, which formats/ writes), explain/ (a report), plot/ (a picture). surrogate.py runs
surrogates through the same passes. kernels/ builds the loops in C of emitted files, when these run;
proof/ runs such a file against its formula, and takes nothing from here but names and direction.
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
from .passes.draws import same_draws
from .passes.run import run_passes
from .specialise import specialise, warnings_of_task
from .targets import OF_LOSSES, TARGETS

if TYPE_CHECKING:
    from .source import Source
    from .targets.options import LossOptions
    from .targets.target import Artifact


LARGEST_PARAMETER = 1e30


@same_draws()
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
    passes = run_passes(typed)
    singularities = find_singularities(passes.symbolic)
    behaviour = analyse(passes.symbolic, passes.program, singularities)
    warnings = find_warnings(typed, passes.program, behaviour, singularities)
    if passes.gradient.is_too_large:
        warnings = (*warnings, d.Unsimplified(typed.span))
    return Compilation(
        source=source,
        given=given,
        definitions=definitions,
        typed=typed,
        **vars(passes),
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
    if not isinstance(name, str):
        raise d.MetricError(d.WrongValue(None, "name", repr(name), "a name, as text"))
    if target not in TARGETS:
        wanted = " or ".join(f'"{known}"' for known in TARGETS)
        raise d.MetricError(d.WrongValue(None, "target", repr(target), wanted))
    if target in OF_LOSSES:
        options = options.resolved(compilation.typed)
        artifact = TARGETS[target](specialise(compilation, options), options, name)
        return replace(artifact, warnings=warnings_of_task(compilation.typed, options))
    return TARGETS[target](compilation, options, name)


def _plain(name: str, value: object) -> float:
    """Return a parameter's value as an int or a float, whatever number it came as."""
    number = cast("float", value if isinstance(value, Real) else math.nan)
    if isinstance(value, bool) or not abs(number) <= LARGEST_PARAMETER:
        wanted = f"a finite number, at most {LARGEST_PARAMETER:g}"
        raise d.MetricError(d.WrongValue(None, name, repr(value), wanted))
    return int(number) if isinstance(value, Integral) else float(number)

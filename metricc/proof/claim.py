"""What an emitted file says of itself in its first lines: the formula, and the options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..compiler import compile_source
from ..frontend.check import check_surrogate
from ..library import load_library
from ..source import Source
from ..targets.header import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ir.compilation import Compilation
    from ..ir.surrogate import TypedSurrogate
    from ..ir.typed import TypedMetric
    from ..targets.options import LossOptions
    from .header import Header


@dataclass(frozen=True)
class Claim:
    """What the file is to compute: of the formula, nothing but names and direction are resolved.

    `stated` is the formula as the header has it, and `is_consistent` whether the command says
    the same.
    """

    typed: TypedMetric
    options: LossOptions
    rises: bool
    is_at_most_one: bool
    stated: str
    is_consistent: bool

    @property
    def surrogate(self) -> TypedSurrogate | None:
        """The soft decision as the library defines it; None where classes exclude each other."""
        if self.options.is_softmax:
            return None
        library = load_library()
        return check_surrogate(library.surrogates[str(self.options.surrogate)].definition, library)

    @property
    def is_joint(self) -> bool:
        """Tell whether the formula itself joins several classes."""
        return self.typed.is_joint

    @property
    def parameters(self) -> dict[str, float]:
        """The metric's own parameters, in order."""
        return {parameter.name: float(parameter.default) for parameter in self.typed.parameters}


def make_claim(
    header: Header,
    formula: str,
    params: Mapping[str, float],
    options: LossOptions,
    defaults: Mapping[str, float],
) -> Claim:
    """Resolve what a header says.

    `formula` and `params` are those of the command; `defaults` the numbers that the constructor
    of the loss takes beyond options: of a formula from a file, these are the parameters.

    Raises:
        MetricError: the formula means nothing by itself, or the options exclude each other.
    """
    is_file = formula.endswith(".metric")
    compiled = _compile_stated(header, defaults) if is_file else _compile(formula, params)
    typed, behaviour = compiled.typed, compiled.behaviour
    return Claim(
        typed=typed,
        options=options.resolved(typed),
        rises=(options.direction or behaviour.direction) != "min",
        is_at_most_one=behaviour.is_at_most_one,
        stated=header.formula,
        is_consistent=is_file or one_line(typed.text) == header.formula,
    )


def _compile_stated(header: Header, params: Mapping[str, float]) -> Compilation:
    """Compile the formula of a header; one that uses other definitions is written out below it."""
    try:
        return _compile(header.formula, params)
    except d.MetricError:
        if not header.over_entries:
            raise
        return _compile(header.over_entries, params)


def _compile(formula: str, params: Mapping[str, float]) -> Compilation:
    return compile_source(Source("<formula>", formula), params)

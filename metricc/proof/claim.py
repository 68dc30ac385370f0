"""What an emitted file says of itself in its first lines: the formula, and the options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..compiler import compile_source
from ..frontend.check import check_surrogate
from ..library import load_library
from ..source import Source
from ..targets.header import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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

    def argument(self, parameter: str, arguments: Collection[str]) -> str:
        """Return what a parameter is called among the arguments of the constructor."""
        return f"{parameter}_" if f"{parameter}_" in arguments else parameter


def make_claim(
    header: Header,
    formula: str,
    params: Mapping[str, float],
    options: LossOptions,
    defaults: Mapping[str, object],
) -> Claim:
    """Resolve what a header says.

    `formula` and `params` are those of the command; `defaults` what the constructor of the loss
    takes, among it the parameters of a formula that comes from a file which is not at hand.

    Raises:
        MetricError: the formula means nothing by itself, or the options exclude each other.
    """
    is_file = formula.endswith(".metric")
    if is_file:  # which may define again what the library has: so without any definition
        stated = header.over_entries or header.formula
        compiled = _compile(stated, {**_parameters_in(stated, defaults), **params})
    else:
        compiled = _compile(formula, params)
    typed, behaviour = compiled.typed, compiled.behaviour
    return Claim(
        typed=typed,
        options=options.resolved(typed),
        rises=(options.direction or behaviour.direction) != "min",
        is_at_most_one=behaviour.is_at_most_one,
        stated=header.formula,
        is_consistent=is_file or one_line(typed.text) == header.formula,
    )


def _parameters_in(formula: str, defaults: Mapping[str, object]) -> dict[str, float]:
    """Return those arguments of a constructor that a formula names: its parameters.

    One called like something else in the file has an underscore there, and goes before it.
    """
    words = set(re.findall(r"\w+", formula))
    numbers = {name: x for name, x in defaults.items() if isinstance(x, int | float)}
    plain = {name: float(x) for name, x in numbers.items() if name in words}
    marked = {name[:-1]: float(x) for name, x in numbers.items() if name.endswith("_")}
    return plain | {name: x for name, x in marked.items() if name in words}


def _compile(formula: str, params: Mapping[str, float]) -> Compilation:
    return compile_source(Source("<formula>", formula), params)

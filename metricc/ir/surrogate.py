"""A surrogate A(p; sharpness, threshold): checked, in sympy, and compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .typed import TypedMetric

if TYPE_CHECKING:
    import sympy as sp

    from .program import Program
    from .symbolic import Binding

SURROGATE_PARAMETERS = ("p", "sharpness", "threshold")
"""What every surrogate is a function of."""


@dataclass(frozen=True)
class TypedSurrogate(TypedMetric):
    """A formula without entries; its parameters are SURROGATE_PARAMETERS."""


@dataclass(frozen=True)
class SymbolicSurrogate:
    """The soft decision A, what it lacks to 1, and A', over p, sharpness, threshold and bindings.

    `labels` are the user's `let` names, and those of the scalars that rescaling takes.
    """

    bindings: tuple[Binding, ...]
    soft: sp.Expr
    rest: sp.Expr
    slope: sp.Expr
    labels: tuple[tuple[sp.Expr, str], ...]


@dataclass(frozen=True)
class CompiledSurrogate:
    """A surrogate as programs over p, q = 1 - p, sharpness and threshold.

    The results of `program` are `soft` (A), `rest` (1 - A) and `slope` (A'). What depends on p or
    q has the shape "sample"; the scalars of a section come first. `forward` gives `soft` and
    `rest` alone and `backward` `slope` alone, each written as if there were no other. One that is
    to be `rescaled` and has A(0) = 0 and A(1) = 1 as it is, is not stretched. `symbolic` is the
    surrogate before any rescaling, for whoever prints it.
    """

    name: str
    summary: str
    source: str
    rescaled: bool
    is_stretched: bool
    typed: TypedSurrogate
    symbolic: SymbolicSurrogate
    program: Program
    forward: Program
    backward: Program

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return `sharpness` and `threshold`, if it depends on them."""
        return self.program.parameters

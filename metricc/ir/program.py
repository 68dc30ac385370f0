"""The straight-line program that a target prints: assignments in two sections, with shapes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from .operators import REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction


@dataclass(frozen=True)
class Num:
    """A literal: exact, or the double next to an irrational constant."""

    value: Fraction | float


@dataclass(frozen=True)
class Ref:
    """The value of an entry, a parameter or an earlier assignment."""

    name: str


@dataclass(frozen=True)
class Op:
    """add sub mul div neg, or a named function, on operands."""

    op: str
    args: tuple[Expr, ...]

    def __hash__(self) -> int:
        """Return what is computed once: expressions are keys, and may be long."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.op, self.args))

    def __reduce__(self) -> tuple[type[Op], tuple[str, tuple[Expr, ...]]]:
        """Pickle without the hash, which is another in another process."""
        return Op, (self.op, self.args)


Expr = Num | Ref | Op

Shape = Literal["scalar", "class", "sample"]
"""One number per group, one per class of a group, or one per prediction."""

GUARDS = frozenset({"nonzero", "nonnegative", "bounded"})
"""Operators that only keep a value in range; operation counts leave them out."""


EXTRAS = ("classes", "weight")
"""Inputs of a joint metric beside the entries: how many classes there are, a weight for each."""


@dataclass(frozen=True)
class Assign:
    """`name = expr`."""

    name: str
    expr: Expr
    shape: Shape = "scalar"


@dataclass(frozen=True)
class Program:
    """Value and slopes from soft entries; the results are `value`, `grad_pos`, `grad_neg`.

    `inputs` are the entries it reads, in the field's order, and then those of `EXTRAS`;
    `parameters` the metric's own. In a joint metric entries, weight and slopes are one number per
    class. The program of a surrogate reads p and q = 1 - p; its results are `soft` and `rest`, and
    `slope`.
    """

    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    value: tuple[Assign, ...]
    slopes: tuple[Assign, ...]

    @property
    def assignments(self) -> tuple[Assign, ...]:
        """Both sections in order."""
        return self.value + self.slopes

    @property
    def is_joint(self) -> bool:
        """Whether it joins the matrices of several classes."""
        return "classes" in self.inputs or any(op in REDUCTIONS for op in self.functions())

    def functions(self) -> tuple[str, ...]:
        """Return the names of the functions it calls, sorted."""
        found = {e.op for a in self.assignments for e in walk(a.expr) if isinstance(e, Op)}
        return tuple(sorted(found - {"add", "sub", "mul", "div", "neg"}))

    def operations(self) -> int:
        """Count operations, a negation as one and guards as none."""
        nodes = (e for a in self.assignments for e in walk(a.expr))
        return sum(isinstance(e, Op) and e.op not in GUARDS for e in nodes)

    def differences(self) -> int:
        """Count subtractions, in which digits can be lost."""
        nodes = (e for a in self.assignments for e in walk(a.expr))
        return sum(isinstance(e, Op) and e.op == "sub" for e in nodes)


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield `expr` and all below it."""
    waiting = [expr]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, Op):
            waiting += reversed(part.args)

"""How much work a derivation may be: counted, never timed, so that all machines say the same."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy as sp

MAX_WORK = 140_000
"""What the formulas of a metric may cost; a unit is some 10 µs. Those of the library need less."""

MAX_OPERATIONS = 600
"""Expressions larger than this are not brought to one fraction: nobody reads them."""
MAX_TERMS = 1_500
"""Likewise those with more terms than this once they are multiplied out."""

MAX_POWER = 9
"""Likewise higher powers, of which factors take long."""

MAX_SIZE = 4_000
"""Expressions with more symbols and operations are not written out."""

MAX_NESTING = 8
"""Nor those with more powers in powers: what sympy asks itself of 1/(a + 1/(a + …)) doubles."""

LOOK, FLAT = 20, 50
"""What it costs to look at the shortest expression, and to make a fraction of it."""


class TooLongError(Exception):
    """A closed form would be too long to read, and to compute; another may not be."""


class OutOfWorkError(Exception):
    """All that has been tried was too much together."""


STOPS = (TooLongError, OutOfWorkError, RecursionError)
"""What ends the attempt to write a metric in some letters."""


class Work:
    """Counts what has been done, before it is done."""

    def __init__(self, limit: int = MAX_WORK) -> None:
        """Begin at 0."""
        self.done, self.limit = 0, limit

    def rest(self) -> Work:
        """Return what another way to write the same may cost: what is left, or a quarter."""
        return Work(max(self.limit - self.done, self.limit // 4))

    def spend(self, amount: int) -> None:
        """Count some work.

        Raises:
            OutOfWorkError: it is too much.
        """
        self.done += amount
        if self.done > self.limit:
            raise OutOfWorkError

    def write_out(self, *exprs: sp.Expr) -> None:
        """Count expressions that are about to be looked through.

        Raises:
            TooLongError: one is too large.
            OutOfWorkError: all that has been done is too much.
        """
        sizes = [size(expr) for expr in exprs]
        if max(sizes) > MAX_SIZE or max(map(nesting, exprs)) > MAX_NESTING:
            raise TooLongError
        self.spend(LOOK + 2 * sum(sizes))


@lru_cache(maxsize=10_000)  # what is shared is measured once, however often it is used
def size(expr: sp.Expr) -> int:
    """Return how many symbols, numbers and operations an expression has, written out."""
    return 1 + sum(map(size, expr.args))


@lru_cache(maxsize=10_000)
def nesting(expr: sp.Expr) -> int:
    """Return how many powers stand inside each other at most: 2 in 1/(1 + 1/a)."""
    return int(expr.is_Pow) + max(map(nesting, expr.args), default=0)

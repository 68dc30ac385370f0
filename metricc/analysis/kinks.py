"""Where slopes, or values, jump: |x| and sign x at x = 0, min and max where sides are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..passes.zeros import TooLargeError, ZeroFinder

if TYPE_CHECKING:
    from collections.abc import Callable

    import sympy as sp

    from ..ir.symbolic import Symbolic

    Args = tuple[sp.Expr, ...]

KINKED: dict[str, Callable[[Args], Args]] = {
    "abs": lambda x: x,
    "sign": lambda x: x,
    "step": lambda x: x,
    "min": lambda x: (x[0] - x[1],),
    "max": lambda x: (x[0] - x[1],),
    "clamp": lambda x: (x[0] - x[1], x[2] - x[0]),
}
"""What is 0 at the kinks of a function."""


def find_kinks(symbolic: Symbolic) -> tuple[str, ...]:
    """Return the places, as equations between the entries."""
    if not any(binding.op in KINKED for binding in symbolic.bindings):
        return ()
    finder = ZeroFinder(symbolic)
    places: dict[str, None] = {}
    for binding in symbolic.bindings:
        for between in KINKED[binding.op](binding.args) if binding.op in KINKED else ():
            if finder.moves(between):
                places |= dict.fromkeys(_places(finder, between))
        finder.learn(binding)
    return tuple(places)


def _places(finder: ZeroFinder, between: sp.Expr) -> list[str]:
    try:
        zeros = finder.zeros(between)
    except TooLargeError:
        return ["a surface too large to write down"]
    return list(zeros.equations)  # faces are at the edge: there is but one side

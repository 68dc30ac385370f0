"""The functions of the language: how many arguments each takes and what degree it gives.

Adding a function: a row here, its derivative in `passes/derivatives.py`, and its value: in
`evaluate.py`, at 50 digits in `frontend/values.py`, of a constant in `passes/lower.py`, of tensors
in `proof/numbers.py`.
A target that cannot print it as a call has a row, or a function among its templates; so has a
format (`formats/latex.py` and its like) that does not write it as name(x).

Reductions over the classes have a table of their own; `min(x)` is one, `min(x, y)` is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Degree = Fraction | None
"""How a node scales with the batch: number 0, entry 1; None where its terms disagree."""


@dataclass(frozen=True)
class Function:
    """A function of the language.

    `usage` is how the help shows it; `most` None means any number of arguments.
    """

    name: str
    usage: str
    least: int
    most: int | None
    degree: Callable[[tuple[Degree, ...]], Degree]


def _same(degrees: tuple[Degree, ...]) -> Degree:
    """Arguments of one degree give that degree: min, max, abs."""
    return degrees[0] if len(set(degrees)) == 1 else None


def _number(degrees: tuple[Degree, ...]) -> Degree:
    """Functions of pure numbers: log, exp, sin."""
    return Fraction(0) if set(degrees) == {Fraction(0)} else None


def _free(degrees: tuple[Degree, ...]) -> Degree:
    """What only looks at a sign forgets the size: sign, step."""
    return None if None in degrees else Fraction(0)


def _root(order: int) -> Callable[[tuple[Degree, ...]], Degree]:
    def degree(degrees: tuple[Degree, ...]) -> Degree:
        return None if degrees[0] is None else degrees[0] / order

    return degree


_EXPONENTIAL = ("exp", "log", "log2", "log10", "log1p", "xlogx")
_STEPS = ("sigmoid", "tanh", "normal_cdf")
_CIRCULAR = ("sin", "cos", "asin", "atan")
_OF_NUMBERS = (*_EXPONENTIAL, *_STEPS, *_CIRCULAR)
FUNCTIONS = {
    function.name: function
    for function in (
        Function("sqrt", "sqrt(x)", 1, 1, _root(2)),
        Function("cbrt", "cbrt(x)", 1, 1, _root(3)),
        Function("abs", "abs(x)", 1, 1, _same),
        Function("min", "min(x, y, …)", 2, None, _same),
        Function("max", "max(x, y, …)", 2, None, _same),
        Function("clamp", "clamp(x, low, high)", 3, 3, _same),
        Function("sign", "sign(x)", 1, 1, _free),
        Function("step", "step(x)", 1, 1, _free),
        *(Function(name, f"{name}(x)", 1, 1, _number) for name in _OF_NUMBERS),
    )
}
REDUCTIONS = {
    f"{name}_over": Function(name, f"{name}(x)", 1, 1, degree)
    for name, degree in (
        ("sum", _same),
        ("mean", _same),
        ("prod", _number),
        ("min", _same),
        ("max", _same),
    )
}
"""Functions that take one number per class and give one for all: by what a term calls them."""
SYNONYMS = {"ln": "log", "arcsin": "asin", "arctan": "atan"}


def signature(name: str) -> Function | None:
    """Return the function, or else the reduction, that is called `name`."""
    return FUNCTIONS.get(name) or REDUCTIONS.get(f"{name}_over")


def reduction(name: str, arguments: int) -> str | None:
    """Return what a term calls the reduction that a call of `name` means, if it means one."""
    is_free = arguments == 1 or name not in FUNCTIONS
    return f"{name}_over" if is_free and f"{name}_over" in REDUCTIONS else None

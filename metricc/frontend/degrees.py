"""How a metric scales with the batch: the degree of each term, and whether the value stays."""

from __future__ import annotations

import operator
import random
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..diagnostics import NotScaleFree
from ..ir.operators import FUNCTIONS, REDUCTIONS, Degree
from ..ir.typed import ENTRIES, Term, joins_classes, open_divisor
from .values import NoValueError, TooBigError, evaluate, real

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ir.typed import TypedParameter

_BRIEF = 24
_SAMPLES = 8
_CLASSES = 3
_SEED = 1912  # any number: the same points every time
_FACTOR = real(Fraction(137, 50))
_TOLERANCE = real(Fraction(1, 10**30))
Point = dict[str, Any]
"""Entries and parameters by name, numbers at 50 digits; in a joint metric tuples of them."""
_EXACT: dict[str, Callable[..., Fraction]] = {
    "neg": operator.neg,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
}


def degree(op: str, args: tuple[Term, ...]) -> Degree:
    """Return the degree of `op(*args)`: number 0, entry 1; None where its terms disagree."""
    degrees = tuple(arg.degree for arg in args)
    function = FUNCTIONS.get(op) or REDUCTIONS.get(op)
    if function is not None:
        return function.degree(degrees)
    if op in ("add", "sub", "neg"):
        return degrees[0] if len(set(degrees)) == 1 else None
    if None in degrees:
        return None
    known = tuple(Fraction(found or 0) for found in degrees)
    match op:
        case "entry":
            return Fraction(1)
        case "mul":
            return known[0] + known[1]
        case "div":
            return known[0] - known[1]
        case "pow":
            return _power(known[0], args[1])
    return Fraction(0)


def _power(base: Fraction, exponent: Term) -> Degree:
    if base == 0 and exponent.degree == 0:
        return base
    number = _rational(exponent)
    return None if number is None else base * number


def _rational(term: Term) -> Fraction | None:
    """Return the value of a term made of numbers by + - * / alone, as in x^(1/2)."""
    if isinstance(term.value, Fraction):
        return term.value
    args = [_rational(arg) for arg in term.args]
    if term.op not in _EXACT or None in args or (term.op == "div" and args[1] == 0):
        return None
    return _EXACT[term.op](*args)


def scale_warnings(body: Term, parameters: tuple[TypedParameter, ...]) -> tuple[NotScaleFree, ...]:
    """Return a warning, if the value changes when every count grows alike."""
    if body.degree == 0 or _is_scale_free(body, parameters):
        return ()
    culprit = body if body.degree is not None else _first_mixed(body)
    numbers = [arg for arg in culprit.args if arg.degree == 0 and arg.op == "parameter"]
    name = str(numbers[0].value) if numbers and culprit.degree is None else ""
    return (NotScaleFree(culprit.span, _why(culprit), name, open_divisor(body)),)


def _why(term: Term) -> str:
    """Say how `term` changes with the counts, in words for a label."""
    if term.degree is not None:
        return "it grows with the counts" if term.degree > 0 else "it shrinks as the counts grow"
    if len(term.args) == 1:
        return f"a count goes into `{term.op}`"
    numbers = [_shown(arg) for arg in term.args if arg.degree == 0]
    counts = [_shown(arg) for arg in term.args if arg.degree != 0]
    if numbers and counts and numbers[0] != counts[0]:
        return f"`{counts[0]}` grows with it, `{numbers[0]}` does not"
    return "its parts do not grow alike"


def _shown(term: Term) -> str:
    """Return a name or a short formula for `term`."""
    text = term.label or term.span.text
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"


def _first_mixed(term: Term) -> Term:
    """Return the innermost term whose arguments have degrees and which has none."""
    for arg in term.args:
        if arg.degree is None:
            return _first_mixed(arg)
    return term


def _matrix(generator: random.Random) -> tuple[Point, Point]:
    """Return entries, and the same grown."""
    point = {name: real(Fraction(generator.randint(10, 4000), 16)) for name in ENTRIES}
    return point, {name: count * _FACTOR for name, count in point.items()}


def _matrices(generator: random.Random) -> tuple[Point, Point]:
    """Return entries of several classes, and the same grown."""
    pairs = [_matrix(generator) for _ in range(_CLASSES)]
    point, grown = (
        {name: tuple(matrix[name] for matrix in matrices) for name in ENTRIES}
        for matrices in zip(*pairs, strict=True)
    )
    return {**point, "classes": real(_CLASSES)}, {**grown, "classes": real(_CLASSES)}


def _is_scale_free(body: Term, parameters: tuple[TypedParameter, ...]) -> bool:
    """Compare m(kx) with m(x) at random points; where it has no value, nothing speaks against."""
    generator = random.Random(_SEED)
    is_joint = joins_classes(body)
    for _ in range(_SAMPLES):
        point, grown = _matrices(generator) if is_joint else _matrix(generator)
        for parameter in parameters:
            value = real(parameter.default)
            point[parameter.name] = value
            grown[parameter.name] = value * _FACTOR if parameter.is_count else value
        try:
            before, after = (evaluate(body, at, {}) for at in (point, grown))
        except (NoValueError, TooBigError):
            continue
        if abs(after - before) > _TOLERANCE * max(abs(before), abs(after)):
            return False
    return True

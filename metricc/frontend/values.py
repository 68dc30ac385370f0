"""Numbers for terms, at 50 digits: for constants, and for sampling a metric."""

from __future__ import annotations

import operator
from fractions import Fraction
from functools import reduce
from itertools import repeat
from typing import TYPE_CHECKING, Any

from mpmath import MPContext

from ..ir.operators import REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..ir.typed import Term

LARGEST = 300
"""Powers of ten: beyond this a value is refused before the next operation can explode."""

Real = Any
"""An mpmath number, for which there is no type information."""

_mp = MPContext()
_mp.dps = 50


def real(number: Fraction | int) -> Real:
    """Return a number at 50 digits."""
    return _mp.mpf(number.numerator) / number.denominator


PI: Real = +_mp.pi


class NoValueError(ArithmeticError):
    """An operation has no finite real result."""


class TooBigError(ArithmeticError):
    """A result is finite, and too large to compute with."""


def apply(op: str, args: tuple[Real, ...]) -> Real:
    """Return the result of one operation.

    Raises:
        NoValueError: there is none, as in 1/0.
        TooBigError: there is one, beyond 10 to the LARGEST.
    """
    try:
        result = _OPERATIONS[op](*args)
    except (ValueError, ZeroDivisionError):
        raise NoValueError(op) from None
    if not isinstance(result, _mp.mpf) or not _mp.isfinite(result):
        raise NoValueError(op)
    if abs(result) > _LIMIT:
        raise TooBigError(op)
    is_cancelled = op in ("add", "sub") and abs(result) < _NOISE * max(map(abs, args))
    return _mp.zero if is_cancelled else result


def evaluate(term: Term, given: Mapping[str, Real], known: dict[Term, Real]) -> Real:
    """Return the value of a term at `given` entries and parameters; `known` remembers results.

    Of a joint metric, entries are tuples with a number per class.

    Raises:
        NoValueError: the term has no finite real value there.
        TooBigError: it has one, beyond 10 to the LARGEST.
    """
    if term not in known:
        if term.op in ("entry", "parameter"):
            known[term] = given[str(term.value)]
        elif term.op == "number":
            known[term] = real(Fraction(term.value or 0))
        else:
            known[term] = _broadcast(term.op, [evaluate(arg, given, known) for arg in term.args])
    return known[term]


def _broadcast(op: str, args: list[Real]) -> Real:
    """Apply an operation to numbers, or to each class of those that have several."""
    if op in REDUCTIONS:
        return _over(op, args[0])
    if not any(isinstance(arg, tuple) for arg in args):
        return apply(op, tuple(args))
    columns = [arg if isinstance(arg, tuple) else repeat(arg) for arg in args]
    return tuple(apply(op, row) for row in zip(*columns, strict=False))


def _over(op: str, numbers: tuple[Real, ...]) -> Real:
    """Reduce a number per class to one."""
    if op in ("min_over", "max_over"):
        return apply(op.removesuffix("_over"), (*numbers, numbers[0]))
    result = reduce(lambda x, y: apply("mul" if op == "prod_over" else "add", (x, y)), numbers)
    return apply("div", (result, real(len(numbers)))) if op == "mean_over" else result


def operations(mp: MPContext) -> dict[str, Callable[..., Real]]:
    """Return each operation of the language on numbers of a context, without any policy."""
    return {
        "pi": lambda: +mp.pi,
        "neg": operator.neg,
        "add": operator.add,
        "sub": operator.sub,
        "mul": operator.mul,
        "div": operator.truediv,
        "pow": operator.pow,
        "sqrt": mp.sqrt,
        "cbrt": lambda x: mp.cbrt(x) if x >= 0 else -mp.cbrt(-x),
        "abs": abs,
        "min": lambda *args: min(args),
        "max": lambda *args: max(args),
        "clamp": lambda x, low, high: min(max(x, low), high),
        "exp": mp.exp,
        "log": mp.log,
        "log2": lambda x: mp.log(x, 2),
        "log10": mp.log10,
        "log1p": mp.log1p,
        "sin": mp.sin,
        "cos": mp.cos,
        "asin": mp.asin,
        "atan": mp.atan,
        "tanh": mp.tanh,
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "normal_cdf": mp.ncdf,
        "sign": mp.sign,
        "step": lambda x: (1 + mp.sign(x)) / 2,
        "xlogx": lambda x: x * mp.log(x) if x else x,
    }


_NOISE = _mp.mpf(10) ** -45
_LIMIT = _mp.mpf(10) ** LARGEST
_OPERATIONS = operations(_mp)

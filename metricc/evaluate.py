"""Runs a program on numbers, with the same policy at singular points as emitted code.

0/0 is `zero_division`; x/0 is bounded by the largest float32, log 0 by -745; roots and powers of
what is not positive are 0; in a slope a zero denominator counts as 1/1024.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .ir.program import Assign, Expr, Num, Op, Program, Ref

if TYPE_CHECKING:
    from types import ModuleType

BOUND = 3.4e38
LOG_ZERO = -745.0
LARGEST_EXPONENT = 88.0
SMALLEST_DIVISOR = Fraction(1, 1024)

Arithmetic = Mapping[str, Callable[..., Any]]
"""The operators of one kind of number: floats, arrays, 50 digits."""


def run(
    program: Program, arithmetic: Arithmetic, inputs: Mapping[str, Any], zero_division: float = 0.0
) -> dict[str, Any]:
    """Return every name of the program; `inputs` holds entries (lower case) and parameters."""
    return _run(program.assignments, arithmetic, inputs, zero_division)


def run_value(
    program: Program, arithmetic: Arithmetic, inputs: Mapping[str, Any], zero_division: float = 0.0
) -> Any:
    """Return the metric alone, without its slopes."""
    return _run(program.value, arithmetic, inputs, zero_division)["value"]


def _run(
    assigns: tuple[Assign, ...], arithmetic: Arithmetic, inputs: Mapping[str, Any], zero: float
) -> dict[str, Any]:
    names = dict(inputs)
    for assign in assigns:
        names[assign.name] = _value(assign.expr, arithmetic, names, zero)
    return names


def _value(expr: Expr, arithmetic: Arithmetic, names: Mapping[str, Any], zero: float) -> Any:
    match expr:
        case Num(value):
            return arithmetic["number"](value)
        case Ref(name):
            return names[name]
        case Op(op, args):
            values = [_value(arg, arithmetic, names, zero) for arg in args]
            return arithmetic[op](*values, zero) if op == "quotient" else arithmetic[op](*values)


def floats() -> Arithmetic:
    """Python floats: no import, so a compilation can afford to sample."""
    return _arithmetic(_choose, float, {**vars(math), "pow": _float_power})


def arrays(np: ModuleType) -> Arithmetic:
    """NumPy arrays of the widest float, which holds products of counts of 10⁹ exactly on x86."""
    functions = {**vars(np), "asin": np.arcsin, "atan": np.arctan, "pow": np.power}

    def number(value: Fraction | float) -> Any:
        above, below = Fraction(value).as_integer_ratio()
        return np.longdouble(above) / np.longdouble(below)

    return _arithmetic(np.where, number, functions)


def _choose(condition: bool, first: Any, second: Any) -> Any:
    return first if condition else second


def _float_power(x: float, exponent: float) -> float:
    try:
        return float(x**exponent)
    except OverflowError:
        return BOUND


def _arithmetic(
    where: Callable[..., Any], number: Callable[..., Any], functions: Mapping[str, Any]
) -> Arithmetic:
    """Return all operators, from a choice, a literal and the functions of one kind of number."""

    def quotient(x: Any, y: Any, zero: float) -> Any:
        bound = where(x == 0, zero, where(x > 0, BOUND, -BOUND))
        return where(y == 0, bound, x / where(y == 0, 1, y))

    def power(x: Any, exponent: Any) -> Any:
        bound = where(exponent > 0, 0, where(exponent < 0, BOUND, 1))
        return where(x <= 0, bound, functions["pow"](where(x <= 0, 1, x), exponent))

    def above(low: float, function: Callable[..., Any], otherwise: float) -> Callable[..., Any]:
        return lambda x: where(x <= low, otherwise, function(where(x <= low, 1, x)))

    def sigmoid(x: Any) -> Any:
        tail = functions["exp"](-abs(x))
        return where(x >= 0, 1, tail) / (1 + tail)

    def clamped(x: Any, low: float, high: float) -> Any:
        return where(x < low, low, where(x > high, high, x))

    log, exp, asin = functions["log"], functions["exp"], functions["asin"]
    same = {name: functions[name] for name in ("cbrt", "sin", "cos", "atan", "tanh")}
    return {
        **same,
        "number": number,
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / y,
        "neg": lambda x: -x,
        "abs": abs,
        "nonzero": lambda x: where(x == 0, number(SMALLEST_DIVISOR), x),
        "quotient": quotient,
        "power": power,
        "sqrt": above(0, functions["sqrt"], 0.0),
        "log": above(0, log, LOG_ZERO),
        "log1p": above(-1, functions["log1p"], LOG_ZERO),
        "xlogx": above(0, lambda x: x * log(x), 0.0),
        "exp": lambda x: exp(clamped(x, -math.inf, LARGEST_EXPONENT)),
        "asin": lambda x: asin(clamped(x, -1, 1)),
        "sigmoid": sigmoid,
        "sign": lambda x: where(x > 0, 1, where(x < 0, -1, 0)),
        "min": lambda x, y: where(x <= y, x, y),
        "max": lambda x, y: where(x >= y, x, y),
    }

"""Runs a program on numbers, with the same policy at singular points as emitted code.

0/0 is `zero_division`; x/0 is bounded by the largest float32, log 0 by -745; roots and powers of
what is not positive are 0; in a slope a zero denominator counts as 1e-3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .ir.program import Assign, Expr, Num, Op, Program, Ref

if TYPE_CHECKING:
    from types import ModuleType

BOUND = 3.4e38
LOG_ZERO = -745.0

Arithmetic = Mapping[str, Callable[..., Any]]
"""The operators of one kind of number: floats, arrays, 50 digits."""


def run(
    program: Program, arithmetic: Arithmetic, inputs: Mapping[str, Any], zero_division: float = 0.0
) -> dict[str, Any]:
    """Return every name of the program; `inputs` holds entries (lower case) and parameters."""
    names = dict(inputs)
    for assign in program.assignments:
        names[assign.name] = _value(assign.expr, arithmetic, names, zero_division)
    return names


def run_value(
    assigns: tuple[Assign, ...], arithmetic: Arithmetic, inputs: Mapping[str, Any], zero: float
) -> Any:  # noqa: ANN401 - whatever kind of number the arithmetic is of
    """Return the last name of one section."""
    names = dict(inputs)
    for assign in assigns:
        names[assign.name] = _value(assign.expr, arithmetic, names, zero)
    return names["value"]


def _value(expr: Expr, arithmetic: Arithmetic, names: Mapping[str, Any], zero: float) -> Any:  # noqa: ANN401
    match expr:
        case Num(value):
            return arithmetic["number"](value)
        case Ref(name):
            return names[name]
        case Op(op, args):
            values = [_value(arg, arithmetic, names, zero) for arg in args]
            return arithmetic[op](*values, zero) if op == "quotient" else arithmetic[op](*values)


_PLAIN: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "abs": abs,
}


def floats() -> Arithmetic:
    """Python floats: no import, so a compilation can afford to sample."""
    return _PLAIN | {
        "number": float,
        "nonzero": lambda x: x or 1e-3,
        "quotient": lambda x, y, zero: x / y if y else math.copysign(BOUND, x) if x else zero,
        "sqrt": lambda x: 0.0 if x <= 0 else math.sqrt(x),
        "cbrt": math.cbrt,
        "power": _float_power,
        "log": lambda x: LOG_ZERO if x <= 0 else math.log(x),
        "log1p": lambda x: LOG_ZERO if x <= -1 else math.log1p(x),
        "xlogx": lambda x: 0.0 if x <= 0 else x * math.log(x),
        "exp": lambda x: math.exp(min(x, 88.0)),
        "sin": math.sin,
        "cos": math.cos,
        "asin": lambda x: math.asin(max(-1.0, min(1.0, x))),
        "atan": math.atan,
        "tanh": math.tanh,
        "sigmoid": lambda x: 0.5 + 0.5 * math.tanh(0.5 * x),
        "sign": lambda x: float((x > 0) - (x < 0)),
        "min": min,
        "max": max,
    }


def _float_power(x: float, exponent: float) -> float:
    if x <= 0:
        return 0.0 if exponent > 0 else BOUND if exponent < 0 else 1.0
    try:
        return float(x**exponent)
    except OverflowError:
        return BOUND


def arrays(np: ModuleType) -> Arithmetic:
    """NumPy arrays of the widest float, which holds products of counts of 10⁹ exactly on x86."""
    where, wide = np.where, np.longdouble

    def quotient(x: Any, y: Any, zero: float) -> Any:  # noqa: ANN401
        bound = where(x == 0, wide(zero), np.sign(x) * wide(BOUND))
        return where(y == 0, bound, x / where(y == 0, wide(1), y))

    def power(x: Any, exponent: Any) -> Any:  # noqa: ANN401
        bound = where(exponent > 0, wide(0), where(exponent < 0, wide(BOUND), wide(1)))
        return where(x <= 0, bound, where(x <= 0, wide(1), x) ** exponent)

    def above(low: float, function: Callable[..., Any], otherwise: float, safe: float) -> Any:  # noqa: ANN401
        return lambda x: where(x <= low, wide(otherwise), function(where(x <= low, wide(safe), x)))

    return _PLAIN | {
        "number": lambda x: wide(x.numerator) / wide(x.denominator) if hasattr(x, "numerator") and not isinstance(x, float) else wide(x),
        "nonzero": lambda x: where(x == 0, wide(1) / 1000, x),
        "quotient": quotient,
        "sqrt": above(0, np.sqrt, 0, 1),
        "cbrt": np.cbrt,
        "power": power,
        "log": above(0, np.log, LOG_ZERO, 1),
        "log1p": above(-1, np.log1p, LOG_ZERO, 1),
        "xlogx": above(0, lambda x: x * np.log(x), 0, 1),
        "exp": lambda x: np.exp(np.minimum(x, 88)),
        "sin": np.sin,
        "cos": np.cos,
        "asin": lambda x: np.arcsin(np.clip(x, -1, 1)),
        "atan": np.arctan,
        "tanh": np.tanh,
        "sigmoid": lambda x: 0.5 + 0.5 * np.tanh(0.5 * x),
        "sign": np.sign,
        "min": np.minimum,
        "max": np.maximum,
    }

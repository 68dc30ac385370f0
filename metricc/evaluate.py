"""Runs a program on numbers, with the same policy at singular points as emitted code.

0/0 is `zero_division`; x/0 is bounded by the largest float32, log 0 by -745; roots and powers of
what is not positive are 0; in a slope a zero denominator counts as 1/1024.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .ir.program import Assign, Expr, Num, Op, Program, Ref

if TYPE_CHECKING:
    from types import ModuleType

BOUND = 3.4e38
LOG_ZERO = -745.0
LARGEST_EXPONENT = 88.0
LARGEST_PRODUCT = 1e60
SMALLEST_DIVISOR = Fraction(1, 1024)
_HALF_ROOT = math.sqrt(0.5)

Arithmetic = Mapping[str, Callable[..., Any]]
"""The operators of one kind of number: floats, arrays, 50 digits."""


def run(
    program: Program, arithmetic: Arithmetic, inputs: Mapping[str, Any], zero_division: float = 0.0
) -> dict[str, Any]:
    """Return every name of the program; `inputs` holds entries (lower case) and parameters."""
    return Runner(program.assignments, arithmetic).run(inputs, zero_division)


def run_value(
    program: Program, arithmetic: Arithmetic, inputs: Mapping[str, Any], zero_division: float = 0.0
) -> Any:
    """Return the metric alone, without its slopes."""
    return Runner(program.value, arithmetic).run(inputs, zero_division)["value"]


Reader = Callable[[Mapping[str, Any], float], Any]
"""What an expression has become: its value, of names and of what 0/0 gives."""


class Runner:
    """Assignments in one arithmetic, to be run many times."""

    def __init__(self, assigns: tuple[Assign, ...], arithmetic: Arithmetic) -> None:
        """Turn each expression into functions that call each other."""
        self.lines = [(assign.name, _reader(assign.expr, arithmetic)) for assign in assigns]

    def run(self, inputs: Mapping[str, Any], zero_division: float = 0.0) -> dict[str, Any]:
        """Return the inputs and every name that is assigned."""
        names = dict(inputs)
        for name, read in self.lines:
            names[name] = read(names, zero_division)
        return names


def _reader(expr: Expr, arithmetic: Arithmetic) -> Reader:
    match expr:
        case Num(value):
            number = arithmetic["number"](value)
            return lambda _names, _zero: number
        case Ref(name):
            return lambda names, _zero: names[name]
        case Op("quotient", (x, y)):
            above, below = _reader(x, arithmetic), _reader(y, arithmetic)
            quotient = arithmetic["quotient"]
            return lambda names, zero: quotient(above(names, zero), below(names, zero), zero)
        case Op(op, (x, y)):
            first, second, binary = _reader(x, arithmetic), _reader(y, arithmetic), arithmetic[op]
            return lambda names, zero: binary(first(names, zero), second(names, zero))
        case Op(op, args):
            readers, function = [_reader(arg, arithmetic) for arg in args], arithmetic[op]
            return lambda names, zero: function(*(read(names, zero) for read in readers))


def floats() -> Arithmetic:
    """Python floats: no import, so a compilation can afford to sample."""
    functions = {**vars(math), "pow": _float_power}
    return _Numbers(_choose, float, functions).operators()


def arrays(np: ModuleType) -> Arithmetic:
    """NumPy arrays of the widest float, which holds products of counts of 10⁹ exactly on x86.

    In a joint metric the classes are the last axis of every entry, and of the value an axis of one.
    """

    def number(value: Fraction | float) -> Any:
        above, below = Fraction(value).as_integer_ratio()
        return np.longdouble(above) / np.longdouble(below)

    erfc = np.vectorize(math.erfc, otypes=[float])
    others = {"asin": np.arcsin, "atan": np.arctan, "pow": np.power, "erfc": erfc}
    numbers = _Numbers(np.where, number, {**vars(np), **others}).operators()
    return {**numbers, **_across_classes(np)}


def _across_classes(np: ModuleType) -> Arithmetic:
    """Operators over the last axis, the classes, which stays as an axis of one."""

    def over(name: str) -> Callable[..., Any]:
        return lambda x: getattr(np, name)(x, axis=-1, keepdims=True)

    def tied(best: Callable[..., Any], x: Any) -> Any:
        is_best = x == best(x)
        return is_best / np.sum(is_best, axis=-1, keepdims=True)

    def others(x: Any) -> Any:
        one = np.ones_like(x[..., :1])
        before = np.cumprod(np.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
        after = np.cumprod(np.concatenate([one, x[..., :0:-1]], axis=-1), axis=-1)
        return before * after[..., ::-1]

    reductions = {f"{name}_over": over(name) for name in ("sum", "mean", "prod", "min", "max")}
    return {
        **reductions,
        "others": others,
        "lowest": lambda x: tied(reductions["min_over"], x),
        "highest": lambda x: tied(reductions["max_over"], x),
    }


def _choose(condition: bool, first: Any, second: Any) -> Any:
    return first if condition else second


def _float_power(x: float, exponent: float) -> float:
    try:
        return float(x**exponent)
    except OverflowError:
        return BOUND


@dataclass(frozen=True)
class _Numbers:
    """One kind of number: how it chooses, how it writes a literal, the functions it has."""

    where: Callable[..., Any]
    number: Callable[..., Any]
    functions: Mapping[str, Any]

    def operators(self) -> Arithmetic:
        """Return all operators of a program."""
        same = {name: self.functions[name] for name in ("cbrt", "sin", "cos", "atan", "tanh")}
        return {**_PLAIN, **same, **self._choices(), **self._functions_with_a_policy()}

    def _choices(self) -> Arithmetic:
        where = self.where
        return {
            "number": self.number,
            "nonzero": lambda x: where(x == 0, self.number(SMALLEST_DIVISOR), x),
            "quotient": self.quotient,
            "sign": lambda x: where(x > 0, 1, where(x < 0, -1, 0)),
            "step": lambda x: where(x > 0, 1.0, where(x < 0, 0.0, 0.5)),
            "nonnegative": lambda x: where(x < 0, 0, x),
            "bounded": lambda x: self.clamped(x, -LARGEST_PRODUCT, LARGEST_PRODUCT),
            "clamp": lambda x, low, high: self.clamped(x, low, high),
            "min": lambda x, y: where(x <= y, x, y),
            "max": lambda x, y: where(x >= y, x, y),
        }

    def _functions_with_a_policy(self) -> Arithmetic:
        log, exp, asin = (self.functions[name] for name in ("log", "exp", "asin"))
        return {
            "power": self.power,
            "sqrt": self.above(0, self.functions["sqrt"], 0.0),
            "log": self.above(0, log, LOG_ZERO),
            "log1p": self.above(-1, self.functions["log1p"], LOG_ZERO),
            "xlogx": self.above(0, lambda x: x * log(x), 0.0),
            "exp": lambda x: exp(self.clamped(x, -math.inf, LARGEST_EXPONENT)),
            "asin": lambda x: asin(self.clamped(x, -1, 1)),
            "sigmoid": self.sigmoid,
            "normal_cdf": lambda x: self.functions["erfc"](x * -_HALF_ROOT) / 2,
        }

    def quotient(self, x: Any, y: Any, zero: float) -> Any:
        """Return x / y, or the policy's value where y is 0."""
        signed = self.where(x > 0, BOUND, self.where(x < 0, -BOUND, x))  # NaN stays
        bound = self.where(x == 0, zero, signed)
        return self.where(y == 0, bound, x / self.where(y == 0, 1, y))

    def power(self, x: Any, exponent: Any) -> Any:
        """Return x^exponent, or its bounded limit where x is not positive."""
        bound = self.where(exponent > 0, 0, self.where(exponent < 0, BOUND, 1))
        power = self.functions["pow"](self.where(x <= 0, 1, x), exponent)
        return self.where(x <= 0, bound, power)

    def above(
        self, low: float, function: Callable[..., Any], otherwise: float
    ) -> Callable[..., Any]:
        """Return `function` for arguments above `low`, and `otherwise` for the rest."""
        return lambda x: self.where(x <= low, otherwise, function(self.where(x <= low, 1, x)))

    def sigmoid(self, x: Any) -> Any:
        """Return 1 / (1 + exp(-x)) without overflow."""
        tail = self.functions["exp"](-abs(x))
        return self.where(x >= 0, 1, tail) / (1 + tail)

    def clamped(self, x: Any, low: float, high: float) -> Any:
        """Return x brought to [low, high]."""
        return self.where(x < low, low, self.where(x > high, high, x))


_PLAIN: Arithmetic = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "abs": abs,
    "let": operator.pos,  # a name for something
}

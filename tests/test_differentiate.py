"""Value and slopes at 60 digits, against dual numbers that walk the formula as it was checked.

The oracle shares no code with the passes. `compiled`, `formula_at`, `program_at`, `points` and
`FORMULAS` serve the tests of the other passes, too.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import mpmath as mp
import pytest
import sympy as sp
from shelves import TWO_CLASSES

from metricc.compiler import compile_source
from metricc.evaluate import Arithmetic, run
from metricc.ir.compilation import Compilation
from metricc.ir.program import Program
from metricc.ir.symbolic import ENTRY, MARGINAL_SUMS, Binding, Gradient, parameter_symbol
from metricc.ir.typed import Term
from metricc.source import Source

DIGITS = 60
TOLERANCE = 1e-40

LIBRARY = TWO_CLASSES
RECALL, FALL_OUT = "TP/(TP + FN)", "FP/(FP + TN)"
FUNCTIONS = {
    "abs": f"abs({RECALL} - {FALL_OUT})",
    "asin": f"asin({RECALL} - {FALL_OUT})",
    "atan": f"atan({RECALL} - {FALL_OUT})",
    "cbrt": f"cbrt({RECALL} - {FALL_OUT})",
    "clamp": f"clamp({RECALL} - {FALL_OUT}, -1/4, {FALL_OUT})",
    "clamp between numbers": f"clamp({RECALL} - {FALL_OUT}, -1/4, 1/4)",
    "cos": f"cos({RECALL} - {FALL_OUT})",
    "exp": f"exp({RECALL} - {FALL_OUT})",
    "log": f"log({RECALL} + {FALL_OUT})",
    "log10": f"log10({RECALL} * {FALL_OUT})",
    "log1p": f"log1p({RECALL} - {FALL_OUT})",
    "log2": f"log2(1 - {RECALL})",
    "max": f"max({RECALL}, {FALL_OUT}, TN/TP)",
    "min": f"min({RECALL}, {FALL_OUT}, TN/TP)",
    "normal_cdf": f"normal_cdf({RECALL} - 2*{FALL_OUT})",
    "sigmoid": f"sigmoid({RECALL} - {FALL_OUT})",
    "sin": f"sin({RECALL} - {FALL_OUT})",
    "sqrt": f"sqrt({RECALL} + {FALL_OUT})",
    "tanh": f"tanh({RECALL} - {FALL_OUT})",
    "xlogx": f"xlogx({RECALL} + {FALL_OUT})",
}
EVERYTHING = """
metric everything(w = 2, k: count = 3) =
    let h = (TP + k)/(actual_positives + 2*k) in let f = FP/AN in
    clamp(w*h - f^2, 0, 9) + min(h, f) - max(h, f) + sqrt(h) + cbrt(f) + abs(h - f) + exp(-h)
    + log(h) * log2(1 + f) - log10(f) / log1p(h) + sin(h) * cos(f) + asin(h/2) - atan(f)
    + xlogx(h) + sigmoid(w - f) + tanh(h)^3 + h^w - 2^f + f^-0.5 + h^f + pi/n - -1/(TP*TN)
"""
FORMULAS = {
    **{name: name for name in LIBRARY},
    **{f"function {name}": text for name, text in FUNCTIONS.items()},
    "everything": EVERYTHING,
    "one root of both slopes and a part of the value": "(TP + FN)*(TP + FP)",
    "a factor that is also its own cofactor": "log(FN^2) - (TP + FN)^2*(TP + FP)",
    "a power of a numerator": "TP^16/(TP^16 + FN^16)",
    "a numerator that is squared": "-(TP*TP)/(TN/2)",
    "constants": "sqrt(2)*TP/(TN*sqrt(3) + pi) + xlogx(0) - cbrt(-8)*exp(1)*TP/FN",
    "constants that cancel": "TP/(1 + log(6) - log(2) - log(3))",
    "a difference as a denominator": "1/(1/TP - 1/TN)",
    "parameters that mean something else here": "metric f(m=2, d=3, s=5, c=7, root=1) = "
    "m*sqrt(TP/(TP + d*FN)) + sqrt(s*TP/FP)/(c*TN/FN) + root",
    "a parameter that is a keyword": "metric f(lambda = 2) = lambda*TP/(TP + lambda*FN)",
    "shared parts": "let a = TP/TN in let b = a*a + a in let c = b*b + b in c*c + 1/(c + a)",
}


class UndefinedError(Exception):
    """The formula, or a slope of it, has no finite real value at this point."""


def _where(condition: bool) -> None:
    if not condition:
        raise UndefinedError


@dataclass(frozen=True)
class Dual:
    """A number and its derivatives as a prediction rises, at a positive and at a negative."""

    value: Any
    pos: Any = 0
    neg: Any = 0

    def through(self, value: Any, slope: Any) -> Dual:
        """Return a function of this number, which has `value` and `slope` here."""
        return Dual(value, slope * self.pos, slope * self.neg)

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.pos + other.pos, self.neg + other.neg)

    def __neg__(self) -> Dual:
        return self.through(-self.value, -1)

    def __sub__(self, other: Dual) -> Dual:
        return self + -other

    def __mul__(self, other: Dual) -> Dual:
        product = self.value * other.value
        return self.through(product, other.value) + other.through(0, self.value)

    def __truediv__(self, other: Dual) -> Dual:
        _where(other.value != 0)
        return self * other.through(1 / other.value, -1 / other.value**2)

    def __pow__(self, exponent: Dual) -> Dual:
        x, y = self.value, exponent.value
        if exponent.pos == exponent.neg == 0 and y == int(y):
            factors = [self] * abs(int(y))
            power = reduce(operator.mul, factors, Dual(mp.mpf(1)))
            return power if y >= 0 else Dual(mp.mpf(1)) / power
        _where(x > 0)
        return self.through(x**y, y * x ** (y - 1)) + exponent.through(0, x**y * mp.log(x))


def _log(x: Dual) -> Dual:
    _where(x.value > 0)
    return x.through(mp.log(x.value), 1 / x.value)


def _sqrt(x: Dual) -> Dual:
    _where(x.value > 0)
    return x.through(mp.sqrt(x.value), 1 / (2 * mp.sqrt(x.value)))


def _cbrt(x: Dual) -> Dual:
    _where(x.value != 0)
    return x.through(_real_cbrt(x.value), 1 / (3 * _real_cbrt(x.value) ** 2))


def _real_cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


def _asin(x: Dual) -> Dual:
    _where(abs(x.value) < 1)
    return x.through(mp.asin(x.value), 1 / mp.sqrt(1 - x.value**2))


def _least(x: Dual, *others: Dual) -> Dual:
    """At a tie each side has half of the slope, as in torch."""
    for y in others:
        if x.value == y.value:
            x = (x + y) * Dual(mp.mpf(1) / 2)
        elif y.value < x.value:
            x = y
    return x


def _most(*args: Dual) -> Dual:
    return -_least(*(-x for x in args))


ORACLE: dict[str, Callable[..., Dual]] = {
    "add": Dual.__add__,
    "sub": Dual.__sub__,
    "mul": Dual.__mul__,
    "div": Dual.__truediv__,
    "neg": Dual.__neg__,
    "pow": Dual.__pow__,
    "abs": lambda x: _most(x, -x),
    "asin": _asin,
    "atan": lambda x: x.through(mp.atan(x.value), 1 / (1 + x.value**2)),
    "cbrt": _cbrt,
    "clamp": lambda x, low, high: _least(_most(x, low), high),
    "cos": lambda x: x.through(mp.cos(x.value), -mp.sin(x.value)),
    "exp": lambda x: x.through(mp.exp(x.value), mp.exp(x.value)),
    "log": _log,
    "log10": lambda x: _log(x) * Dual(1 / mp.log(10)),
    "log1p": lambda x: _log(Dual(mp.mpf(1)) + x),
    "log2": lambda x: _log(x) * Dual(1 / mp.log(2)),
    "max": _most,
    "min": _least,
    "normal_cdf": lambda x: x.through(mp.ncdf(x.value), mp.npdf(x.value)),
    "sigmoid": lambda x: x.through(1 / (1 + mp.exp(-x.value)), mp.sech(x.value / 2) ** 2 / 4),
    "sin": lambda x: x.through(mp.sin(x.value), mp.cos(x.value)),
    "sqrt": _sqrt,
    "tanh": lambda x: x.through(mp.tanh(x.value), mp.sech(x.value) ** 2),
    "xlogx": lambda x: x * _log(x),
}
MOVES = {"TP": (1, 0), "FN": (-1, 0), "FP": (0, 1), "TN": (0, -1)}


def formula_at(body: Term, point: Mapping[str, Any]) -> Dual:
    """Return the oracle's value and slopes; `point` has entries in lower case, and parameters."""
    done: dict[Term, Dual] = {}

    def at(term: Term) -> Dual:
        if term not in done:
            done[term] = _operation(term)
        return done[term]

    def _operation(term: Term) -> Dual:
        match term.op:
            case "number":
                return Dual(exact(Fraction(term.value or 0)))
            case "pi":
                return Dual(+mp.pi)
            case "entry":
                pos, neg = MOVES[str(term.value)]
                return Dual(point[str(term.value).lower()], mp.mpf(pos), mp.mpf(neg))
            case "parameter":
                return Dual(point[str(term.value)])
        if term.op == "xlogx" and term.args[0].value == 0:
            return Dual(mp.mpf(0))
        return ORACLE[term.op](*map(at, term.args))

    return at(body)


def exact(number: Fraction | float) -> Any:
    above, below = Fraction(number).as_integer_ratio()
    return mp.mpf(above) / below


PLAIN: dict[str, Callable[..., Any]] = {
    "number": exact,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "abs": abs,
    "asin": mp.asin,
    "atan": mp.atan,
    "bounded": lambda x: min(max(x, -exact(1e60)), exact(1e60)),
    "cbrt": _real_cbrt,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "cos": mp.cos,
    "exp": mp.exp,
    "log": mp.log,
    "log1p": lambda x: mp.log(1 + x),
    "max": max,
    "min": min,
    "nonzero": lambda x: x or exact(1 / 1024),
    "normal_cdf": mp.ncdf,
    "power": operator.pow,
    "quotient": lambda x, y, zero: x / y if y else zero,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sign": mp.sign,
    "sin": mp.sin,
    "sqrt": mp.sqrt,
    "step": lambda x: (mp.sign(x) + 1) / 2,
    "tanh": mp.tanh,
    "xlogx": lambda x: x * mp.log(x) if x else x,
}
SIXTY_DIGITS: Arithmetic = PLAIN


@pytest.fixture(autouse=True)
def _sixty_digits() -> Iterator[None]:
    with mp.workdps(DIGITS):
        yield


@cache
def compiled(text: str) -> Compilation:
    return compile_source(Source("<test>", text))


def points(compilation: Compilation, count: int = 3) -> list[dict[str, Any]]:
    """Return points at which formula and slopes are defined, far from round numbers."""
    generator, found = random.Random(compilation.source.text), []
    with mp.workdps(DIGITS):
        for _ in range(10 * count):
            point = {
                name: mp.mpf(10) ** generator.uniform(-1, 3) for name in ("tp", "tn", "fp", "fn")
            }
            for parameter in compilation.typed.parameters:
                point[parameter.name] = exact(parameter.default) * generator.uniform(0.5, 1.5)
            try:
                formula_at(compilation.typed.body, point)
            except UndefinedError:
                continue
            found.append(point)
    return found[:count]


def program_at(compilation: Compilation, program: Program, point: Mapping[str, Any]) -> Dual:
    """Run a program, in which a parameter's name may have been changed."""
    names = [parameter.name for parameter in compilation.typed.parameters]
    given = {new: point[old] for new, old in zip(program.parameters, names, strict=True)}
    entries = {entry: point[entry] for entry in program.inputs}
    results = run(program, SIXTY_DIGITS, {**given, **entries})
    return Dual(results["value"], results["grad_pos"], results["grad_neg"])


def gradient_at(gradient: Gradient, point: Mapping[str, Any]) -> Dual:
    """Evaluate the sympy expressions of a gradient."""
    names = bindings_at(gradient.bindings, symbols_at(gradient, point))
    exprs = (gradient.symbolic.value, gradient.grad_pos, gradient.grad_neg)
    return Dual(*(expr_at(expr, names) for expr in exprs))


def symbols_at(gradient: Gradient, point: Mapping[str, Any]) -> dict[sp.Symbol, Any]:
    """Return the values of entries, marginals and parameters."""
    names = {symbol: point[entry.lower()] for entry, symbol in ENTRY.items()}
    names |= {symbol: expr_at(total, names) for symbol, total in MARGINAL_SUMS.items()}
    for parameter in gradient.symbolic.metric.parameters:
        names[parameter_symbol(parameter.name)] = point[parameter.name]
    return names


def bindings_at(bindings: tuple[Binding, ...], names: dict[sp.Symbol, Any]) -> dict[sp.Symbol, Any]:
    known = dict(names)
    for binding in bindings:
        args = [expr_at(arg, known) for arg in binding.args]
        policy = [0] if binding.op == "quotient" else []
        function = (lambda x: x) if binding.op == "same" else PLAIN[binding.op]
        known[binding.symbol] = function(*args, *policy)
    return known


def expr_at(expr: sp.Expr, names: Mapping[sp.Symbol, Any]) -> Any:
    if expr in names:
        return names[expr]
    if expr.is_number:
        return mp.mpf(str(expr.evalf(DIGITS)))
    values = [expr_at(arg, names) for arg in expr.args]
    if expr.is_Pow:
        return values[0] ** int(expr.exp)
    return reduce(operator.add if expr.is_Add else operator.mul, values)


def assert_equal(found: Dual, expected: Dual) -> None:
    slope = max(abs(expected.pos), abs(expected.neg))
    assert abs(found.value - expected.value) <= TOLERANCE * max(abs(expected.value), 1)
    assert abs(found.pos - expected.pos) <= TOLERANCE * max(slope, 1)
    assert abs(found.neg - expected.neg) <= TOLERANCE * max(slope, 1)


@pytest.mark.parametrize("name", FORMULAS)
def test_value_and_slopes_are_those_of_the_formula(name: str) -> None:
    compilation = compiled(FORMULAS[name])
    tried = points(compilation)
    assert tried
    for point in tried:
        expected = formula_at(compilation.typed.body, point)
        assert_equal(gradient_at(compilation.derived, point), expected)


def test_the_oracle_itself_agrees_with_differences() -> None:
    compilation = compiled(EVERYTHING)
    point, step = points(compilation)[0], mp.mpf(10) ** -25
    found = formula_at(compilation.typed.body, point)
    for up, down, slope in (("tp", "fn", found.pos), ("fp", "tn", found.neg)):
        ahead = {**point, up: point[up] + step, down: point[down] - step}
        behind = {**point, up: point[up] - step, down: point[down] + step}
        values = [formula_at(compilation.typed.body, there).value for there in (ahead, behind)]
        assert abs((values[0] - values[1]) / (2 * step) - slope) < 1e-30


def test_what_no_prediction_moves_drops_out() -> None:
    derived = compiled("sqrt((TP + FN)/n) + AN^2/3 + log(AP)").derived
    assert (derived.grad_pos, derived.grad_neg) == (0, 0)


def test_the_logarithm_of_a_product_has_a_slope_per_factor() -> None:
    derived = compiled("log(TP*TN/(FP*FN))").derived
    assert derived.grad_pos == 1 / ENTRY["TP"] + 1 / ENTRY["FN"]
    assert derived.grad_neg == -1 / ENTRY["TN"] - 1 / ENTRY["FP"]


def test_a_quotient_reuses_its_own_value() -> None:
    derived = compiled("TP/(TP + FP)").derived
    (quotient,) = derived.bindings
    assert derived.grad_neg == -quotient.symbol / quotient.args[1]


def test_nested_formulas_stay_linear_in_size() -> None:
    text = "TP/TN"
    for _ in range(25):
        text = f"1/(1 + sqrt({text}))"
    assert compiled(text).program.operations() < 25 * 20


def test_each_step_names_the_rule_that_it_applies() -> None:
    steps = compiled("sqrt(TP/(TP + FN))").derived.derivation
    assert [step.rule for step in steps] == ["differentiate quotient", "differentiate sqrt"]
    assert steps[0].why == "d(N/D) = (dN - m dD)/D"
    assert (steps[1].slope, str(steps[1].before)) == ("grad_pos", "v002")

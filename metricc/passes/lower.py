"""lower: the typed formula → sympy polynomials between bindings."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp

from ..diagnostics import ImpossibleConstant, MetricError
from ..ir.operators import REDUCTIONS
from ..ir.symbolic import (
    CLASSES,
    ENTRY,
    MARGINAL,
    WEIGHT,
    Binding,
    Bindings,
    ClassSymbols,
    Symbolic,
    name_marginals,
    parameter_symbol,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..ir.typed import Term, TypedMetric

_OF_NUMBERS = {
    "abs": sp.Abs,
    "asin": sp.asin,
    "atan": sp.atan,
    "clamp": lambda x, low, high: sp.Min(sp.Max(x, low), high),
    "cbrt": lambda x: sp.real_root(x, 3),
    "cos": sp.cos,
    "exp": sp.exp,
    "log": sp.log,
    "log1p": lambda x: sp.log(1 + x),
    "max": sp.Max,
    "min": sp.Min,
    "normal_cdf": lambda x: sp.erfc(-x / sp.sqrt(2)) / 2,
    "power": sp.Pow,
    "sigmoid": lambda x: 1 / (1 + sp.exp(-x)),
    "sign": sp.sign,
    "sin": sp.sin,
    "sqrt": sp.sqrt,
    "step": lambda x: (1 + sp.sign(x)) / 2,
    "tanh": sp.tanh,
    "xlogx": lambda x: x * sp.log(x) if x else x,
}
_ENTRIES = {**ENTRY, "classes": CLASSES, "weight": WEIGHT}
MAX_INLINE = 25
"""A polynomial of more operations than this becomes a binding before it is part of another."""
_NO_SIZE = sp.Float("1e-50", 60)


def lower(metric: TypedMetric) -> Symbolic:
    """Return the metric's value over bindings.

    Raises:
        MetricError: a constant part has no finite real value, as in `1/0`.
    """
    lowering = Lowering({*ENTRY.values(), *MARGINAL.values()})
    value = name_marginals(lowering.term(metric.body))
    return Symbolic(metric, lowering.bindings.all(), value, tuple(lowering.labels.items()))


class Lowering:
    """Lowers terms into the same bindings; `varying` are the symbols that are no fixed numbers.

    `given` is what parameters stand for. With `keep_lets`, what a `let` names is bound as it is.
    """

    def __init__(
        self,
        varying: Iterable[sp.Symbol],
        given: Mapping[str, sp.Expr] | None = None,
        bindings: Bindings | None = None,
        *,
        keep_lets: bool = False,
    ) -> None:
        """Begin with no term lowered yet."""
        self.bindings = Bindings() if bindings is None else bindings
        self.varying = set(varying)
        self.given = given or {}
        self.keep_lets = keep_lets
        self.labels: dict[sp.Expr, str] = {}
        self.done: dict[Term, sp.Expr] = {}
        self.per_class = ClassSymbols()

    def term(self, term: Term) -> sp.Expr:
        """Lower one node, once however often it is shared."""
        if term not in self.done:
            result = self._term(term)
            if self.keep_lets and term.label and term.args and not result.is_number:
                result = self._made("let", result)
            if term.label and not result.is_number:
                self.labels.setdefault(name_marginals(result), term.label)
            self.done[term] = result
        return self.done[term]

    def _term(self, term: Term) -> sp.Expr:
        match term.op:
            case "entry":
                return _ENTRIES[str(term.value)]
            case "parameter":
                name = str(term.value)
                return self.given.get(name, parameter_symbol(name))
            case "number":
                value = Fraction(term.value or 0)
                return sp.Rational(value.numerator, value.denominator)
            case "pi":
                return sp.pi
        return self._operation(term, [self.term(arg) for arg in term.args])

    def _operation(self, term: Term, args: list[sp.Expr]) -> sp.Expr:
        if term.op in REDUCTIONS:
            return self._over_classes(term, args[0])
        args = [self._in_short(arg) for arg in args]
        match term.op:
            case "add":
                return args[0] + args[1]
            case "sub":
                return args[0] - args[1]
            case "mul":
                return args[0] * args[1]
            case "neg":
                return -args[0]
            case "div":
                return self._quotient(args[0], args[1], term)
            case "pow":
                return self._power(args[0], args[1], term)
            case "log":
                return self._log(args[0], term)
            case "log2" | "log10":
                return self._log(args[0], term) / sp.log(int(term.op[3:]))
            case "clamp" if self._varies(*args[1:]):
                return self._bind("min", [self._bind("max", args[:2], term), args[2]], term)
            case "min" | "max":
                found = args[0]
                for arg in args[1:]:
                    found = self._bind(term.op, [found, arg], term)
                return found
        return self._bind(term.op, args, term)

    def _in_short(self, expr: sp.Expr) -> sp.Expr:
        """Return a long polynomial by a name: derivatives of products grow with its square."""
        is_long = not expr.is_number and sp.count_ops(expr) > MAX_INLINE
        return self._made("let", expr) if is_long else expr

    def _over_classes(self, term: Term, x: sp.Expr) -> sp.Expr:
        """Bind a reduction; what turned out to be the same for all classes needs none."""
        if self.per_class.vary(x):
            return self._made(term.op, x)
        if term.op == "prod_over":
            return self._power(x, CLASSES, term)
        return CLASSES * x if term.op == "sum_over" else x

    def _quotient(self, numerator: sp.Expr, denominator: sp.Expr, term: Term) -> sp.Expr:
        if not denominator.is_number and denominator != CLASSES:
            return self._made("quotient", numerator, denominator)
        if denominator.is_number and abs(denominator.evalf(60)) < _NO_SIZE:
            raise MetricError(ImpossibleConstant(term.span))
        return numerator / denominator

    def _power(self, base: sp.Expr, exponent: sp.Expr, term: Term) -> sp.Expr:
        if exponent.is_Integer:
            power = base ** abs(exponent)
            return power if exponent >= 0 else self._quotient(sp.Integer(1), power, term)
        if exponent == sp.Rational(1, 2):
            return self._bind("sqrt", [base], term)
        return self._bind("power", [base, exponent], term)

    def _log(self, x: sp.Expr, term: Term) -> sp.Expr:
        """log(1 + x) → log1p(x): where x is small, 1 + x rounds to 1."""
        is_one_plus = x.is_Add and x.as_coeff_Add()[0] == 1 and not x.is_number
        return self._bind("log1p", [x - 1], term) if is_one_plus else self._bind("log", [x], term)

    def _bind(self, op: str, args: list[sp.Expr], term: Term) -> sp.Expr:
        """Bind, unless all arguments are numbers: then the result is one, and must be real."""
        if not all(arg.is_number for arg in args):
            return self._made(op, *args)
        result = _OF_NUMBERS[op](*args)
        if not result.is_finite or not result.is_real:
            raise MetricError(ImpossibleConstant(term.span))
        return result

    def _made(self, op: str, *args: sp.Expr) -> sp.Symbol:
        symbol = self.bindings.bind(op, *args)
        if self._varies(*args):
            self.varying.add(symbol)
        self.per_class.learn(Binding(symbol, op, args))
        return symbol

    def _varies(self, *exprs: sp.Expr) -> bool:
        return any(self.varying & expr.free_symbols for expr in exprs)

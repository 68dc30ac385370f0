"""lower: the typed formula → sympy polynomials between bindings."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from ..diagnostics import ImpossibleConstant, MetricError
from ..ir.symbolic import ENTRY, Bindings, Symbolic, name_marginals, parameter_symbol
from ..ir.typed import Term, TypedMetric

_NUMERIC = {"sqrt": sp.sqrt, "log": sp.log, "exp": sp.exp, "sin": sp.sin, "cos": sp.cos}
_NUMERIC |= {"asin": sp.asin, "atan": sp.atan, "tanh": sp.tanh, "abs": sp.Abs}
_NUMERIC |= {"min": sp.Min, "max": sp.Max, "quotient": lambda n, d: n / d, "power": sp.Pow}
_NUMERIC |= {"cbrt": sp.cbrt, "log1p": lambda x: sp.log(1 + x)}
_NUMERIC |= {"sigmoid": lambda x: 1 / (1 + sp.exp(-x)), "xlogx": lambda x: x * sp.log(x)}


def lower(metric: TypedMetric) -> Symbolic:
    """Return the metric's value over bindings.

    Raises:
        MetricError: a constant part has no finite real value, as in `1/0`.
    """
    lowering = _Lowering()
    value = name_marginals(lowering.term(metric.body))
    return Symbolic(metric, lowering.bindings.all(), value, tuple(lowering.labels.items()))


class _Lowering:
    def __init__(self) -> None:
        self.bindings = Bindings()
        self.labels: dict[sp.Expr, str] = {}
        self.done: dict[Term, sp.Expr] = {}

    def term(self, term: Term) -> sp.Expr:
        """Lower one node, once however often it is shared."""
        if term not in self.done:
            result = self._term(term)
            if term.label and not result.is_number and result not in self.labels:
                self.labels[name_marginals(result)] = term.label
            self.done[term] = result
        return self.done[term]

    def _term(self, term: Term) -> sp.Expr:
        if term.op == "entry":
            return ENTRY[str(term.value)]
        if term.op == "parameter":
            return parameter_symbol(str(term.value))
        if term.op == "number":
            return _rational(Fraction(term.value or 0))
        if term.op == "pi":
            return sp.pi
        args = [self.term(arg) for arg in term.args]
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
            case "log2" | "log10":
                return self._bind("log", args, term) / sp.log(int(term.op[3:]))
            case "clamp":
                low = self._bind("max", [args[0], args[1]], term)
                return self._bind("min", [low, args[2]], term)
            case "min" | "max":
                found = args[0]
                for arg in args[1:]:
                    found = self._bind(term.op, [found, arg], term)
                return found
        return self._bind(term.op, args, term)

    def _quotient(self, numerator: sp.Expr, denominator: sp.Expr, term: Term) -> sp.Expr:
        if denominator.is_number and not denominator.is_zero:
            return numerator / denominator
        return self._bind("quotient", [numerator, denominator], term)

    def _power(self, base: sp.Expr, exponent: sp.Expr, term: Term) -> sp.Expr:
        if exponent.is_Integer:
            power = base ** abs(exponent)
            return power if exponent >= 0 else self._quotient(sp.Integer(1), power, term)
        if exponent == sp.Rational(1, 2):
            return self._bind("sqrt", [base], term)
        return self._bind("power", [base, exponent], term)

    def _bind(self, op: str, args: list[sp.Expr], term: Term) -> sp.Expr:
        """Bind, unless all arguments are numbers: then the result is one, and must be real."""
        if not all(arg.is_number for arg in args):
            return self.bindings.bind(op, *args)
        result = _NUMERIC[op](*args)
        if not result.is_finite or not result.is_real:
            raise MetricError(ImpossibleConstant(term.span))
        return result


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)

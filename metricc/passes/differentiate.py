"""differentiate: the two slopes, by one rule per operator that reuses the operator's own value.

A prediction that rises by da moves da from FN to TP where it is a positive, and from TN to FP
where it is a negative. So a slope is a derivative along one of two directions, and what no
prediction moves (the actual marginals, the total) drops out at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy as sp

from ..diagnostics import ImpossibleConstant, MetricError
from ..ir.symbolic import (
    ENTRY,
    MARGINAL,
    Binding,
    Bindings,
    Gradient,
    Step,
    Symbolic,
    name_marginals,
)

_MOVES_TOGETHER = {MARGINAL["predicted_positives"]: sp.Integer(1)}
_MOVES_TOGETHER |= {MARGINAL["predicted_negatives"]: sp.Integer(-1)}
DIRECTIONS: dict[str, dict[sp.Symbol, sp.Expr]] = {
    "grad_pos": {ENTRY["TP"]: sp.Integer(1), ENTRY["FN"]: sp.Integer(-1), **_MOVES_TOGETHER},
    "grad_neg": {ENTRY["FP"]: sp.Integer(1), ENTRY["TN"]: sp.Integer(-1), **_MOVES_TOGETHER},
}
MAX_INLINE = 40
"""A tangent of more operations than this gets a name, so that nesting stays linear in size."""

Args = tuple[sp.Expr, ...]
Rule = Callable[[Bindings, sp.Symbol, Args, Args], sp.Expr]
"""(bindings, value m, arguments, their tangents) → tangent of m."""


def _log_slope(b: Bindings, _m: sp.Symbol, x: Args, dx: Args) -> sp.Expr:
    return (1 + b.bind("log", x[0])) * dx[0]


def _power(b: Bindings, m: sp.Symbol, x: Args, dx: Args) -> sp.Expr:
    varying = m * b.bind("log", x[0]) * dx[1] if dx[1] != 0 else sp.Integer(0)
    return x[1] * m * dx[0] / x[0] + varying


def _select(b: Bindings, less: sp.Expr, dx: Args) -> sp.Expr:
    """dx where `less` is below 0, dy above: half of each at 0, the subgradient torch takes.

    dy + step(-less) * (dx - dy) is one operation less, and loses the side that is much smaller.
    """
    sides = (-less, less)
    return sp.Add(*(b.bind("step", side) * d for side, d in zip(sides, dx, strict=True) if d != 0))


def _clamp(b: Bindings, _m: sp.Symbol, x: Args, dx: Args) -> sp.Expr:
    return b.bind("step", x[0] - x[1]) * b.bind("step", x[2] - x[0]) * dx[0]


def _bell(b: Bindings, _m: sp.Symbol, x: Args, dx: Args) -> sp.Expr:
    return b.bind("exp", -(x[0] ** 2) / 2) / sp.sqrt(2 * sp.pi) * dx[0]


DERIVATIVES: dict[str, tuple[str, Rule]] = {
    "let": ("dx = dx", lambda _b, _m, _x, dx: dx[0]),
    "quotient": ("d(N/D) = (dN - m dD)/D", lambda _b, m, x, dx: (dx[0] - m * dx[1]) / x[1]),
    "sqrt": ("d√x = dx/(2m)", lambda _b, m, _x, dx: dx[0] / (2 * m)),
    "cbrt": ("d∛x = dx/(3m²)", lambda _b, m, _x, dx: dx[0] / (3 * m**2)),
    "power": ("d(x^c) = c m dx/x", _power),
    "exp": ("d exp x = m dx", lambda _b, m, _x, dx: m * dx[0]),
    "log": ("d log x = dx/x", lambda _b, _m, x, dx: dx[0] / x[0]),
    "log1p": ("d log(1+x) = dx/(1+x)", lambda _b, _m, x, dx: dx[0] / (1 + x[0])),
    "xlogx": ("d(x log x) = (1 + log x) dx", _log_slope),
    "sin": ("d sin x = cos x dx", lambda b, _m, x, dx: b.bind("cos", x[0]) * dx[0]),
    "cos": ("d cos x = -sin x dx", lambda b, _m, x, dx: -b.bind("sin", x[0]) * dx[0]),
    "asin": ("d asin x = dx/√(1-x²)", lambda b, _m, x, dx: dx[0] / b.bind("sqrt", 1 - x[0] ** 2)),
    "atan": ("d atan x = dx/(1+x²)", lambda _b, _m, x, dx: dx[0] / (1 + x[0] ** 2)),
    "tanh": ("d tanh x = (1-m²) dx", lambda _b, m, _x, dx: (1 - m**2) * dx[0]),
    "sigmoid": ("d σ(x) = σ(x) σ(-x) dx", lambda b, m, x, dx: m * b.bind("sigmoid", -x[0]) * dx[0]),
    "normal_cdf": ("d Φ(x) = exp(-x²/2)/√(2π) dx", _bell),
    "abs": ("d|x| = sign x dx", lambda b, _m, x, dx: b.bind("sign", x[0]) * dx[0]),
    "sign": ("d sign x = 0", lambda _b, _m, _x, _dx: sp.Integer(0)),
    "step": ("d step x = 0", lambda _b, _m, _x, _dx: sp.Integer(0)),
    "min": ("d min picks a side", lambda b, _m, x, dx: _select(b, x[0] - x[1], dx)),
    "max": ("d max picks a side", lambda b, _m, x, dx: _select(b, x[1] - x[0], dx)),
    "clamp": ("d clamp(x, c, d) = step(x-c) step(d-x) dx", _clamp),
}


def differentiate(symbolic: Symbolic) -> Gradient:
    """Return value and slopes, with a step for each binding that a prediction moves."""
    bindings = Bindings({(binding.op, binding.args): binding for binding in symbolic.bindings})
    steps: list[Step] = []
    slopes = [slope_along(symbolic, bindings, *row, steps) for row in DIRECTIONS.items()]
    if any(slope.has(sp.nan, sp.zoo, sp.oo) for slope in slopes):  # 0^TP, TP/((FP - FP)/total)
        raise MetricError(ImpossibleConstant(symbolic.metric.span))
    return Gradient(symbolic, bindings.all(), slopes[0], slopes[1], tuple(steps))


def slope_along(
    symbolic: Symbolic,
    bindings: Bindings,
    name: str,
    moves: Mapping[sp.Symbol, sp.Expr],
    steps: list[Step],
) -> sp.Expr:
    """Return the derivative of the value along one direction: what moves, and how fast."""
    direction = _Direction(symbolic, moves)
    for binding in symbolic.bindings:
        tangent = direction.binding(bindings, binding)
        if tangent == 0:
            continue
        rule = DERIVATIVES[binding.op][0]
        steps.append(Step(f"differentiate {binding.op}", name, binding.symbol, tangent, rule))
        is_long = sp.count_ops(tangent) > MAX_INLINE
        named = bindings.bind("same", tangent) if is_long else tangent
        direction.tangents[binding.symbol] = named
    return direction.of(symbolic.value)


class _Direction:
    """The derivatives along one direction of all symbols met so far."""

    def __init__(self, symbolic: Symbolic, moves: Mapping[sp.Symbol, sp.Expr]) -> None:
        self.tangents = dict(moves)
        self.made = {binding.symbol: binding for binding in symbolic.bindings}

    def binding(self, bindings: Bindings, binding: Binding) -> sp.Expr:
        """Return the derivative of a binding's symbol."""
        moves = tuple(self.of(arg) for arg in binding.args)
        if all(move == 0 for move in moves):
            return sp.Integer(0)
        if binding.op == "log":
            return name_marginals(self.relative(binding.args[0]))
        tangent = DERIVATIVES[binding.op][1](bindings, binding.symbol, binding.args, moves)
        return sp.factor_terms(name_marginals(tangent))

    def of(self, expr: sp.Expr) -> sp.Expr:
        """Return the derivative of a polynomial."""
        moved = sorted(expr.free_symbols & self.tangents.keys(), key=str)
        return sp.Add(*(name_marginals(sp.diff(expr, s)) * self.tangents[s] for s in moved))

    def relative(self, expr: sp.Expr) -> sp.Expr:
        """Return dx/x, which for products and quotients is a sum: d(a b/c)/(a b/c) = da/a + …."""
        if expr.is_Mul:
            return sp.Add(*(self.relative(factor) for factor in expr.args))
        if expr.is_Pow and expr.exp.is_Integer:
            return expr.exp * self.relative(expr.base)
        binding = self.made.get(expr)
        if binding is not None and binding.op == "quotient":
            return self.relative(binding.args[0]) - self.relative(binding.args[1])
        return self.of(expr) / expr

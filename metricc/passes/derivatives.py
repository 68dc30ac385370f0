"""The derivative of each operator, which reuses the operator's own value."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from ..ir.symbolic import Bindings

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

"""Random confusion matrices, with all that a formula's bindings make of them."""

from __future__ import annotations

import random
from contextlib import suppress
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

from ..evaluate import floats
from ..ir.symbolic import ENTRY, MARGINAL_SUMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sympy as sp

    from ..ir.symbolic import Binding

_COUNT = 50
_SEED = 20240525  # any number: the same samples every time


class Samples:
    """Evaluates expressions at the same points, which are drawn when they are first needed."""

    def __init__(
        self, bindings: tuple[Binding, ...], parameters: Mapping[sp.Symbol, sp.Expr]
    ) -> None:
        """Keep what the points are made from."""
        self.bindings = bindings
        self.parameters = {symbol: float(value) for symbol, value in parameters.items()}

    def sign(self, expr: sp.Expr) -> int:
        """Return the sign that `expr` has at all points, or 0 where it has both."""
        values = [_value(expr, point) for point in self._points]
        return int(all(value >= 0 for value in values)) - int(all(value <= 0 for value in values))

    @cached_property
    def _points(self) -> list[dict[sp.Symbol, float]]:
        generator, arithmetic = random.Random(_SEED), floats()
        points = []
        for _ in range(_COUNT):
            point = {symbol: 10 ** generator.uniform(-2, 2) for symbol in ENTRY.values()}
            point |= self.parameters
            point |= {symbol: _value(total, point) for symbol, total in MARGINAL_SUMS.items()}
            with suppress(ArithmeticError, ValueError):  # what overflows is no sample
                for binding in self.bindings:
                    args = [_value(arg, point) for arg in binding.args]
                    policy = [0.0] if binding.op == "quotient" else []
                    point[binding.symbol] = float(arithmetic[binding.op](*args, *policy))
                points.append(point)
        return points


def _value(expr: sp.Expr, point: Mapping[sp.Symbol, float]) -> float:
    if expr in point:
        return point[expr]
    if expr.is_number:
        return float(expr)
    values = [_value(arg, point) for arg in expr.args]
    if expr.is_Pow:
        return float(values[0] ** int(expr.exp))
    return sum(values) if expr.is_Add else prod(values)

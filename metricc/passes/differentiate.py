"""differentiate: the two slopes, by one rule per operator that reuses the operator's own value.

A prediction that rises by da moves da from FN to TP where it is a positive, and from TN to FP
where it is a negative. So a slope is a derivative along one of two directions, and what no
prediction moves (the actual marginals, the total) drops out at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from ..diagnostics import ImpossibleConstant, MetricError
from ..ir.symbolic import Bindings, Gradient, Step, Symbolic
from .classes import class_slopes
from .derivatives import DERIVATIVES
from .direction import DIRECTIONS, Direction

if TYPE_CHECKING:
    from collections.abc import Mapping


def differentiate(symbolic: Symbolic) -> Gradient:
    """Return value and slopes, with a step for each binding that a prediction moves."""
    bindings = Bindings({(binding.op, binding.args): binding for binding in symbolic.bindings})
    steps: list[Step] = []
    if symbolic.metric.is_joint:
        slopes = class_slopes(symbolic, bindings, steps)
    else:
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
    direction = Direction(symbolic, moves)
    for binding in symbolic.bindings:
        tangent = direction.binding(bindings, binding)
        if tangent != 0:
            rule = DERIVATIVES[binding.op][0]
            steps.append(Step(f"differentiate {binding.op}", name, binding.symbol, tangent, rule))
            direction.keep(bindings, binding.symbol, tangent)
    return direction.of(symbolic.value)

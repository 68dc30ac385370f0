"""The slopes of a metric of several classes: a number per class, by a cut at the reductions.

    m = r/n,  r = Σ TP      →  slope = (dm/dr) · dTP,      dm/dr = 1/n

A reduction is one number, so the derivative of the value by it is one, too. What moves it is the
class's own share: 1 in a sum, the product of the other classes in a product, and in a minimum 1
where the class is the smallest. Where classes tie, each has a part, as torch has it.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import sympy as sp

from ..ir.operators import REDUCTIONS
from ..ir.symbolic import CLASSES, ClassSymbols, Step, name_marginals
from .derivatives import DERIVATIVES
from .direction import DIRECTIONS, Direction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ir.symbolic import Binding, Bindings, Symbolic

SHARES = {"prod_over": "others", "min_over": "lowest", "max_over": "highest"}
"""What a class counts for in a reduction, as a function of all classes."""
RULES = {
    "sum_over": "d Σx = Σ dx",
    "mean_over": "d mean x = Σ dx / classes",
    "prod_over": "d Πx = Σ others(x) dx, others(x) is the product of the other classes",
    "min_over": "d min x = Σ lowest(x) dx, lowest(x) is 1 at the smallest",
    "max_over": "d max x = Σ highest(x) dx, highest(x) is 1 at the largest",
}


def class_slopes(
    symbolic: Symbolic,
    bindings: Bindings,
    steps: list[Step],
    directions: Mapping[str, Mapping[sp.Symbol, sp.Expr]] = DIRECTIONS,
) -> list[sp.Expr]:
    """Return the slopes of each class, along each of the directions."""
    joint = _Joint(symbolic, bindings)
    moved = [joint.moved(*row, steps) for row in directions.items()]
    slopes = [sp.Integer(0) for _ in moved]
    for position, binding in enumerate(symbolic.bindings):
        if not any(binding.symbol in tangents for tangents in moved):
            continue
        outer = joint.outer(position)
        if outer == 0:
            continue
        name = f"differentiate {binding.op}"
        steps.append(Step(name, "value", binding.symbol, outer, RULES[binding.op]))
        share = name_marginals(outer * joint.share(binding))
        slopes = [
            slope + share * tangents.get(binding.symbol, 0)
            for slope, tangents in zip(slopes, moved, strict=True)
        ]
    return slopes


class _Joint:
    """Differentiates into the same bindings, and knows which of them are a number per class."""

    def __init__(self, symbolic: Symbolic, bindings: Bindings) -> None:
        self.symbolic = symbolic
        self.bindings = bindings
        self.per_class = ClassSymbols()
        self.learnt = 0

    def moved(
        self, name: str, moves: Mapping[sp.Symbol, sp.Expr], steps: list[Step]
    ) -> dict[sp.Symbol, sp.Expr]:
        """Return by how much each reduction's argument moves, all reductions held fixed."""
        direction = Direction(self.symbolic, moves)
        found = {}
        for binding in self.symbolic.bindings:
            if binding.op in REDUCTIONS:
                tangent = direction.of(binding.args[0])
                if tangent != 0:
                    found[binding.symbol] = tangent
                continue
            tangent = direction.binding(self.bindings, binding)
            if tangent != 0:
                rule = DERIVATIVES[binding.op][0]
                title = f"differentiate {binding.op}"
                steps.append(Step(title, name, binding.symbol, tangent, rule))
                direction.keep(self.bindings, binding.symbol, tangent)
        return found

    def outer(self, position: int) -> sp.Expr:
        """Return the derivative of the value by the reduction at `position`: one number."""
        symbol = self.symbolic.bindings[position].symbol
        direction = Direction(self.symbolic, {symbol: sp.Integer(1)})
        for binding in self.symbolic.bindings[position + 1 :]:
            if binding.op in REDUCTIONS:
                tangent = self._over_classes(binding, direction.of(binding.args[0]))
            else:
                tangent = direction.binding(self.bindings, binding)
            if tangent != 0:
                direction.keep(self.bindings, binding.symbol, tangent)
        return direction.of(self.symbolic.value)

    def share(self, binding: Binding) -> sp.Expr:
        """Return by how much a reduction moves as one class of its argument does."""
        if binding.op in SHARES:
            return self.bindings.bind(SHARES[binding.op], binding.args[0])
        return 1 / CLASSES if binding.op == "mean_over" else sp.Integer(1)

    def _over_classes(self, binding: Binding, tangent: sp.Expr) -> sp.Expr:
        """Return the derivative of a reduction as its argument moves in all classes."""
        if tangent == 0:
            return tangent
        if binding.op == "mean_over":
            return self._total("mean_over", tangent)
        if binding.op in ("min_over", "max_over") and not self._varies(tangent):
            return tangent
        return self._total("sum_over", self.share(binding) * tangent)

    def _total(self, op: str, expr: sp.Expr) -> sp.Expr:
        """Return the sum, or mean, over the classes, what is the same for all taken out of it."""
        fixed, varying = self._split(sp.factor_terms(name_marginals(expr)))
        if varying == 1:
            return fixed * (CLASSES if op == "sum_over" else 1)
        outside, inside = [], []
        for term in sp.Add.make_args(varying):
            factor, rest = self._split(term)
            if rest == 1:
                outside.append(self._total(op, factor))
            elif (op, (rest,)) in self.bindings.made:
                outside.append(factor * self.bindings.bind(op, rest))
            else:
                inside.append(term)
        if inside:
            factor, rest = self._split(sp.factor_terms(sp.Add(*inside)))
            outside.append(factor * self.bindings.bind(op, rest))
        return sp.factor_terms(fixed * sp.Add(*outside))

    def _split(self, expr: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """Return a product as what is the same for all classes, times what is not."""
        factors = sp.Mul.make_args(expr)
        fixed = [factor for factor in factors if not self._varies(factor)]
        return sp.Mul(*fixed), sp.Mul(*(factor for factor in factors if factor not in fixed))

    def _varies(self, expr: sp.Expr) -> bool:
        for binding in islice(self.bindings.made.values(), self.learnt, None):
            self.per_class.learn(binding)
        self.learnt = len(self.bindings.made)
        return self.per_class.vary(expr)

"""The derivatives of all bindings along one direction: which symbols move, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from ..ir.symbolic import ENTRY, MARGINAL, name_marginals
from .derivatives import DERIVATIVES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ir.symbolic import Binding, Bindings, Symbolic

_MOVES_TOGETHER = {MARGINAL["predicted_positives"]: sp.Integer(1)}
_MOVES_TOGETHER |= {MARGINAL["predicted_negatives"]: sp.Integer(-1)}
DIRECTIONS: dict[str, dict[sp.Symbol, sp.Expr]] = {
    "grad_pos": {ENTRY["TP"]: sp.Integer(1), ENTRY["FN"]: sp.Integer(-1), **_MOVES_TOGETHER},
    "grad_neg": {ENTRY["FP"]: sp.Integer(1), ENTRY["TN"]: sp.Integer(-1), **_MOVES_TOGETHER},
}
MAX_INLINE = 40
"""A tangent of more operations than this gets a name, so that nesting stays linear in size."""


class Direction:
    """The derivatives along one direction of all symbols met so far."""

    def __init__(self, symbolic: Symbolic, moves: Mapping[sp.Symbol, sp.Expr]) -> None:
        """Begin with the symbols that move by themselves."""
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

    def keep(self, bindings: Bindings, symbol: sp.Symbol, tangent: sp.Expr) -> None:
        """Remember the derivative of a symbol, a long one by a name."""
        is_long = sp.count_ops(tangent) > MAX_INLINE
        self.tangents[symbol] = bindings.bind("same", tangent) if is_long else tangent

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

"""The formula in sympy: bindings that keep every singular place whole, and rational slopes.

sympy rewrites on construction: TP/TP becomes 1, and sqrt(a*b) splits in two. So whatever can be
singular (a quotient, a root, a logarithm) is a *binding*, an operator whose arguments sympy may
rearrange and whose result it sees as one symbol. Between bindings there are only polynomials.
The slopes are ordinary rational expressions over entries, marginals and bindings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from math import comb, prod
from typing import TYPE_CHECKING

import sympy as sp

from .operators import REDUCTIONS
from .typed import MARGINALS, TypedMetric

if TYPE_CHECKING:
    from collections.abc import Iterable

ENTRY = {name: sp.Symbol(name, positive=True) for name in ("TP", "TN", "FP", "FN")}
MARGINAL = {
    name: sp.Symbol(short, positive=True)
    for name, short in zip(MARGINALS, ("AP", "AN", "PP", "PN", "N"), strict=True)
}
MARGINAL_SUMS: dict[sp.Symbol, sp.Expr] = {
    MARGINAL[name]: sp.Add(*(ENTRY[entry] for entry in entries))
    for name, entries in MARGINALS.items()
}
CLASSES = sp.Symbol("classes", positive=True)
WEIGHT = sp.Symbol("weight", positive=True)
"""The number of classes, and one weight per class."""
_SUM_NAMES = {total: symbol for symbol, total in MARGINAL_SUMS.items()}


def name_marginals(expr: sp.Expr) -> sp.Expr:
    """TP + FN → AP, wherever a sum is exactly a marginal."""
    return expr.xreplace(_SUM_NAMES)


PARAMETER_PREFIX = "parameter "


@lru_cache(maxsize=10_000)  # what is shared is measured once, however often it is used
def expanded_size(expr: sp.Expr) -> int:
    """Return how many terms `expr` has at most once its products and powers are multiplied out."""
    if expr.is_Add:
        return sum(expanded_size(arg) for arg in expr.args)
    if expr.is_Mul:
        return prod(expanded_size(arg) for arg in expr.args)
    if expr.is_Pow and expr.exp.is_Integer:
        terms, exponent = expanded_size(expr.base), abs(int(expr.exp))
        return comb(terms + exponent - 1, exponent)
    return 1


def parameter_symbol(name: str) -> sp.Symbol:
    """Return the symbol of a metric's parameter."""
    return sp.Symbol(PARAMETER_PREFIX + name, real=True)


@dataclass(frozen=True)
class Binding:
    """`symbol = op(*args)`; the arguments are over entries, marginals and earlier symbols."""

    symbol: sp.Symbol
    op: str
    args: tuple[sp.Expr, ...]


@dataclass
class Bindings:
    """Bindings in order of need; the same operator on the same arguments is made once."""

    made: dict[tuple[str, tuple[sp.Expr, ...]], Binding] = field(default_factory=dict)

    def bind(self, op: str, *args: sp.Expr) -> sp.Symbol:
        """Return the symbol of `op(*args)`."""
        key = (op, tuple(name_marginals(sp.sympify(arg)) for arg in args))
        if key not in self.made:
            symbol = sp.Symbol(f"v{len(self.made) + 1:03d}", real=True)
            self.made[key] = Binding(symbol, *key)
        return self.made[key].symbol

    def all(self) -> tuple[Binding, ...]:
        """Return what was bound, arguments before use."""
        return tuple(self.made.values())


class ClassSymbols:
    """Knows which symbols of a joint metric are one number per class.

    `others`, `lowest` and `highest` are functions across the classes that only slopes need.
    """

    def __init__(self, bindings: Iterable[Binding] = ()) -> None:
        """Learn the shapes of `bindings`."""
        self.symbols = {*ENTRY.values(), *MARGINAL.values(), WEIGHT}
        for binding in bindings:
            self.learn(binding)

    def learn(self, binding: Binding) -> None:
        """Take in a binding whose arguments are known."""
        if binding.op not in REDUCTIONS and any(map(self.vary, binding.args)):
            self.symbols.add(binding.symbol)

    def vary(self, expr: sp.Expr) -> bool:
        """Tell whether `expr` is one number per class."""
        return bool(self.symbols & expr.free_symbols)


@dataclass(frozen=True)
class Symbolic:
    """The value as a polynomial over bindings. `labels` are the user's `let` names."""

    metric: TypedMetric
    bindings: tuple[Binding, ...]
    value: sp.Expr
    labels: tuple[tuple[sp.Expr, str], ...] = ()


@dataclass(frozen=True)
class Step:
    """One application of a rule: what stood there before and after, and why it may.

    `slope` is grad_pos or grad_neg. Where a binding is differentiated, its symbol is `before` and
    its derivative `after`; of a reduction, `slope` is value and `after` that of the value by it.
    """

    rule: str
    slope: str
    before: sp.Expr
    after: sp.Expr
    why: str


@dataclass(frozen=True)
class Gradient:
    """Value and slopes: grad_pos = m_TP - m_FN, grad_neg = m_FP - m_TN, of each class if joint.

    `bindings` holds those of the value and those that only the slopes need (a sign, a cosine).
    One that is `is_too_large` was not simplified.
    """

    symbolic: Symbolic
    bindings: tuple[Binding, ...]
    grad_pos: sp.Expr
    grad_neg: sp.Expr
    derivation: tuple[Step, ...] = ()
    is_too_large: bool = False

"""The value and slopes as one graph, each distinct node once."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ..diagnostics import InternalError
from ..ir.symbolic import CLASSES, ENTRY, PARAMETER_PREFIX, WEIGHT
from ..ir.typed import ENTRIES
from .node import ONE, ZERO, Items, Node, Weight, lean, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import sympy as sp

    from ..ir.symbolic import Binding
    from .node import Item

_FIELD_ORDER = {name: position for position, name in enumerate(ENTRIES)}
_EXTRAS = (CLASSES, WEIGHT)
_ODD = ("asin", "atan", "cbrt", "let", "sin", "tanh")
_SYMMETRIC = ("min", "max")
DIGITS = 60
"""An irrational constant is kept as a fraction of so many digits."""


class Graph:
    """Nodes by number; `roots` are the numbers of the results.

    `labels` are the names that the user, or the field, has for nodes; `marginals` are AP, AN, ….
    """

    def __init__(
        self,
        bindings: Iterable[Binding],
        roots: Iterable[sp.Expr],
        labels: Iterable[tuple[sp.Expr, str]],
        meanings: Mapping[sp.Expr, sp.Expr],
    ) -> None:
        """Take expressions apart; one that `meanings` has a meaning for stands for that."""
        self.nodes = [Node("product")]
        self.ids = {self.nodes[ONE]: ONE}
        self._known: dict[sp.Expr, int] = {}
        self._keys: dict[int, tuple[tuple[int, ...], int]] = {}
        for expr, meaning in meanings.items():
            self._known[expr] = self.node(meaning)
        for binding in bindings:
            args = tuple(self.node(arg) for arg in binding.args)
            is_same = binding.op == "same"
            self._known[binding.symbol] = args[0] if is_same else self.call(binding.op, args)
        self.roots = [self.node(root) for root in roots]
        named = (expr for expr in meanings if expr.is_Symbol)
        self.marginals = {self._known[symbol]: str(symbol.name) for symbol in named}
        self.labels = {number: name.lower() for number, name in self.marginals.items()}
        for expr, label in labels:
            if expr in self._known:
                self.labels[self._known[expr]] = label

    def add(self, node: Node) -> int:
        """Return the number of `node`, making it if it is new."""
        if node not in self.ids:
            self.ids[node] = len(self.nodes)
            self.nodes.append(node)
        return self.ids[node]

    def call(self, op: str, args: tuple[int, ...]) -> int:
        """Return the node of a function: sin(-x) is -sin(x), and min(y, x) is min(x, y)."""
        if op in _ODD or (op == "clamp" and self._are_opposite(*args[1:])):
            mirrored = Node(op, (), (self.sum([(args[0], -1)]), *args[1:]))
            is_minus = op != "let" and self.split(args[0])[0] < 0  # the user's words stay
            if is_minus or mirrored in self.ids:
                return self.sum([(self.add(mirrored), -1)])
        node, turned = Node(op, (), args), Node(op, (), args[::-1])
        is_known = op in _SYMMETRIC and turned in self.ids
        return self.add(turned if is_known else node)

    def _are_opposite(self, low: int, high: int) -> bool:
        """Tell whether bounds are -c and c."""
        return self.sum([(low, 1), (high, 1)]) == self.sum([])

    def replace(self, number: int, node: Node) -> None:
        """Write a node in another way; whatever needs it stays as it is."""
        if node != self.nodes[number]:
            self.ids.pop(self.nodes[number], None)
            self.nodes[number] = node
            self.ids.setdefault(node, number)

    def node(self, expr: sp.Expr) -> int:
        """Return the number of the node for a sympy expression."""
        if expr not in self._known:
            self._known[expr] = self._node(expr)
        return self._known[expr]

    def _node(self, expr: sp.Expr) -> int:
        if expr.is_number:
            return self.sum([(ONE, _exact(expr))])
        if expr.is_Symbol:
            if expr.name in ENTRY or expr in _EXTRAS:
                return self.add(Node("entry", value=expr.name))
            return self.add(Node("parameter", value=expr.name.removeprefix(PARAMETER_PREFIX)))
        if expr.is_Add:
            return self.sum((self.node(arg), 1) for arg in expr.args)
        if expr.is_Mul:
            return self.product((self.node(arg), 1) for arg in expr.args)
        if expr.is_Pow and expr.exp.is_Integer:
            return self.product([(self.node(expr.base), int(expr.exp))])
        raise InternalError(f"no program for the expression {expr}")

    def split(self, number: int) -> tuple[Weight, int]:
        """Return a node as (coefficient, rest): a sum of one term is that term, scaled."""
        node = self.nodes[number]
        if node.kind == "sum" and len(node.items) == 1:
            return node.items[0][1], node.items[0][0]
        return (0, ONE) if node == ZERO else (1, number)

    def sum(self, terms: Iterable[Item]) -> int:
        """Return Σ coefficient·node."""
        split = ((coefficient, *self.split(number)) for number, coefficient in terms)
        return self.make_sum((rest, coefficient * inner) for coefficient, inner, rest in split)

    def make_sum(self, terms: Iterable[Item]) -> int:
        """Return the node of a sum of whole terms, their common factor taken out."""
        items = merged(terms)
        if len(items) < 2:
            is_term = bool(items) and items[0][1] == 1
            return items[0][0] if is_term else self.add(Node("sum", items))
        factor = self._common_factor(items)
        node = Node("sum", tuple((k, lean(Fraction(c) / factor)) for k, c in items))
        if self.is_better_negated(node):
            factor, node = -factor, node.negated()
        inner = self.add(node)
        return inner if factor == 1 else self.add(Node("sum", ((inner, factor),)))

    def _common_factor(self, items: Items) -> Weight:
        """Return the size that all coefficients have; 2/x + 2/y costs less as it is."""
        sizes = {max(c, -c) for _, c in items}
        is_free = all(self._is_reciprocal(k) for k, _ in items)
        return 1 if len(sizes) > 1 or is_free else sizes.pop()

    def _is_reciprocal(self, number: int) -> bool:
        """Tell whether a node is 1, or 1/x: a coefficient takes the place of that 1."""
        node = self.nodes[number]
        return node.kind == "product" and all(e < 0 for _, e in node.items)

    def is_better_negated(self, node: Node) -> bool:
        """Tell whether a - b should be -(b - a): because b - a is there, or nothing is positive."""
        is_positive = any(c > 0 for _, c in node.items)
        return node not in self.ids and (node.negated() in self.ids or not is_positive)

    def product(self, factors: Iterable[tuple[int, int]]) -> int:
        """Return Π node^exponent, its rational coefficient taken out."""
        coefficient: Weight = 1
        items: list[Item] = []
        for number, exponent in factors:
            inner, rest = self.split(number)
            coefficient *= lean(Fraction(inner) ** exponent)
            flat = self.nodes[rest]
            parts = flat.items if flat.kind == "product" else ((rest, 1),)
            items += [(part, power * exponent) for part, power in parts]
        result = self.make_product(items)
        return result if coefficient == 1 else self.sum([(result, coefficient)])

    def make_product(self, factors: Iterable[Item]) -> int:
        """Return the node of a product of whole factors."""
        items = merged(factors)
        is_factor = len(items) == 1 and items[0][1] == 1
        return items[0][0] if is_factor else self.add(Node("product", items))

    def key(self, number: int) -> tuple[tuple[int, ...], int]:
        """Return what orders nodes for a reader: parameters, then entries in the field's order."""
        if number not in self._keys:
            node = self.nodes[number]
            found = {entry for child in node.children() for entry in self.key(child)[0]}
            if node.kind == "entry" and node.value in _FIELD_ORDER:
                found.add(_FIELD_ORDER[str(node.value)])
            self._keys[number] = tuple(sorted(found)), number
        return self._keys[number]

    def in_order(self, *roots: int) -> list[int]:
        """Return the nodes that `roots`, or all roots, need, each after those it needs."""
        order: list[int] = []
        seen: set[int] = set()
        stack = [(root, False) for root in reversed(roots or self.roots)]
        while stack:
            number, is_done = stack.pop()
            if is_done:
                order.append(number)
            elif number not in seen:
                seen.add(number)
                stack.append((number, True))
                below = sorted(self.nodes[number].children(), key=self.key, reverse=True)
                stack += [(child, False) for child in below if child not in seen]
        return order

    def uses(self) -> dict[int, int]:
        """Count, in the order of numbers, how often each needed node is written.

        A root is written once more, by its own line.
        """
        needed: set[int] = set()
        stack = list(self.roots)
        while stack:
            number = stack.pop()
            if number not in needed:
                needed.add(number)
                stack += self.nodes[number].children()
        counts = dict.fromkeys(sorted(needed), 0)
        for number in needed:
            for child, times in self.nodes[number].writings():
                counts[child] += times
        for root in self.roots:
            counts[root] += 1
        return counts


def _exact(number: sp.Expr) -> Weight:
    if number.is_Rational:
        return lean(Fraction(int(number.p), int(number.q)))
    return Fraction(str(number.evalf(DIGITS)))

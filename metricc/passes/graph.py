"""The value and slopes as one graph of sums, products and calls, each distinct node once.

Sums hold their terms as {node: coefficient} and products their factors as {node: exponent}, both
in any order, so that a part common to two of them is found however the formula was written:
`share` names the pair that occurs most often, again and again, until no pair occurs twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from ..diagnostics import InternalError
from ..ir.symbolic import ENTRY, MARGINAL_SUMS, Gradient

_FIELD_ORDER = {"TP": 0, "TN": 1, "FP": 2, "FN": 3}
ROOTS = ("value", "grad_pos", "grad_neg")

Items = tuple[tuple[int, Fraction], ...]
"""Nodes with their coefficients (in a sum) or exponents (in a product), sorted by node."""


@dataclass(frozen=True)
class Node:
    """`kind` is entry, parameter, number, sum, product, or the name of a function.

    `constant` is a sum's number; `value` what an entry, parameter or number is.
    """

    kind: str
    items: Items = ()
    constant: Fraction = Fraction(0)
    value: str | None = None
    args: tuple[int, ...] = ()


class Graph:
    """Nodes by number; `roots` are the numbers of value, grad_pos and grad_neg."""

    def __init__(self, gradient: Gradient) -> None:
        """Take the gradient's expressions apart."""
        self.nodes: list[Node] = []
        self.ids: dict[Node, int] = {}
        self.known: dict[sp.Expr, int] = {}
        self.keys: dict[int, tuple[object, ...]] = {}
        self.depends: dict[int, tuple[int, ...]] = {}
        for symbol, total in MARGINAL_SUMS.items():
            self.known[symbol] = self.node(total)
        for binding in gradient.bindings:
            args = tuple(self.node(arg) for arg in binding.args)
            same = binding.op == "same"
            self.known[binding.symbol] = args[0] if same else self.add(Node(binding.op, args=args))
        slopes = (gradient.grad_pos, gradient.grad_neg)
        self.roots = [self.node(e) for e in (gradient.symbolic.value, *slopes)]

    def add(self, node: Node) -> int:
        """Return the number of `node`, making it if it is new."""
        if node not in self.ids:
            self.ids[node] = len(self.nodes)
            self.nodes.append(node)
        return self.ids[node]

    def node(self, expr: sp.Expr) -> int:
        """Return the number of the node for a sympy expression."""
        if expr not in self.known:
            self.known[expr] = self._node(expr)
        return self.known[expr]

    def _node(self, expr: sp.Expr) -> int:
        if expr.is_Rational:
            return self.add(Node("sum", constant=Fraction(int(expr.p), int(expr.q))))
        if expr.is_number:
            return self.add(Node("number", value=repr(float(expr))))
        if expr.is_Symbol:
            if expr.name in ENTRY:
                return self.add(Node("entry", value=expr.name))
            return self.add(Node("parameter", value=expr.name.removeprefix("parameter ")))
        if expr.is_Add:
            return self.sum([(self.node(arg), Fraction(1)) for arg in expr.args])
        if expr.is_Mul:
            return self._product(expr)
        if expr.is_Pow and expr.exp.is_Integer:
            return self.product([(self.node(expr.base), int(expr.exp))])
        raise InternalError(f"no program for the expression {expr}")

    def _product(self, expr: sp.Expr) -> int:
        """Numbers that are not rational are multiplied at once, to one literal."""
        irrational = [a for a in expr.args if a.is_number and not a.is_Rational]
        others = [a for a in expr.args if a not in irrational]
        factors = [(self.node(a), 1) for a in others]
        if irrational:
            factors.append((self.node(sp.Mul(*irrational)), 1))
        return self.product(factors)

    def split(self, number: int) -> tuple[Fraction, int | None]:
        """Return a node as (coefficient, rest): a sum of one term is that term, scaled."""
        node = self.nodes[number]
        if node.kind != "sum":
            return Fraction(1), number
        if not node.items:
            return node.constant, None
        if len(node.items) == 1 and not node.constant:
            return node.items[0][1], node.items[0][0]
        return Fraction(1), number

    def sum(self, terms: list[tuple[int, Fraction]]) -> int:
        """Return Σ coefficient·node, its common factor and sign taken out."""
        total: dict[int, Fraction] = {}
        constant = Fraction(0)
        for number, coefficient in terms:
            inner, rest = self.split(number)
            if rest is None:
                constant += coefficient * inner
            else:
                total[rest] = total.get(rest, Fraction(0)) + coefficient * inner
        return self.make_sum(total, constant)

    def make_sum(self, total: dict[int, Fraction], constant: Fraction = Fraction(0)) -> int:
        """Return the node of a sum of atoms."""
        items = tuple(sorted((k, c) for k, c in total.items() if c))
        if constant or len(items) < 2:
            return self.add(Node("sum", items, constant)) if not self._is_one(items, constant) else items[0][0]
        sizes = {abs(c) for _, c in items}
        factor = sizes.pop() if len(sizes) == 1 else Fraction(1)
        if min(items, key=lambda item: self.key(item[0]))[1] < 0:
            factor = -factor
        inner = self.add(Node("sum", tuple((k, c / factor) for k, c in items)))
        return inner if factor == 1 else self.add(Node("sum", ((inner, factor),)))

    @staticmethod
    def _is_one(items: Items, constant: Fraction) -> bool:
        return len(items) == 1 and items[0][1] == 1 and not constant

    def product(self, factors: list[tuple[int, int]]) -> int:
        """Return Π node^exponent, its rational coefficient taken out."""
        total: dict[int, Fraction] = {}
        coefficient = Fraction(1)
        for number, exponent in factors:
            inner, rest = self.split(number)
            coefficient *= inner**exponent
            if rest is None:
                continue
            flat = self.nodes[rest]
            parts = flat.items if flat.kind == "product" else ((rest, Fraction(1)),)
            for part, power in parts:
                total[part] = total.get(part, Fraction(0)) + power * exponent
        result = self.make_product(total)
        return self.sum([(result, coefficient)]) if coefficient != 1 else result

    def make_product(self, total: dict[int, Fraction]) -> int:
        """Return the node of a product of atoms."""
        items = tuple(sorted((k, e) for k, e in total.items() if e))
        if not items:
            return self.add(Node("sum", constant=Fraction(1)))
        if len(items) == 1 and items[0][1] == 1:
            return items[0][0]
        return self.add(Node("product", items))

    def key(self, number: int) -> tuple[object, ...]:
        """Return what orders nodes for a reader: numbers, parameters, entries, the rest."""
        if number not in self.keys:
            node, entries = self.nodes[number], self.entries(number)
            rank = (2 if node.kind == "entry" else 3) if entries else 1
            rank = 0 if node.kind == "number" else rank
            self.keys[number] = (rank, entries, str(node.value), number)
        return self.keys[number]

    def entries(self, number: int) -> tuple[int, ...]:
        """Return the entries that a node depends on, in the field's order."""
        if number not in self.depends:
            node = self.nodes[number]
            found = {_FIELD_ORDER[str(node.value)]} if node.kind == "entry" else set()
            for child in self.children(number):
                found.update(self.entries(child))
            self.depends[number] = tuple(sorted(found))
        return self.depends[number]

    def children(self, number: int) -> tuple[int, ...]:
        """Return the nodes that a node needs."""
        node = self.nodes[number]
        return node.args or tuple(k for k, _ in node.items)

    def reachable(self) -> list[int]:
        """Return the needed nodes, each after those it needs; the value's come first."""
        order: list[int] = []
        seen: set[int] = set()
        for root in self.roots:
            stack = [(root, False)]
            while stack:
                number, is_done = stack.pop()
                if is_done:
                    order.append(number)
                elif number not in seen:
                    seen.add(number)
                    stack.append((number, True))
                    below = sorted(self.children(number), key=self.key, reverse=True)
                    stack += [(child, False) for child in below if child not in seen]
        return order

    def share(self) -> None:
        """Give every pair of terms or factors that occurs twice a node of its own."""
        while True:
            counts: Counter[tuple[str, int, int, Fraction]] = Counter()
            for number in self.reachable():
                node = self.nodes[number]
                if node.kind in ("sum", "product") and len(node.items) + bool(node.constant) > 0:
                    counts.update(_pairs(node))
            common = [(count, pair) for pair, count in counts.items() if count > 1]
            if not common:
                break
            _, best = min(common, key=lambda found: (-found[0], found[1]))
            self._replace_pair(*best)
        self._share_multiples()

    def _share_multiples(self) -> None:
        """Compute c*x once where two sums need it; a multiple of an entry reads better in place."""
        counts: Counter[tuple[int, Fraction]] = Counter()
        for number in self.reachable():
            node = self.nodes[number]
            if node.kind == "sum":
                counts.update((k, abs(c)) for k, c in node.items)
        for (number, size), count in sorted(counts.items()):
            if count > 1 and size != 1 and self.nodes[number].kind != "entry":
                above, below = (Fraction(n) for n in size.as_integer_ratio())
                factors = {self.add(Node("number", value=str(above))): Fraction(1)} if above != 1 else {}
                if below != 1:
                    factors[self.add(Node("number", value=str(below)))] = Fraction(-1)
                multiple = self.make_product({number: Fraction(1), **factors})
                self._rewrite(lambda n, a=number, b=multiple, s=size: _use_multiple(n, a, b, s))

    def _replace_pair(self, kind: str, first: int, second: int, ratio: Fraction) -> None:
        """Make the pair a node, and use it wherever the pair occurs."""
        if first == second:
            pair = self.add(Node("product", ((first, Fraction(2)),)))
        else:
            items = ((first, Fraction(1)), (second, ratio))
            pair = self.add(Node(kind, items))
        def use(node: Node) -> Node:
            is_other = node.kind == kind and node != self.nodes[pair]
            return _use_pair(node, pair, first, second, ratio) if is_other else node

        self._rewrite(use)

    def _rewrite(self, change: Callable[[Node], Node]) -> None:
        """Apply `change` to every node, and let all others see the result."""
        renamed: dict[int, int] = {}
        for number in self.reachable():
            old = self.nodes[number]
            node = change(_rename(old, renamed))
            if node != old:
                renamed[number] = self._rebuild(node)
        self.roots = [renamed.get(root, root) for root in self.roots]

    def _rebuild(self, node: Node) -> int:
        if node.kind == "sum" and self._is_one(node.items, node.constant):
            return node.items[0][0]
        if node.kind == "product":
            return self.make_product(dict(node.items))
        return self.add(node)


def _pairs(node: Node) -> Counter[tuple[str, int, int, Fraction]]:
    """Count the pairs in one node; in a product, quotients only as numerator/denominator."""
    found: Counter[tuple[str, int, int, Fraction]] = Counter()
    for position, (first, a) in enumerate(node.items):
        if node.kind == "product" and abs(a) >= 2:
            found[node.kind, first, first, Fraction(1)] = int(abs(a)) // 2
        for second, b in node.items[position + 1 :]:
            if node.kind == "sum":
                found[node.kind, first, second, b / a] = 1
            elif a * b > 0:
                found[node.kind, first, second, Fraction(1)] = int(min(abs(a), abs(b)))
            else:
                top, bottom = (first, second) if a > 0 else (second, first)
                found[node.kind, top, bottom, Fraction(-1)] = 1
    if sum(abs(e) for _, e in node.items) == 2 and node.kind == "product":
        return Counter(dict.fromkeys(found, 1))
    return found


def _use_pair(node: Node, pair: int, first: int, second: int, ratio: Fraction) -> Node:
    items = dict(node.items)
    if first not in items or second not in items:
        return node
    a, b = items[first], items[second]
    if node.kind == "sum":
        if b / a != ratio:
            return node
        times = a
    elif first == second:
        times = Fraction(int(a / 2))
    elif ratio > 0:
        times = Fraction(int(min(abs(a), abs(b)))) * (1 if a > 0 else -1) if a * b > 0 else Fraction(0)
    else:
        times = Fraction(1) if a > 0 > b else Fraction(0)
    if not times:
        return node
    items[first] -= 2 * times if first == second else times
    if first != second:
        items[second] -= times * ratio
    items[pair] = items.get(pair, Fraction(0)) + times
    kept = tuple(sorted((k, c) for k, c in items.items() if c))
    return Node(node.kind, kept, node.constant)


def _use_multiple(node: Node, number: int, multiple: int, size: Fraction) -> Node:
    if node.kind != "sum":
        return node
    items = {k: c for k, c in node.items if k != number or abs(c) != size}
    kept = dict(node.items).get(number)
    if kept is not None and abs(kept) == size:
        items[multiple] = items.get(multiple, Fraction(0)) + kept / size
    return Node(node.kind, tuple(sorted(items.items())), node.constant)


def _rename(node: Node, renamed: dict[int, int]) -> Node:
    """Return `node` over the new numbers of its children."""
    if not renamed:
        return node
    args = tuple(renamed.get(arg, arg) for arg in node.args)
    items: dict[int, Fraction] = {}
    for number, weight in node.items:
        key = renamed.get(number, number)
        items[key] = items.get(key, Fraction(0)) + weight
    kept = tuple(sorted(items.items()))
    return Node(node.kind, kept, node.constant, node.value, args)

"""share: what two sums or products have in common becomes a node of its own.

a*b/c + 1, a*b + 2   → p = a*b,  p/c + 1, p + 2     the pair that occurs most often first
a*c + b*c + d        → (a + b)*c + d                factor.py
x*c/2, 1 - y*c/2     → p = c/2,  x*p, 1 - y*p       numbers are factors, too
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, NamedTuple

from .factor import MAX_LITERAL, collect, numbers_to_factors
from .inline import inline
from .node import Node, Weight, lean, merged, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .graph import Graph
    from .node import Item

MAX_ITEMS = 40
"""Longer sums and products are left alone: their pairs grow with the square of their length."""


MAX_PAIRS = 25_000
"""The pairs that are looked at before a program stays as it is; what is shared by then stays so."""


class Pair(NamedTuple):
    """a·first + b·second in sums, first^a · second^b in products; or first², with a = b = 1."""

    kind: str
    first: int
    second: int
    a: Weight
    b: Weight

    def node(self) -> Node:
        """Return the pair as a node of its own."""
        if self.first == self.second:
            return Node(self.kind, ((self.first, 2),))
        return Node(self.kind, ((self.first, self.a), (self.second, self.b)))


def share(graph: Graph) -> None:
    """Write each common part once."""
    sharing = _Sharing(graph)
    sharing.share_pairs()
    for saving in (1, 0):
        while not sharing.is_tired and collect(graph, saving):
            sharing.share_pairs()
    numbers_to_factors(graph)
    inline(graph)
    sharing.share_pairs()
    inline(graph)


class _Sharing:
    """Counts pairs; those of a node once, however often it is looked at."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.known: dict[Node, Counter[Pair]] = {}
        self.looked_at = 0

    @property
    def is_tired(self) -> bool:
        """Tell whether it has looked at as many pairs as it may."""
        return self.looked_at > MAX_PAIRS

    def share_pairs(self) -> None:
        """Give every pair that occurs twice a node, the most frequent first, until none does."""
        nodes = self.graph.nodes
        needed = [k for k in self.graph.uses() if nodes[k].kind in ("sum", "product")]
        counts: Counter[Pair] = Counter()
        for number in needed:
            counts.update(self._pairs(number))
        while counts and not self.is_tired:
            pair = min(counts, key=lambda p: (-counts[p], p))
            if counts[pair] < 2:
                break
            made, sign = self._make(pair)
            for number in needed:
                times = _times(nodes[number], pair)
                if times and number != made:
                    counts.subtract(self._pairs(number))
                    self.graph.replace(number, _use(nodes[number], pair, made, times, sign))
                    counts.update(self._pairs(number))
            if made not in needed:
                needed.append(made)
                counts.update(self._pairs(made))

    def _make(self, pair: Pair) -> tuple[int, int]:
        """Return the pair's node, and -1 if that is minus the pair."""
        node = pair.node()
        if node.kind == "sum" and self.graph.is_better_negated(node):
            return self.graph.add(node.negated()), -1
        return self.graph.add(node), 1

    def _pairs(self, number: int) -> Counter[Pair]:
        node = self.graph.nodes[number]
        if node not in self.known:
            pairs = {} if self.is_tired else dict(self._count(node))
            self.looked_at += len(pairs)
            self.known[node] = Counter(pairs)
        return self.known[node]

    def _count(self, node: Node) -> Iterator[tuple[Pair, int]]:
        """Yield the pairs in one node; those of a product of two cannot occur twice in it.

        Numbers make no pair: their product is a number, for which there is no name.
        """
        items = node.items if len(node.items) <= MAX_ITEMS else ()
        is_whole = node.kind == "product" and sum(size(e) for _, e in items) == 2
        for position, (first, a) in enumerate(items):
            is_number = self.graph.nodes[first].kind == "number"
            if node.kind == "product" and size(a) >= 2 and not is_number:
                yield Pair(node.kind, first, first, 1, 1), 1 if is_whole else size(a) // 2
            for second, b in items[position + 1 :]:
                if is_number and self.graph.nodes[second].kind == "number":
                    continue
                if node.kind == "sum":
                    yield self._terms((first, a), (second, b)), 1
                else:
                    yield _factors((first, a), (second, b))

    def _terms(self, one: Item, other: Item) -> Pair:
        """Return two terms as a pair, in the one form that all its multiples have."""
        (first, a), (second, b) = one, other
        leading = a if self.graph.key(first) < self.graph.key(second) else b
        if isinstance(a, int) and isinstance(b, int):  # nearly always, so without fractions
            common = gcd(a, b) if leading > 0 else -gcd(a, b)
            return Pair("sum", first, second, a // common, b // common)
        whole = lcm(a.denominator, b.denominator)
        is_exact = whole <= MAX_LITERAL
        unit = Fraction(gcd(int(a * whole), int(b * whole)), whole) if is_exact else Fraction(a)
        unit = unit if unit * leading > 0 else -unit
        return Pair("sum", first, second, lean(a / unit), lean(b / unit))


def _factors(one: Item, other: Item) -> tuple[Pair, int]:
    """Return two factors as a pair, above or below the line or across it, and how often."""
    (first, a), (second, b) = one, other
    if a * b > 0:
        return Pair("product", first, second, 1, 1), min(size(a), size(b))
    return Pair("product", first, second, 1 if a > 0 else -1, 1 if b > 0 else -1), 1


def _times(node: Node, pair: Pair) -> Weight:
    """Return how often `pair` fits into `node`; negative below the line."""
    if node.kind != pair.kind:
        return 0
    items = dict(node.items)
    a, b = items.get(pair.first, 0), items.get(pair.second, 0)
    if not a or not b:
        return 0
    if node.kind == "sum":
        return lean(Fraction(a) / pair.a) if a * pair.b == b * pair.a else 0
    sign = 1 if a > 0 else -1
    if pair.first == pair.second:
        return size(a) // 2 * sign
    if pair.a != pair.b:
        return int(a * pair.a > 0 and b * pair.b > 0)
    return min(size(a), size(b)) * sign if a * b > 0 else 0


def _use(node: Node, pair: Pair, made: int, times: Weight, sign: int) -> Node:
    """Return `node` with the pair written as the node `made`."""
    rest = [(part, -weight * times) for part, weight in pair.node().items]
    return Node(node.kind, merged([*node.items, *rest, (made, times * sign)]))

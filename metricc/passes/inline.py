"""inline: a part that turned out to be used once, or to be another, is written where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .node import ONE, Items, Node, Weight, merged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .graph import Graph
    from .node import Item


def inline(graph: Graph) -> None:
    """a*(b*c) → a*b*c and a + (b - c) → a + b - c, unless the part is needed elsewhere."""
    _drop_aliases(graph)
    uses = graph.uses()
    for number in graph.in_order():
        node = graph.nodes[number]
        sign = 1
        items: list[Item] = []
        for part, weight in node.items:
            turn, inner = _open(graph, node.kind, part, weight, uses)
            sign *= turn
            items += [(k, w * weight) for k, w in inner]
        flat = node._replace(items=merged(items))
        if sign < 0:
            positive = graph.add(flat)
            uses[positive] = uses.get(positive, 0) + 1
            flat = Node("sum", ((positive, -1),))
        graph.replace(number, flat)


def _drop_aliases(graph: Graph) -> None:
    for number in graph.in_order():
        node = graph.nodes[number]
        args = tuple(_same(graph, arg) for arg in node.args)
        items = merged((_same(graph, part), weight) for part, weight in node.items)
        graph.replace(number, node._replace(args=args, items=items))
    graph.roots = [_same(graph, root) for root in graph.roots]


def _same(graph: Graph, number: int) -> int:
    """Return what a node is when it is a sum, or a product, of one part."""
    while len(items := graph.nodes[number].items) == 1 and items[0][1] == 1 and number != ONE:
        number = items[0][0]
    return number


def _open(
    graph: Graph, kind: str, part: int, weight: Weight, uses: Mapping[int, int]
) -> tuple[int, Items]:
    """Return a part as items that cost no more in its place, and a sign that leaves a product."""
    inner, sign, is_own = graph.nodes[part], 1, uses[part] == 1
    if inner.kind == "sum" and len(inner.items) == 1 and inner.items[0][1] == -1:
        part = inner.items[0][0]
        if kind == "sum":
            return 1, ((part, -1),)
        inner, is_own = graph.nodes[part], is_own and uses[part] == 1
        sign = -1 if weight % 2 else 1
    is_free = kind == "product" or abs(weight) == 1
    is_open = inner.kind == kind and inner.items and is_free and is_own
    return sign, inner.items if is_open else ((part, 1),)

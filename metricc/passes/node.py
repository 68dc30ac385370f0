"""The nodes of a graph: sums, products, calls, entries, parameters and numbers.

A sum holds its terms as (node, coefficient) and a product its factors as (node, exponent), both
in any order, so that equal things are found however the formula was written:

    a number c     → sum      {ONE: c}               ONE is the product of nothing
    2*TP + FN - 1  → sum      {TP: 2, FN: 1, ONE: -1}
    -TP/AP²        → sum      {product {TP: 1, AP: -2}: -1}
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Weight = int | Fraction
"""A coefficient or an exponent; whole ones are int, which hash faster than fractions."""
Item = tuple[int, Weight]
"""A node, by its number, and its weight."""
Items = tuple[Item, ...]
"""Sorted by node, each once, none with the weight 0."""

ONE = 0


class Node(NamedTuple):
    """`kind` is entry, parameter, number, sum, product, or the name of a function.

    `value` is what an entry, parameter or number is.
    """

    kind: str
    items: Items = ()
    args: tuple[int, ...] = ()
    value: str | Fraction = ""

    def children(self) -> tuple[int, ...]:
        """Return the nodes that this one needs."""
        return self.args or tuple(number for number, _ in self.items)

    def writings(self) -> list[tuple[int, int]]:
        """Return them with how often each is written: x² is x*x."""
        counts = [(arg, 1) for arg in self.args]
        is_product = self.kind == "product"
        return counts + [
            (number, size(weight) if is_product else 1) for number, weight in self.items
        ]

    def negated(self) -> Node:
        """Return minus a sum."""
        return Node(self.kind, tuple((number, -weight) for number, weight in self.items))


ZERO = Node("sum")


def lean(weight: Weight) -> Weight:
    """Return whole numbers as int."""
    return weight.numerator if weight.denominator == 1 else weight


def size(exponent: Weight) -> int:
    """Return an exponent without its sign."""
    return abs(int(exponent))


def merged(items: Iterable[Item]) -> Items:
    """Return items of which several may be of one node, or none at all, in order."""
    total: dict[int, Weight] = {}
    for number, weight in items:
        total[number] = total.get(number, 0) + weight
    return tuple(sorted((number, lean(weight)) for number, weight in total.items() if weight))

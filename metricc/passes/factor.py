"""factor: a*c + b*c + d → (a + b)*c + d, and coefficients as factors that can be shared."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

from .node import ONE, Node, Weight, merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .graph import Graph
    from .node import Item

MAX_LITERAL = 10**6
"""A larger denominator is that of a long decimal, or of an irrational constant."""

Factor = tuple[int, int]
"""A node, and 1 above or -1 below the line."""


def collect(graph: Graph, saving: int) -> bool:
    """Collect one factor in one sum, if that saves operations; return whether it did."""
    uses = graph.uses()
    for number in uses:
        node = graph.nodes[number]
        if node.kind == "sum" and len(node.items) > 1:
            factor, saved = _best(graph, node, uses)
            if saved >= saving:
                _collect(graph, number, factor, uses)
                return True
    return False


def _best(graph: Graph, node: Node, uses: Mapping[int, int]) -> tuple[Factor, int]:
    """Return the factor of most terms, and how many operations it saves to collect it."""
    counts = Counter(f for term, _ in node.items for f in _factors(graph, term, uses))
    counts[ONE, 1] += 1  # so that there is a factor
    best = min(counts, key=lambda f: (-counts[f], f))
    is_term = best[1] == 1 and any(k == best[0] for k, _ in node.items)
    return best, counts[best] - 1 - is_term if counts[best] > 1 else -1


def _factors(graph: Graph, term: int, uses: Mapping[int, int]) -> Iterator[Factor]:
    """Yield the factors of a term; a product used elsewhere stays whole."""
    node = graph.nodes[term]
    if node.kind == "product" and uses[term] == 1:
        for factor, exponent in node.items:
            yield factor, 1 if exponent > 0 else -1
    elif term != ONE:
        yield term, 1


def _collect(graph: Graph, number: int, factor: Factor, uses: Mapping[int, int]) -> None:
    inside: list[Item] = []
    outside: list[Item] = []
    common, side = factor
    for term, coefficient in graph.nodes[number].items:
        if factor in _factors(graph, term, uses):
            items = ((common, 1),) if term == common else graph.nodes[term].items
            inside.append((graph.make_product([*items, (common, -side)]), coefficient))
        else:
            outside.append((term, coefficient))
    coefficient, rest = graph.split(graph.make_sum(inside))
    outside.append((graph.make_product([(common, side), (rest, 1)]), coefficient))
    graph.replace(number, Node("sum", merged(outside)))


def numbers_to_factors(graph: Graph) -> None:
    """c*x + 1 → {c, x} + 1; 2*TP stays: it reads better where it stands."""
    uses = graph.uses()
    for number in uses:
        node = graph.nodes[number]
        if node.kind == "sum":
            terms = (_term(graph, k, c, uses) for k, c in node.items)
            graph.replace(number, Node("sum", merged(terms)))


def _term(graph: Graph, term: int, coefficient: Weight, uses: Mapping[int, int]) -> Item:
    """Return a term with nothing but a sign for its coefficient."""
    node = graph.nodes[term]
    if abs(coefficient) == 1 or term == ONE or node.kind in ("entry", "parameter"):
        return term, coefficient
    is_own = node.kind == "product" and uses[term] == 1
    factors = node.items if is_own else ((term, 1),)
    numbers = [
        (graph.add(Node("number", value=Fraction(literal))), exponent)
        for literal, exponent in _literals(max(coefficient, -coefficient))
    ]
    return graph.make_product([*factors, *numbers]), 1 if coefficient > 0 else -1


def _literals(size: Weight) -> Iterator[tuple[Weight, int]]:
    """1.25 and 1/2 are one literal; 2/3 is 2 above and 3 below the line."""
    if is_literal(size):
        yield size, 1
        return
    if size.numerator != 1:
        yield size.numerator, 1
    yield size.denominator, -1


def is_literal(number: Weight) -> bool:
    """Tell whether a number is written as a decimal: 1.25 is, and 1/3 is a division."""
    return (number * MAX_LITERAL).denominator == 1 or number.denominator > MAX_LITERAL

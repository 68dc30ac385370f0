"""Names for the nodes of a graph: the user's, else the field's, else one that says what it is."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from ..ir.operators import FUNCTIONS, REDUCTIONS
from ..ir.program import EXTRAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .graph import Graph

_BY_KIND = {
    "abs": "gap",
    "asin": "angle",
    "atan": "angle",
    "cbrt": "root",
    "cos": "cosine",
    "exp": "e",
    "let": "c",
    "log": "ln",
    "log1p": "ln",
    "clamp": "clamped",
    "max": "high",
    "min": "low",
    "normal_cdf": "phi",
    "power": "raised",
    "product": "c",
    "quotient": "ratio",
    "sigmoid": "sigma",
    "sign": "side",
    "sin": "sine",
    "sqrt": "root",
    "step": "side",
    "sum": "s",
    "tanh": "squashed",
    "xlogx": "info",
}
_RATES = {
    ("TP", "AP"): "recall",
    ("FN", "AP"): "miss_rate",
    ("TN", "AN"): "specificity",
    ("FP", "AN"): "fall_out",
    ("TP", "PP"): "precision",
    ("TN", "PN"): "npv",
}
_RESERVED = {"value", "grad_pos", "grad_neg", "zero_division", "input", "target", "sample_weight"}
_RESERVED |= {"sharpness", "threshold", "smooth", "entries", "self", "torch", "math", *FUNCTIONS}
_RESERVED |= {"nonzero", "quotient", "power", "sign", "step", "minimum", "maximum", *keyword.kwlist}
_RESERVED |= {"tp", "tn", "fp", "fn", "bounded"}
RESERVED_OF_CLASSES = {*REDUCTIONS, *EXTRAS, "others", "lowest", "highest", "sum", "mean", "prod"}
_WISHES_OF_CLASSES = {
    "sum_over": ("{}_sum", "whole"),
    "mean_over": ("mean_{}", "average"),
    "prod_over": ("{}_product", "product"),
    "min_over": ("lowest_{}", "least"),
    "max_over": ("highest_{}", "most"),
    "others": ("other_{}", "other_classes"),
    "lowest": ("is_lowest", "is_lowest"),
    "highest": ("is_highest", "is_highest"),
}
"""The names of what reaches across the classes: of something that has a name, and of a formula."""


class Names:
    """Chooses names that are free."""

    def __init__(self, graph: Graph, parameters: tuple[str, ...]) -> None:
        """Look what the nodes of `graph` are for."""
        self.graph = graph
        self.taken = {*_RESERVED, *parameters}
        if any(graph.nodes[number].kind in REDUCTIONS for number in graph.uses()):
            self.taken |= RESERVED_OF_CLASSES
        self.divisors = _divisors(graph)

    def choose(self, number: int, named: Mapping[int, str]) -> str:
        """Return a new name for a node; `named` are those that have one."""
        name = free(self._wish(number, named), self.taken)
        self.taken.add(name)
        return name

    def _wish(self, number: int, named: Mapping[int, str]) -> str:
        node = self.graph.nodes[number]
        if label := self._known(number):
            return label
        if node.kind == "product" and len(node.items) == 1 and node.items[0][1] == 2:
            base = named.get(node.items[0][0]) or self.graph.nodes[node.items[0][0]].value
            return f"{base}_sq".lower()
        if node.kind in _WISHES_OF_CLASSES:
            inner = named.get(node.args[0]) or self._short(node.args[0])
            long, short = _WISHES_OF_CLASSES[node.kind]
            if inner is None:
                return "d" if number in self.divisors else short
            return long.format(inner).lower()
        if node.kind == "log" and (label := self._known(node.args[0])):
            return f"log_{label}"
        if number in self.divisors and node.kind in ("sum", "product", "sqrt"):
            return "d"
        return _BY_KIND.get(node.kind, node.kind)

    def _short(self, number: int) -> str | None:
        """Return what to call the argument of a reduction, if that is short."""
        node = self.graph.nodes[number]
        if node.kind == "entry":
            return str(node.value)
        if label := self._known(number):
            return label
        if node.kind != "product" or any(e < 0 for _, e in node.items):
            return None
        names = [self._short(k) for k, e in node.items for _ in range(int(e))]
        return "_".join(map(str, names)) if len(names) < 3 and None not in names else None

    def _known(self, number: int) -> str | None:
        """Return the name that the user or the field has for a node."""
        graph, node = self.graph, self.graph.nodes[number]
        if number in graph.labels:
            return graph.labels[number]
        if node.kind != "quotient":
            return None
        top, bottom = node.args
        return _RATES.get((str(graph.nodes[top].value), graph.marginals.get(bottom, "")))


def _divisors(graph: Graph) -> set[int]:
    """Return what the formula divides by, and the sums and products that slopes divide by."""
    found = set()
    for number in graph.uses():
        node = graph.nodes[number]
        if node.kind == "quotient":
            found.add(node.args[1])
        if node.kind == "product":
            below = (k for k, exponent in node.items if exponent < 0)
            found |= {k for k in below if graph.nodes[k].kind in ("sum", "product")}
    return found


def parameter_names(names: list[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return the name that each parameter of a metric has in the program; others are `taken`."""
    found: dict[str, str] = {}
    for name in names:
        found[name] = free(name, {*found.values(), *names} - {name} | {*taken})
    return found


def safe(name: str) -> str:
    """Return a name that means nothing else in emitted code."""
    return f"{name}_" if name in _RESERVED else name


def free(wish: str, taken: set[str]) -> str:
    """Return `wish`, or `wish` with the first number that makes it new."""
    name, number = safe(wish), 1
    while name in taken:
        number += 1
        name = f"{wish}{number}"
    return name

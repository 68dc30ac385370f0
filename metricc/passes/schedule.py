"""schedule: the gradient → a straight-line program in two sections, named for a reader."""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ..ir.operators import FUNCTIONS
from ..ir.program import Assign, Expr, Num, Op, Program, Ref
from ..ir.symbolic import MARGINAL_SUMS
from .graph import ROOTS, Graph, Node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ir.symbolic import Gradient

_NAMES = {"sqrt": "root", "cbrt": "root", "log": "log", "log1p": "log", "abs": "gap", "sign": "side"}
_NAMES |= {"quotient": "ratio", "power": "power", "sum": "s", "product": "c", "exp": "e"}
_RESERVED = {"value", "grad_pos", "grad_neg", "zero_division", "input", "target", "sample_weight"}
_RESERVED |= {"sharpness", "threshold", "smooth", "entries", "self", "torch", "math", *FUNCTIONS}
_RESERVED |= {"nonzero", "quotient", "power", "sign", "minimum", "maximum", *keyword.kwlist}
_RESERVED |= {"tp", "tn", "fp", "fn"}


def schedule(gradient: Gradient) -> Program:
    """Return the program; each node used twice, or hard to read inline, gets a name."""
    graph = Graph(gradient)
    graph.share()
    return _Scheduler(graph, gradient).program()


def operations(gradient: Gradient) -> int:
    """Return the cost that simplify minimises: the operations of the scheduled program."""
    return schedule(gradient).operations()


@dataclass
class _Use:
    """How often a node is needed, and by the value at all."""

    count: int = 0
    is_denominator: bool = False
    in_value: bool = False


class _Scheduler:
    """Names the nodes of one graph and writes them down in order of need."""

    def __init__(self, graph: Graph, gradient: Gradient) -> None:
        self.graph = graph
        self.parameters = tuple(_safe(p.name) for p in gradient.symbolic.metric.parameters)
        self.uses = self._count_uses()
        self.names: dict[int, str] = {}
        self.taken = {*_RESERVED, *self.parameters}
        self.hints = self._hints(gradient)

    def _count_uses(self) -> dict[int, _Use]:
        order = self.graph.reachable()
        uses = {number: _Use() for number in order}
        in_value = set(_below(self.graph, self.graph.roots[0]))
        for number in order:
            uses[number].in_value = number in in_value
            node = self.graph.nodes[number]
            for child in self.graph.children(number):
                uses[child].count += node.args.count(child) or 1
                exponent = dict(node.items).get(child, Fraction(1))
                if node.kind == "product" and exponent < 0:
                    uses[child].is_denominator = True
                if node.kind == "product":
                    uses[child].count += int(abs(exponent)) - 1
            if node.kind == "quotient":
                uses[node.args[1]].is_denominator = True
        for root in self.graph.roots:
            uses[root].count += 1
        return uses

    def _hints(self, gradient: Gradient) -> dict[int, str]:
        """Return the names that the user, or the field, has for nodes."""
        hints: dict[int, str] = {}
        for symbol in MARGINAL_SUMS:
            hints[self.graph.known[symbol]] = symbol.name.lower()
        for expr, label in gradient.symbolic.labels:
            if expr in self.graph.known:
                hints.setdefault(self.graph.known[expr], label)
        return hints

    def program(self) -> Program:
        """Write down the assignments."""
        value: list[Assign] = []
        slopes: list[Assign] = []
        for number in self.graph.reachable():
            if not self._is_atom(number) and number in self.graph.roots:
                root = ROOTS[self.graph.roots.index(number)]
                (value if root == "value" else slopes).append(Assign(root, self._expr(number)))
                self.names[number] = root
            elif self._wants_name(number):
                section = value if self.uses[number].in_value else slopes
                name = self._name(number)
                section.append(Assign(name, self._expr(number)))
                self.names[number] = name
        done = {a.name for a in (*value, *slopes)}
        for root, number in zip(ROOTS, self.graph.roots, strict=True):
            if root not in done:
                (value if root == "value" else slopes).append(Assign(root, self._ref(number)))
        inputs = tuple(
            name.lower()
            for name in ("TP", "TN", "FP", "FN")
            if any(self.graph.nodes[k].value == name for k in self.uses if self._is_entry(k))
        )
        return Program(inputs, self.parameters, tuple(value), tuple(slopes))

    def _is_entry(self, number: int) -> bool:
        return self.graph.nodes[number].kind == "entry"

    def _is_atom(self, number: int) -> bool:
        node = self.graph.nodes[number]
        return node.kind in ("entry", "parameter", "number") or (node.kind == "sum" and not node.items)

    def _wants_name(self, number: int) -> bool:
        return self.uses[number].count > 1 and not self._is_atom(number)

    def _name(self, number: int) -> str:
        """Choose a name: the user's or the field's, else by what the node is for."""
        node = self.graph.nodes[number]
        hint = self.hints.get(number)
        if hint is None and node.kind == "product" and len(node.items) == 1:
            inner, exponent = node.items[0]
            base = self.names.get(inner) or str(self.graph.nodes[inner].value or "").lower()
            if exponent == 2 and base:
                hint = f"{base}_2"
        if hint is None:
            hint = "d" if self.uses[number].is_denominator else _NAMES.get(node.kind, node.kind)
        if hint.endswith("_2") and hint not in self.taken:
            name = hint
        else:
            name = _free(hint, self.taken)
        self.taken.add(name)
        return name

    def _ref(self, number: int) -> Expr:
        return Ref(self.names[number]) if number in self.names else self._expr(number)

    def _expr(self, number: int) -> Expr:
        node = self.graph.nodes[number]
        match node.kind:
            case "entry":
                return Ref(str(node.value).lower())
            case "parameter":
                return Ref(_safe(str(node.value)))
            case "number":
                text = str(node.value)
                return Num(float(text) if "." in text or "e" in text else Fraction(text))
            case "sum":
                return self._sum(node)
            case "product":
                return self._fraction(node, Fraction(1))
        return Op(node.kind, tuple(self._ref(arg) for arg in node.args))

    def _sum(self, node: Node, sign: int = 1) -> Expr:
        """Positive terms first, in the field's order; a sum without any is negated as a whole."""
        items = sorted(node.items, key=lambda item: self.graph.key(item[0]))
        if len(items) == 1 and not node.constant:
            return self._scaled(items[0][0], sign * items[0][1])
        terms = [(c * sign, self._scaled(k, abs(c))) for k, c in items]
        if node.constant:
            at = 0 if not all(self.graph.entries(k) for k, _ in items) else len(terms)
            terms.insert(at, (node.constant * sign, Num(abs(node.constant))))
        positive = [term for c, term in terms if c > 0]
        negative = [term for c, term in terms if c < 0]
        if not terms:
            return Num(Fraction(0))
        if not positive:
            return Op("neg", (_chain("add", negative),)) if len(terms) > 1 else _negated(negative[0])
        result = _chain("add", positive)
        for term in negative:
            result = Op("sub", (result, term))
        return result

    def _scaled(self, number: int, factor: Fraction) -> Expr:
        """Return factor·node, the factor inside a fraction where there is one."""
        node = self.graph.nodes[number]
        if node.kind == "product" and number not in self.names:
            return self._fraction(node, factor)
        if factor == -1 and self._flips(number):
            return self._sum(node, -1)
        if factor < 0:
            return Op("neg", (self._scaled(number, -factor),))
        below = _below_the_line(factor)
        above = factor * below
        top = self._ref(number) if above == 1 else Op("mul", (Num(above), self._ref(number)))
        return top if below == 1 else Op("div", (top, Num(below)))

    def _flips(self, number: int) -> bool:
        """Tell whether a node is a sum, written in place, that costs the same negated."""
        node = self.graph.nodes[number]
        return node.kind == "sum" and number not in self.names and any(c < 0 for _, c in node.items)

    def _fraction(self, node: Node, factor: Fraction) -> Expr:
        """Return factor·Π tops / Π bottoms; a sign goes into a literal or a difference."""
        items = sorted(node.items, key=lambda item: self.graph.key(item[0]))
        tops = [k for k, e in items for _ in range(int(max(e, Fraction(0))))]
        bottoms = [self._ref(k) for k, e in items for _ in range(int(max(-e, Fraction(0))))]
        if not tops:
            return Op("div", (Num(factor), _chain("mul", bottoms)))
        below = _below_the_line(factor)
        above = factor * below
        written = [self._ref(k) for k in tops]
        flipped = next((i for i, k in enumerate(tops) if factor < 0 and self._flips(k)), None)
        if flipped is not None:
            written[flipped], above = self._sum(self.graph.nodes[tops[flipped]], -1), -above
        if abs(above) != 1:
            written.insert(0, Num(above))
        if below != 1:
            bottoms.insert(0, Num(below))
        top = _chain("mul", written)
        result = Op("div", (top, _chain("mul", bottoms))) if bottoms else top
        return _negated(result) if above == -1 else result


def _negated(expr: Expr) -> Expr:
    """-(a*b) prints as -a * b: the sign goes to the first factor."""
    if isinstance(expr, Op) and expr.op in ("mul", "div"):
        return Op(expr.op, (_negated(expr.args[0]), *expr.args[1:]))
    if isinstance(expr, Num):
        return Num(-expr.value)
    return Op("neg", (expr,))


def _below(graph: Graph, root: int) -> Iterable[int]:
    """Yield a node and all it needs."""
    stack, seen = [root], set()
    while stack:
        number = stack.pop()
        if number not in seen:
            seen.add(number)
            stack += graph.children(number)
    return seen


def _chain(op: str, args: list[Expr]) -> Expr:
    result = args[0]
    for arg in args[1:]:
        result = Op(op, (result, arg))
    return result


def _below_the_line(factor: Fraction) -> Fraction:
    """1.25 stays a decimal; 1/2 and 1/3 divide."""
    is_decimal = (factor * 1000).denominator == 1 and factor.numerator != 1
    return Fraction(1 if is_decimal else factor.denominator)


def _safe(name: str) -> str:
    return f"{name}_" if name in _RESERVED else name


def _free(hint: str, taken: set[str]) -> str:
    """Return `hint`, or `hint` with the first number that makes it new."""
    hint = _safe(hint)
    if hint not in taken:
        return hint
    number = 2
    while f"{hint}{number}" in taken:
        number += 1
    return f"{hint}{number}"

"""schedule: the gradient → a straight-line program in two sections, named for a reader."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

from ..ir.program import EXTRAS, Assign, Expr, Num, Op, Program, Ref
from ..ir.symbolic import MARGINAL_SUMS
from ..ir.typed import ENTRIES
from .factor import is_literal
from .graph import DIGITS, Graph
from .naming import RESERVED_OF_CLASSES, Names, parameter_names
from .node import ONE, Items, Weight
from .shapes import per_class, with_shapes
from .share import share

if TYPE_CHECKING:
    from ..ir.symbolic import Gradient

ROOTS = ("value", "grad_pos", "grad_neg")


def schedule(gradient: Gradient) -> Program:
    """Return the program; each node that is used twice, or that the user named, gets a name."""
    symbolic = gradient.symbolic
    exprs = (symbolic.value, gradient.grad_pos, gradient.grad_neg)
    graph = Graph(gradient.bindings, exprs, symbolic.labels, MARGINAL_SUMS)
    share(graph)
    entries = {str(node.value) for node in graph.nodes if node.kind == "entry"}
    extras = [name for name in EXTRAS if name in entries]
    taken = RESERVED_OF_CLASSES if symbolic.metric.is_joint else extras
    parameters = parameter_names([p.name for p in symbolic.metric.parameters], taken)
    writer = Writer(graph, ROOTS, parameters)
    value = writer.section(ROOTS[:1])
    slopes = writer.section(ROOTS[1:])
    nodes = [graph.nodes[number] for number in writer.written]
    read = {node.value for node in nodes if node.kind == "entry"}
    inputs = tuple(name.lower() for name in (*ENTRIES, *EXTRAS) if name in read)
    return with_shapes(Program(inputs, tuple(parameters.values()), value, slopes))


class Writer:
    """Writes the nodes of one graph down, in order of need."""

    def __init__(
        self,
        graph: Graph,
        roots: tuple[str, ...],
        parameters: dict[str, str],
        apart: frozenset[int] = frozenset(),
    ) -> None:
        """Name the graph's roots; `parameters` are the program's names for the metric's.

        Each node in `apart` gets a line of its own, even if it is used once.
        """
        self.graph = graph
        self.apart = apart
        self.roots = dict(zip(roots, graph.roots, strict=True))
        self.uses = graph.uses()
        self.per_class = per_class(graph)
        self.parameters = parameters
        self.chosen = Names(graph, (*roots, *parameters.values()))
        self.written: set[int] = set()
        self.names: dict[int, str] = {}

    def section(self, roots: tuple[str, ...]) -> tuple[Assign, ...]:
        """Write `roots`, each after what it needs and no section has yet."""
        wanted = {root: self.roots[root] for root in roots}
        assigns: dict[str, Expr] = {}
        for root in roots:
            for number in self.graph.in_order(wanted[root]):
                if number not in self.written and not self._is_atom(number):
                    name = next((r for r in roots if wanted[r] == number), None)
                    if name is None and (self.uses[number] > 1 or self._is_named(number)):
                        name = self.chosen.choose(number, self.names)
                    if name:
                        assigns[name] = self._expr(number)
                        self.names[number] = name
                self.written.add(number)
            if root not in assigns:
                assigns[root] = self._expr(wanted[root])
        return tuple(Assign(name, expr) for name, expr in assigns.items())

    def _is_named(self, number: int) -> bool:
        """Tell whether the user has a name for a node, by `let` or as a metric inside."""
        if number in self.apart:
            return True
        return number in self.graph.labels and number not in self.graph.marginals

    def _is_atom(self, number: int) -> bool:
        node = self.graph.nodes[number]
        is_number = node.kind == "sum" and all(k == ONE for k, _ in node.items)
        return node.kind in ("entry", "parameter", "number") or is_number or number == ONE

    def _expr(self, number: int, sign: int = 1) -> Expr:
        """Return a node, or minus a node, by its name if it has one."""
        node = self.graph.nodes[number]
        if number not in self.names and node.kind == "sum":
            return self._sum(node.items, sign)
        if number not in self.names and node.kind == "product":
            return self._product(node.items, sign)
        if number not in self.names and node.kind == "let":
            return self._expr(node.args[0], sign)
        return self._call(number) if sign > 0 else Op("neg", (self._call(number),))

    def _call(self, number: int) -> Expr:
        node = self.graph.nodes[number]
        if number in self.names:
            return Ref(self.names[number])
        if node.kind == "entry":
            return Ref(str(node.value).lower())
        if node.kind == "parameter":
            return Ref(self.parameters[str(node.value)])
        if node.kind == "number":
            return Num(Fraction(node.value))
        return Op(node.kind, tuple(self._expr(arg) for arg in node.args))

    def _sum(self, items: Items, sign: int) -> Expr:
        """Write positive terms first, in the field's order; -a - b as -(a + b)."""
        terms = sorted(((k, c * sign) for k, c in items), key=lambda t: self.graph.key(t[0]))
        if terms and terms[0][0] == ONE and all(self.graph.key(k)[0] for k, _ in terms[1:]):
            terms.append(terms.pop(0))
        positive = [term for term in terms if term[1] > 0]
        negative = [term for term in terms if term[1] < 0]
        if not terms:
            return Num(Fraction(0))
        if not positive:
            lead = next((term for term in negative if self._is_free(*term)), None)
            if lead is None and len(negative) > 1:
                return Op("neg", (self._sum(items, -sign),))
            positive = [lead or negative[0]]
            negative = [term for term in negative if term != positive[0]]
        result = _chain("add", [self._term(*term) for term in positive])
        for number, coefficient in negative:
            result = Op("sub", (result, self._term(number, -coefficient)))
        return result

    def _term(self, number: int, coefficient: Weight) -> Expr:
        if number == ONE:
            return Num(_rounded(coefficient))
        if abs(coefficient) == 1:
            return self._expr(number, int(coefficient))
        return _ratio(coefficient, [self._expr(number)], [])

    def _is_free(self, number: int, coefficient: Weight) -> bool:
        """Tell whether a sign costs nothing: it goes into a literal, or turns b - a around."""
        node = self.graph.nodes[number]
        if number == ONE or abs(coefficient) != 1:
            return True
        if number in self.names or node.kind not in ("sum", "product"):
            return False
        if node.kind == "sum":
            return any(c < 0 for _, c in node.items)
        tops = [k for k, e in node.items if e > 0]
        return not tops or any(self._turns(k) for k in tops)

    def _turns(self, number: int) -> bool:
        """Tell whether a factor takes a sign for nothing."""
        node = self.graph.nodes[number]
        return node.kind == "number" or (node.kind == "sum" and self._is_free(number, -1))

    def _product(self, items: Items, sign: int) -> Expr:
        """Return Π tops / Π bottoms; a sign goes where it costs nothing."""
        ordered = sorted(items, key=lambda item: self._place(item[0]))
        tops = [k for k, e in ordered for _ in range(max(int(e), 0))]
        bottoms = [k for k, e in ordered for _ in range(max(-int(e), 0))]
        literal = self._literal(tops) / self._literal(bottoms)
        signs = [1] * len(tops)
        if sign < 0:
            turned = next((i for i, k in enumerate(tops) if self._turns(k)), None)
            if turned is not None and literal == 1:
                signs[turned] = -1
            else:
                literal = -literal
        written = [
            self._expr(k, s) for k, s in zip(tops, signs, strict=True) if not self._is_number(k)
        ]
        below = [self._expr(k) for k in bottoms if not self._is_number(k)]
        return _ratio(literal, written, below)

    def _place(self, number: int) -> tuple[bool, tuple[tuple[int, ...], int]]:
        """Order factors: first what all classes share, so that it is multiplied once."""
        return number in self.per_class, self.graph.key(number)

    def _is_number(self, number: int) -> bool:
        return self.graph.nodes[number].kind == "number"

    def _literal(self, numbers: list[int]) -> Fraction:
        """Return the product of the numbers among `numbers`."""
        result = Fraction(1)
        for number in numbers:
            if self._is_number(number):
                result *= Fraction(self.graph.nodes[number].value)
        return result


def _ratio(literal: Weight, tops: list[Expr], bottoms: list[Expr]) -> Expr:
    """1.25*a/b, a/2, 2*a/(3*b), 1/b; -(a*b) prints as -a * b: the sign goes to the first factor."""
    above, below = _split(Fraction(literal), is_alone=not bottoms)
    bottoms = [Num(below), *bottoms] if below != 1 else bottoms
    if not tops or abs(above) != 1:
        tops = [Num(above), *tops]
    elif above < 0:
        tops = [Op("neg", (tops[0],)), *tops[1:]]
    top = _chain("mul", tops)
    return Op("div", (top, _chain("mul", bottoms))) if bottoms else top


def _split(literal: Fraction, *, is_alone: bool) -> tuple[Fraction, Fraction]:
    """Return what stands above and below the line: decimals above, 1/3 and a lone 1/2 below."""
    if is_literal(literal) and not (is_alone and literal.numerator == 1):
        return _rounded(literal), Fraction(1)
    return Fraction(literal.numerator), Fraction(literal.denominator)


def _rounded(literal: Weight) -> Fraction:
    """Return a literal, an irrational one to as many digits as are known of it."""
    exact = Fraction(literal)
    if exact.denominator <= 10**DIGITS:
        return exact
    with localcontext(prec=DIGITS):
        return Fraction(Decimal(exact.numerator) / Decimal(exact.denominator))


def _chain(op: str, args: list[Expr]) -> Expr:
    result = args[0]
    for arg in args[1:]:
        result = Op(op, (result, arg))
    return result

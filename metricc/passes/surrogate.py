"""A surrogate's own passes: 1 - A by the law that A obeys, A' along p, and their program.

    A(p) = σ(x)  →  soft = σ(x),  rest = σ(-x),  slope = σ(x) σ(-x) dx      x = L (p - τ)

1 - A as a difference rounds to 0 where A is near 1. All surrogates of the library are symmetric,
1 - A(p; τ) = A(1 - p; 1 - τ), and the right side has all its digits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sympy as sp

from ..ir.program import Assign, Num, Op, Program, Ref, walk
from ..ir.surrogate import SymbolicSurrogate
from ..ir.symbolic import Bindings, Symbolic, parameter_symbol
from .differentiate import slope_along
from .graph import Graph
from .lower import Lowering
from .schedule import Writer
from .share import share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ir.program import Expr
    from ..ir.surrogate import TypedSurrogate
    from ..ir.typed import Term

VALUES = ("soft", "rest")
SLOPES = ("slope",)
_NAMES = ("p", "q", "sharpness", "threshold")
_VARYING = frozenset({"p", "q"})
_P, _Q, _SHARPNESS, _THRESHOLD = map(parameter_symbol, _NAMES)
_POSITIVE = frozenset({"sigmoid", "normal_cdf", "exp", "abs", "sqrt", "power", "step"})
_SIGNED = frozenset({"sub", "neg", "sin", "cos", "asin", "atan", "cbrt", "tanh"})
_SIGNED |= {"log", "log1p", "xlogx"}


def differentiate_surrogate(
    surrogate: TypedSurrogate, *, is_symmetric: bool, rescaled: bool
) -> SymbolicSurrogate:
    """Return A, 1 - A and A'; rescaled, with (A - A(0)) / (A(1) - A(0)) in the place of A.

    Raises:
        MetricError: a constant part has no finite real value.
    """
    at = _Points(surrogate.body)
    soft = at(_P, _THRESHOLD)
    symbolic = Symbolic(surrogate, at.bindings.all(), soft)
    slope = slope_along(symbolic, at.bindings, "slope", {_P: sp.Integer(1)}, [])
    rest = at(1 - _P, 1 - _THRESHOLD) if is_symmetric else 1 - soft
    if rescaled:
        low, high = at(sp.Integer(0), _THRESHOLD, "0"), at(sp.Integer(1), _THRESHOLD, "1")
        missing = at(sp.Integer(0), 1 - _THRESHOLD, "1") if is_symmetric else 1 - high
        start, end = at.named("start", low), at.named("end", missing)
        span = at.named("span", at.named("", high) - start, "nonzero")
        soft, rest = ((at.named("", expr) - x) / span for expr, x in ((soft, start), (rest, end)))
        slope = slope / span
    labels = tuple((expr, label) for expr, label in at.labels.items() if label)
    return SymbolicSurrogate(at.bindings.all(), soft, rest, slope, labels)


class _Points:
    """A at several points, over the same bindings, with names for what its `let`s are there."""

    def __init__(self, body: Term) -> None:
        self.body = body
        self.bindings = Bindings()
        self.labels: dict[sp.Expr, str] = {}

    def __call__(self, p: sp.Expr, threshold: sp.Expr, suffix: str = "") -> sp.Expr:
        """Return A there; what a `let` calls x is called x with the suffix there."""
        given = {"p": p, "threshold": threshold}
        lowering = Lowering({_P}, given, self.bindings, keep_lets=True)
        result = lowering.term(self.body)
        new = {expr: label + suffix for expr, label in lowering.labels.items()}
        self.labels = {**new, **self.labels}
        return result

    def named(self, label: str, expr: sp.Expr, op: str = "let") -> sp.Expr:
        """Return `expr` as one symbol, so that sympy leaves it as it is."""
        symbol = expr if expr.is_number else self.bindings.bind(op, expr)
        self.labels[symbol] = label
        return symbol


def schedule_surrogate(
    surrogate: SymbolicSurrogate, values: tuple[str, ...], slopes: tuple[str, ...]
) -> Program:
    """Return the program of some of the results, scalars first in each section."""
    names = (*values, *slopes)
    roots = [getattr(surrogate, name) for name in names]
    graph = Graph(surrogate.bindings, roots, surrogate.labels, {1 - _P: _Q})
    _forget_mirrored_labels(graph)
    share(graph)
    writer = Writer(graph, names, {name: name for name in _NAMES}, _calls_of_scalars(graph))
    sections = writer.section(values), writer.section(slopes)
    read = {str(graph.nodes[number].value) for number in writer.written}
    inputs = tuple(name for name in _NAMES[:2] if name in read)
    parameters = tuple(name for name in _NAMES[2:] if name in read)
    return _finished(Program(inputs, parameters, *sections))


def _forget_mirrored_labels(graph: Graph) -> None:
    """-x needs no name where x has one."""
    for number in tuple(graph.labels):
        coefficient, rest = graph.split(number)
        if coefficient == -1 and rest in graph.labels:
            del graph.labels[number]


def _calls_of_scalars(graph: Graph) -> frozenset[int]:
    """Return the nodes of scalars that need a function, where something of p or q uses them."""
    varies: dict[int, bool] = {}
    calls: dict[int, bool] = {}
    apart: set[int] = set()
    for number in graph.in_order():
        node = graph.nodes[number]
        children = node.children()
        varies[number] = node.value in _VARYING or any(varies[child] for child in children)
        is_call = bool(node.args) and node.kind not in ("let", "quotient")
        is_call = is_call or any(calls[child] for child in children)
        calls[number] = is_call and number not in graph.labels  # which has a line as it is
        if varies[number]:
            apart |= {child for child in children if calls[child] and not varies[child]}
    return frozenset(apart)


def _finished(program: Program) -> Program:
    """Mark what is computed for each sample, and guard divisors and results."""
    made: dict[str, Assign] = {}
    for assign in program.assignments:
        refs = {e.name for e in walk(assign.expr) if isinstance(e, Ref)}
        samples = {name for name, other in made.items() if other.shape == "sample"}
        is_sample = bool(refs & (samples | _VARYING))
        expr = _divided(assign.expr, samples | _VARYING)
        if assign.name in VALUES and _may_round_below_0(expr, made):
            expr = Op("nonnegative", (expr,))
        made[assign.name] = Assign(assign.name, expr, "sample" if is_sample else "scalar")
    value, slopes = (
        tuple(sorted((made[a.name] for a in section), key=lambda a: a.shape == "sample"))
        for section in (program.value, program.slopes)
    )
    return replace(program, value=value, slopes=slopes)


def _divided(expr: Expr, samples: set[str] | frozenset[str]) -> Expr:
    """quotient(x, y) → x / y, or x / nonzero(y) where y is of p or q."""
    if not isinstance(expr, Op):
        return expr
    args = tuple(_divided(arg, samples) for arg in expr.args)
    if expr.op not in ("quotient", "div"):
        return Op(expr.op, args)
    varies = any(isinstance(e, Ref) and e.name in samples for e in walk(args[1]))
    return Op("div", (args[0], Op("nonzero", (args[1],)) if varies else args[1]))


def _may_round_below_0(expr: Expr, made: Mapping[str, Assign]) -> bool:
    """Tell whether a sum of signed terms may come out below 0; scalars are what they are."""
    match expr:
        case Ref(name):
            is_sample = name in made and made[name].shape == "sample"
            return is_sample and _may_round_below_0(made[name].expr, made)
        case Op("clamp", (_, *bounds)):
            return any(_may_round_below_0(bound, made) for bound in bounds)
        case Op("max", args):
            return all(_may_round_below_0(arg, made) for arg in args)
        case Op(op, args) if op not in _POSITIVE:
            return op in _SIGNED or any(_may_round_below_0(arg, made) for arg in args)
        case Num(value):
            return value < 0
    return False

"""Shapes: which names of a joint metric's program are one number per class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..ir.operators import REDUCTIONS
from ..ir.program import Op, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ir.program import Expr, Program, Shape
    from .graph import Graph


def per_class(graph: Graph) -> set[int]:
    """Return the nodes of a joint metric that are one number per class; of another, none."""
    order = graph.in_order()
    if not any(graph.nodes[number].kind in REDUCTIONS for number in order):
        return set()
    found: set[int] = set()
    for number in order:
        node = graph.nodes[number]
        is_entry = node.kind == "entry" and node.value != "classes"
        if is_entry or (node.kind not in REDUCTIONS and found.intersection(node.children())):
            found.add(number)
    return found


def with_shapes(program: Program) -> Program:
    """Return the program with the shape of each name; that of one matrix has scalars only."""
    if not program.is_joint:
        return program
    known = input_shapes(program)
    for assign in program.assignments:
        known[assign.name] = shape(assign.expr, known)
    value, slopes = (
        tuple(replace(assign, shape=known[assign.name]) for assign in section)
        for section in (program.value, program.slopes)
    )
    return replace(program, value=value, slopes=slopes)


def input_shapes(program: Program) -> dict[str, Shape]:
    """Return the shape of each input; parameters are scalars."""
    of_entries: Shape = "class" if program.is_joint else "scalar"
    return {name: "scalar" if name == "classes" else of_entries for name in program.inputs}


def shape(expr: Expr, known: Mapping[str, Shape]) -> Shape:
    """Return the shape of an expression; names that are not known are scalars."""
    match expr:
        case Ref(name):
            return known.get(name, "scalar")
        case Op(op, args) if op not in REDUCTIONS:
            return "class" if any(shape(arg, known) == "class" for arg in args) else "scalar"
    return "scalar"

"""stabilize: a table of rules that keep the program finite where the formula is not.

The quotients, roots, logarithms and powers of the formula itself need no rule: they are functions
of the program from the start, and each target's version of them has a value at singular points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..ir.program import Assign, Expr, Num, Op, Program, Ref, walk
from .bound import bound_products
from .naming import free
from .shapes import input_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Rule:
    """A rewrite of the program that changes nothing where the formula is defined."""

    name: str
    why: str
    example: tuple[str, str]
    apply: Callable[[Program], Program]


def stabilize(program: Program) -> Program:
    """Apply every rule in order."""
    for rule in RULES:
        program = rule.apply(program)
    return program


def guard_names(program: Program) -> Program:
    """x / d → d = nonzero(d), x / d: a name that slopes divide by is guarded once."""
    divisors = [_core(d) for assign in program.slopes for d in _divisors(assign.expr)]
    named = {d.name for d in divisors if isinstance(d, Ref)}
    assigned = [assign.name for assign in program.assignments]
    made_before = [*program.inputs, *program.parameters, *(a.name for a in program.value)]
    shapes = input_shapes(program) | {assign.name: assign.shape for assign in program.value}
    renamed = {}
    if "value" in named:  # the result itself stays as it is
        renamed["value"] = free("m", {*made_before, *assigned})
    slopes = [
        Assign(renamed.get(name, name), Op("nonzero", (Ref(name),)), shapes.get(name, "scalar"))
        for name in made_before
        if name in named and name != "classes"  # there is one at least
    ]
    for assign in program.slopes:
        expr = _rename_divisors(assign.expr, renamed)
        is_divisor = assign.name in named
        slopes.append(replace(assign, expr=Op("nonzero", (expr,)) if is_divisor else expr))
    return replace(program, slopes=tuple(slopes))


def guard_divisors(program: Program) -> Program:
    """x / (a*b) → x / nonzero(a*b): a divisor without a name is guarded where it stands."""
    slopes = (replace(assign, expr=_guard(assign.expr)) for assign in program.slopes)
    return replace(program, slopes=tuple(slopes))


def _divisors(expr: Expr) -> Iterator[Expr]:
    for part in walk(expr):
        match part:
            case Op("div", (_, divisor)):
                yield divisor


def _core(divisor: Expr) -> Expr:
    """3 * d → d: a number needs no guard."""
    match divisor:
        case Op("mul", (Num(), rest)):
            return rest
    return divisor


def _rename_divisors(expr: Expr, renamed: Mapping[str, str]) -> Expr:
    match expr:
        case Op("div", (top, Ref(name))) if name in renamed:
            return Op("div", (_rename_divisors(top, renamed), Ref(renamed[name])))
        case Op(op, args):
            return Op(op, tuple(_rename_divisors(arg, renamed) for arg in args))
    return expr


def _guard(expr: Expr) -> Expr:
    """Guard each divisor below `expr` that is neither a number nor a name."""
    if not isinstance(expr, Op):
        return expr
    args = tuple(_guard(arg) for arg in expr.args)
    if expr.op == "div" and isinstance(_core(args[1]), Op):
        args = (args[0], Op("nonzero", (args[1],)))
    return Op(expr.op, args)


RULES = (
    Rule(
        "guard names",
        "a slope is finite where a denominator vanishes",
        ("grad_pos = x / d", "d = nonzero(d); grad_pos = x / d"),
        guard_names,
    ),
    Rule(
        "guard divisors",
        "a slope is finite where a product of denominators vanishes",
        ("grad_pos = x / (a * b)", "grad_pos = x / nonzero(a * b)"),
        guard_divisors,
    ),
    Rule(
        "bound products",
        "a high power of x/0 is no infinity, whose product with 0 is NaN",
        ("value = power(quotient(x, y), 9)", "value = bounded(power(quotient(x, y), 9))"),
        bound_products,
    ),
)
# Rejected:
# * Entries divided by n before they are multiplied: programs run in float64, where products of
#   four counts overflow from 10⁷⁷ on, and the division rounds. TP=2 TN=9 FP=3 FN=6 has
#   TP*TN = FP*FN, but 2/20*9/20 - 3/20*6/20 is 7e-18: MCC is no longer 0.
# * Four roots rather than one, which no product overflows: TP=TN=2 FP=FN=0 has MCC 1, but
#   4/(√2*√2*√2*√2) is 0.9999999999999998.

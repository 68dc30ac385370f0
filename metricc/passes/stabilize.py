"""stabilize: a table of rules that keep the program finite where the formula is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..ir.program import Assign, Expr, Num, Op, Program, Ref, walk


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


def guard_slopes(program: Program) -> Program:
    """x / d → x / nonzero(d) in the slopes; a name that is always divided by is guarded once."""
    guarded: dict[str, str] = {}
    slopes: list[Assign] = []
    own = {assign.name for assign in program.slopes}
    divisors = {e.args[1] for a in program.slopes for e in walk(a.expr) if _divides(e)}
    names = [d.name for d in divisors if isinstance(d, Ref)]
    for name in sorted(set(names) - own, key=_position(program)):
        guarded[name] = "m" if name == "value" else name
        slopes.append(Assign(guarded[name], Op("nonzero", (Ref(name),))))
    for assign in program.slopes:
        expr = _guard(assign.expr, guarded, own)
        if assign.name in names:
            expr = Op("nonzero", (expr,))
        slopes.append(replace(assign, expr=expr))
    return replace(program, slopes=tuple(slopes))


def _divides(expr: Expr) -> bool:
    return isinstance(expr, Op) and expr.op == "div" and not isinstance(expr.args[1], Num)


def _position(program: Program) -> Callable[[str], int]:
    """Return the order in which names are made: entries, parameters, assignments."""
    names = [*program.inputs, *program.parameters, *(a.name for a in program.value)]
    return names.index


def _guard(expr: Expr, guarded: dict[str, str], own: set[str]) -> Expr:
    """Guard each divisor below `expr` that has no guarded name."""
    if not isinstance(expr, Op):
        return expr
    args = tuple(_guard(arg, guarded, own) for arg in expr.args)
    if not _divides(expr):
        return Op(expr.op, args)
    divisor = args[1]
    if isinstance(divisor, Ref):
        divisor = divisor if divisor.name in own else Ref(guarded[divisor.name])
    else:
        divisor = Op("nonzero", (divisor,))
    return Op("div", (args[0], divisor))


RULES = (
    Rule(
        "guard slopes",
        "a slope is finite where its denominator vanishes",
        ("x / d", "x / nonzero(d)"),
        guard_slopes,
    ),
)
# Quotients, roots, logarithms and powers of the *value* need no rule: they are functions of the
# program from the start, and each target's version of them follows the policy at singular points.

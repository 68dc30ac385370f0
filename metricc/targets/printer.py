"""Prints a program's expressions: one precedence printer, an operator table per target."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING

from ..ir.program import GUARDS, Assign, Expr, Num, Op, Ref, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SUM, _PRODUCT, _UNARY, _ATOM = 1, 2, 3, 9
INFIX = {
    "add": (" + ", _SUM),
    "sub": (" - ", _SUM),
    "mul": (" * ", _PRODUCT),
    "div": (" / ", _PRODUCT),
}


@dataclass(frozen=True)
class Printer:
    """Prints in a language with infix arithmetic.

    `functions` holds templates such as `abs({0})`; a function without one prints as a call of
    its own name. `infix` holds signs, with the strength by which they bind, beside the usual.
    """

    functions: Mapping[str, str] = field(default_factory=dict)
    infix: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def assign(self, assign: Assign) -> str:
        """tp + fn → `ap = tp + fn`."""
        return f"{assign.name} = {self.expr(assign.expr)}"

    def expr(self, expr: Expr) -> str:
        """Return `expr` with the fewest parentheses that keep its order of evaluation."""
        return self._print(expr)[0]

    def _print(self, expr: Expr) -> tuple[str, int]:
        """Return the text and how strongly its outermost operator binds."""
        match expr:
            case Num(value):
                return _number(value)
            case Ref(name):
                return name, _ATOM
            case Op("neg", (inner,)):
                return f"-{self._operand(inner, _UNARY)}", _UNARY
            case Op(op, (left, right)) if op in self.infix or op in INFIX:
                return self._infix(op, left, right)
            case Op(op, args):
                shown = [self.expr(arg) for arg in args]
                template = self.functions.get(op)
                return template.format(*shown) if template else f"{op}({', '.join(shown)})", _ATOM

    def _infix(self, op: str, left: Expr, right: Expr) -> tuple[str, int]:
        """All group to the left; only a sum on the right of a sum needs no parentheses."""
        sign, strength = self.infix.get(op) or INFIX[op]
        first = self._operand(left, strength + (strength > _PRODUCT))
        second = self._operand(right, strength + (op != "add"))
        return f"{first}{sign}{second}", strength

    def _operand(self, expr: Expr, at_least: int) -> str:
        text, strength = self._print(expr)
        return text if strength >= at_least else f"({text})"


@dataclass(frozen=True)
class _Remembering(Printer):
    """Prints each node once, by identity: lines are broken by measuring parts again and again."""

    known: dict[int, tuple[Expr, tuple[str, int]]] = field(default_factory=dict)

    def _print(self, expr: Expr) -> tuple[str, int]:
        if id(expr) not in self.known:
            self.known[id(expr)] = expr, super()._print(expr)
        return self.known[id(expr)][1]


def _number(value: Fraction | float) -> tuple[str, int]:
    """Exact decimals print as such; other numbers as the nearest double.

    So do whole numbers that a double rounds: tensors take none beyond 64 bits.
    """
    is_whole = isinstance(value, Fraction) and value.denominator == 1 and abs(value) <= 2**53
    return str(value) if is_whole else number(float(value)), _ATOM if value >= 0 else _UNARY


def number(value: float) -> str:
    """Return a literal as formatters write it: 1e+20 → 1e20."""
    return repr(value).replace("e+", "e")


def without_guards(assigns: Iterable[Assign]) -> tuple[Assign, ...]:
    """d = nonzero(d) goes, and quotient(x, y) is x / y: the mathematics without its policy."""
    bare = (replace(assign, expr=_bare(assign.expr)) for assign in assigns)
    return tuple(assign for assign in bare if assign.expr != Ref(assign.name))


def _bare(expr: Expr) -> Expr:
    if not isinstance(expr, Op):
        return expr
    args = tuple(_bare(arg) for arg in expr.args)
    if expr.op in GUARDS:
        return args[0]
    return Op("div" if expr.op == "quotient" else expr.op, args)


def break_lines(assigns: Iterable[Assign], printer: Printer, width: int) -> list[Assign]:
    """Name parts of the lines that are longer than `width`, instead of wrapping them."""
    assigns = tuple(assigns)
    printer = _Remembering(printer.functions, printer.infix)
    refs = {e.name for a in assigns for e in walk(a.expr) if isinstance(e, Ref)}
    taken = refs | {assign.name for assign in assigns}
    lines: list[Assign] = []
    for assign in assigns:
        expr = assign.expr
        while len(printer.assign(replace(assign, expr=expr))) > width:
            part = _largest(expr, printer, width - 12)
            if part is None:
                break
            name = next(n for i in count(1) if (n := f"part{i}") not in taken)
            taken.add(name)
            lines.append(replace(assign, name=name, expr=part))
            expr = _replace(expr, part, Ref(name))
        lines.append(replace(assign, expr=expr))
    return lines


def _largest(expr: Expr, printer: Printer, width: int) -> Expr | None:
    """Return the longest operation below `expr` that fits on a line."""
    if not isinstance(expr, Op):
        return None
    below = [e for arg in expr.args for e in walk(arg) if isinstance(e, Op)]
    fitting = [e for e in below if 12 < len(printer.expr(e)) <= width]
    return max(fitting, key=lambda e: len(printer.expr(e)), default=None)


def _replace(expr: Expr, old: Expr, new: Expr) -> Expr:
    """Put `new` for each `old`; what holds none stays the same node."""
    if expr == old:
        return new
    if isinstance(expr, Op):
        args = tuple(_replace(arg, old, new) for arg in expr.args)
        is_same = all(a is b for a, b in zip(args, expr.args, strict=True))
        return expr if is_same else Op(expr.op, args)
    return expr

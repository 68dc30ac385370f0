"""Prints a program's expressions: one precedence printer, an operator table per target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ..ir.program import Assign, Expr, Num, Op, Ref, walk

_INFIX = {"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2)}
_UNARY = 3
_ATOM = 9


@dataclass(frozen=True)
class Printer:
    """Prints in a language with infix arithmetic; `functions` holds templates such as `abs({0})`.

    A function without a template prints as a call of its own name.
    """

    functions: Mapping[str, str] = field(default_factory=dict)

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
            case Op(op, (left, right)) if op in _INFIX:
                sign, strength = _INFIX[op]
                first = self._operand(left, strength)
                tighter = strength + (op in ("sub", "div", "mul"))
                return f"{first} {sign} {self._operand(right, tighter)}", strength
            case Op(op, args):
                shown = [self.expr(arg) for arg in args]
                template = self.functions.get(op)
                return template.format(*shown) if template else f"{op}({', '.join(shown)})", _ATOM

    def _operand(self, expr: Expr, at_least: int) -> str:
        text, strength = self._print(expr)
        return text if strength >= at_least else f"({text})"


def _number(value: Fraction | float) -> tuple[str, int]:
    """Exact decimals print as such; other numbers as the nearest double."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return str(value.numerator), _ATOM if value >= 0 else _UNARY
    return repr(float(value)), _ATOM if value >= 0 else _UNARY


def break_lines(assigns: tuple[Assign, ...], printer: Printer, width: int) -> list[Assign]:
    """Name parts of the lines that are longer than `width`, instead of wrapping them."""
    taken = {assign.name for assign in assigns}
    lines: list[Assign] = []
    for assign in assigns:
        expr = assign.expr
        while len(printer.assign(Assign(assign.name, expr))) > width:
            part = _largest(expr, printer, width - 12)
            if part is None:
                break
            number = 1
            while f"part{number}" in taken:
                number += 1
            name = f"part{number}"
            taken.add(name)
            lines.append(Assign(name, part, assign.shape))
            expr = _replace(expr, part, Ref(name))
        lines.append(Assign(assign.name, expr, assign.shape))
    return lines


def _largest(expr: Expr, printer: Printer, width: int) -> Expr | None:
    """Return the longest operation below `expr` that fits on a line."""
    if not isinstance(expr, Op):
        return None
    below = [e for arg in expr.args for e in walk(arg) if isinstance(e, Op)]
    fitting = [e for e in below if 12 < len(printer.expr(e)) <= width]
    return max(fitting, key=lambda e: len(printer.expr(e)), default=None)


def _replace(expr: Expr, old: Expr, new: Expr) -> Expr:
    if expr == old:
        return new
    if isinstance(expr, Op):
        return Op(expr.op, tuple(_replace(arg, old, new) for arg in expr.args))
    return expr

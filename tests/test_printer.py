"""The printer by short strings: precedence, signs, numbers, lines that are too long."""

from __future__ import annotations

from fractions import Fraction

import pytest

from metricc.ir.program import Assign, Num, Op, Ref
from metricc.targets.printer import Printer, break_lines, without_guards

A, B, C = Ref("a"), Ref("b"), Ref("c")


def op(name: str, *args: object) -> Op:
    return Op(name, args)


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (op("sub", A, op("sub", B, C)), "a - (b - c)"),
        (op("sub", op("sub", A, B), C), "a - b - c"),
        (op("add", A, op("add", B, C)), "a + b + c"),
        (op("add", A, op("sub", B, C)), "a + b - c"),
        (op("sub", A, op("add", B, C)), "a - (b + c)"),
        (op("mul", op("add", A, B), C), "(a + b) * c"),
        (op("div", A, op("mul", B, C)), "a / (b * c)"),
        (op("mul", A, op("div", B, C)), "a * (b / c)"),
        (op("div", op("div", A, B), C), "a / b / c"),
        (op("neg", op("add", A, B)), "-(a + b)"),
        (op("neg", op("mul", A, B)), "-(a * b)"),
        (op("mul", op("neg", A), B), "-a * b"),
        (op("sub", A, op("neg", B)), "a - -b"),
        (op("sqrt", op("add", A, B)), "sqrt(a + b)"),
        (op("quotient", A, op("add", B, C)), "quotient(a, b + c)"),
        (Num(Fraction(2)), "2"),
        (Num(Fraction(5, 4)), "1.25"),
        (Num(0.1), "0.1"),
        (Num(Fraction(-(2**53))), "-9007199254740992"),
        (op("mul", Num(Fraction(10**20)), A), "1e20 * a"),
        (op("mul", Num(Fraction(-1, 2)), A), "-0.5 * a"),
    ],
)
def test_expressions(expr: object, text: str) -> None:
    assert Printer().expr(expr) == text


def test_functions_take_templates_and_infix_signs_take_strengths() -> None:
    printer = Printer({"max": "maximum({0}, {1})"}, {"pow": ("^", 4), "mul": ("*", 2)})
    assert printer.expr(op("max", A, op("mul", B, C))) == "maximum(a, b*c)"
    assert printer.expr(op("pow", op("pow", A, B), op("neg", C))) == "(a^b)^(-c)"
    assert printer.expr(op("mul", A, op("pow", B, Num(Fraction(2))))) == "a*b^2"


def test_mathematics_is_shown_without_its_policy() -> None:
    assigns = (
        Assign("value", op("quotient", A, op("add", B, C))),
        Assign("d", op("nonzero", Ref("d"))),
        Assign("grad_pos", op("div", A, op("nonzero", op("mul", B, C)))),
    )
    shown = [Printer().assign(assign) for assign in without_guards(assigns)]
    assert shown == ["value = a / (b + c)", "grad_pos = a / (b * c)"]


def test_lines_that_are_too_long_have_a_part_named() -> None:
    long = op("mul", op("add", op("mul", A, B), op("mul", B, C)), op("sub", Ref("part1"), A))
    lines = break_lines([Assign("value", long)], Printer(), 30)
    shown = [Printer().assign(line) for line in lines]
    assert shown == ["part2 = a * b + b * c", "value = part2 * (part1 - a)"]

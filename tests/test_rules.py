"""Every rule of both tables: its example is what it does, and what it does keeps the value."""

from __future__ import annotations

import ast
import random
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
import sympy as sp
from test_differentiate import (
    LIBRARY,
    _sixty_digits,  # noqa: F401 - a fixture
    assert_equal,
    bindings_at,
    compiled,
    expr_at,
    formula_at,
    gradient_at,
    points,
    program_at,
    symbols_at,
)

from metricc.ir.program import Assign, Expr, Num, Op, Program, Ref
from metricc.ir.symbolic import Binding
from metricc.passes import simplify, stabilize
from metricc.targets.printer import Printer

# the letters of the examples: m = N/D, r = √R, the rest are any numbers
LETTERS = {name: sp.Symbol(name, positive=True) for name in "abcxNDR"}
BOUND = (
    Binding(sp.Symbol("m", positive=True), "quotient", (LETTERS["N"], LETTERS["D"])),
    Binding(sp.Symbol("r", positive=True), "sqrt", (LETTERS["R"],)),
)
LETTERS |= {binding.symbol.name: binding.symbol for binding in BOUND}
TABLES = [*simplify.RULES, *stabilize.RULES]
OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}


def written(text: str) -> sp.Expr:
    return sp.sympify(text, LETTERS)


def program_of(text: str) -> Program:
    """Read `d = nonzero(d); grad_pos = x / d` as the slopes of a program over a, b, d and x."""
    slopes = [statement for statement in ast.parse(text).body if isinstance(statement, ast.Assign)]
    assigns = tuple(Assign(ast.unparse(s.targets[0]), expr_of(s.value)) for s in slopes)
    return Program(("a", "b", "d", "x"), (), (Assign("value", Ref("x")),), assigns)


def expr_of(node: ast.expr) -> Expr:
    match node:
        case ast.BinOp(left, operator, right):
            return Op(OPERATORS[type(operator)], (expr_of(left), expr_of(right)))
        case ast.Call(ast.Name(name), args):
            return Op(name, tuple(map(expr_of, args)))
        case ast.Name(name):
            return Ref(name)
        case ast.Constant(int(value)):
            return Num(Fraction(value))
    raise AssertionError(ast.unparse(node))


@pytest.mark.parametrize("rule", TABLES, ids=lambda rule: rule.name)
def test_every_rule_has_a_name_a_reason_and_an_example(rule: Any) -> None:
    assert rule.name
    assert rule.why
    assert len(rule.example) == 2
    assert rule.example[0] != rule.example[1]
    assert rule.apply.__doc__


def test_names_of_rules_are_unique() -> None:
    assert len({rule.name for rule in TABLES}) == len(TABLES)


@pytest.mark.parametrize("rule", simplify.RULES, ids=lambda rule: rule.name)
def test_a_rewrite_of_expressions_does_what_its_example_says(rule: simplify.Rule) -> None:
    before, after = rule.example
    results = list(rule.apply(written(before), BOUND))
    assert written(after) in results
    assert str(results[results.index(written(after))]) == str(written(after))


@pytest.mark.parametrize("rule", simplify.RULES, ids=lambda rule: rule.name)
def test_the_example_of_a_rewrite_is_true(rule: simplify.Rule) -> None:
    generator = random.Random(rule.name)
    for _ in range(5):
        names = {s: mp.mpf(generator.uniform(0.1, 9)) for s in LETTERS.values()}
        names = bindings_at(BOUND, {s: v for s, v in names.items() if s.name not in "mr"})
        before, *after = (
            expr_at(expr, names)
            for expr in (written(rule.example[0]), *rule.apply(written(rule.example[0]), BOUND))
        )
        assert all(abs(before - value) < 1e-50 * abs(before) for value in after)


@pytest.mark.parametrize("rule", simplify.RULES, ids=lambda rule: rule.name)
def test_a_rewrite_keeps_the_slopes_of_the_library(rule: simplify.Rule) -> None:
    changed = 0
    for name in LIBRARY:
        gradient = compiled(name).derived
        point = points(compiled(name), 1)[0]
        names = bindings_at(gradient.bindings, symbols_at(gradient, point))
        for slope in (gradient.grad_pos, gradient.grad_neg):
            before = expr_at(slope, names)
            for result in rule.apply(slope, gradient.bindings):
                assert abs(expr_at(result, names) - before) <= 1e-45 * (1 + abs(before))
                changed += result != slope
    assert changed


@pytest.mark.parametrize("rule", stabilize.RULES, ids=lambda rule: rule.name)
def test_a_rewrite_of_programs_does_what_its_example_says(rule: stabilize.Rule) -> None:
    before, after = rule.example
    changed = rule.apply(program_of(before)).slopes
    assert "; ".join(map(Printer().assign, changed)) == after
    assert program_of(after).slopes == changed


@pytest.mark.parametrize("rule", stabilize.RULES, ids=lambda rule: rule.name)
def test_a_rewrite_keeps_what_programs_of_the_library_compute(rule: stabilize.Rule) -> None:
    changed = 0
    for name in (*LIBRARY, "sqrt((TP/FP)^9)"):  # nothing of the library may overflow
        compilation = compiled(name)
        program = rule.apply(compilation.scheduled)
        changed += program != compilation.scheduled
        point = points(compilation, 1)[0]
        expected = formula_at(compilation.typed.body, point)
        assert_equal(program_at(compilation, program, point), expected)
    assert changed


def test_reusing_the_value_is_what_makes_f1_short() -> None:
    compilation = compiled("f1")
    (quotient,) = compilation.symbolic.bindings
    denominator = quotient.args[1]
    assert sp.simplify(compilation.gradient.grad_neg * denominator + quotient.symbol) == 0
    point = points(compilation, 1)[0]
    expected = formula_at(compilation.typed.body, point)
    assert_equal(gradient_at(compilation.gradient, point), expected)

"""The program as a whole: right at 60 digits, in order, named for a reader, the same every time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from test_differentiate import (
    FORMULAS,
    LIBRARY,
    _sixty_digits,  # noqa: F401 - a fixture
    assert_equal,
    compiled,
    formula_at,
    points,
    program_at,
)

from metricc import MetricError
from metricc.ir.compilation import Compilation
from metricc.ir.program import Num, Op, Program, Ref, walk
from metricc.targets.printer import Printer

PRINTER = Printer(infix={"quotient": (" / ", 2)})
ATOMS = ("TP", "TN", "FP", "FN", "AP", "PP", "n", "2", "0.5", "1/3")
BINARY = ("{} + {}", "{} - {}", "({})*({})", "({})/({})", "min({}, {})", "max({}, {})")
UNARY = ("-({})", "({})^2", "({})^-1", "({})^1.5", "sqrt({})", "cbrt({})", "abs({})", "log({})")
UNARY += ("log(1 + {})", "exp(-({})/n)", "tanh({})", "atan({})", "xlogx({})", "clamp({}, 0, 1)")


def lines(text: str) -> list[str]:
    return [PRINTER.assign(assign) for assign in compiled(text).scheduled.assignments]


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(ATOMS))
    if draw(st.booleans()):
        pair = draw(formulas(depth - 1)), draw(formulas(depth - 1))
        return "(" + draw(st.sampled_from(BINARY)).format(*pair) + ")"
    return draw(st.sampled_from(UNARY)).format(draw(formulas(depth - 1)))


def compiled_if_it_can(text: str) -> Compilation:
    """A random formula may hold a constant without a value, such as log(-2)."""
    try:
        return compiled(text)
    except MetricError:
        reject()


@pytest.mark.parametrize("name", FORMULAS)
def test_programs_compute_value_and_slopes_of_the_formula(name: str) -> None:
    compilation = compiled(FORMULAS[name])
    for point in points(compilation):
        expected = formula_at(compilation.typed.body, point)
        assert_equal(program_at(compilation, compilation.scheduled, point), expected)
        assert_equal(program_at(compilation, compilation.program, point), expected)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(formulas())
def test_programs_of_random_formulas_compute_them(text: str) -> None:
    compilation = compiled_if_it_can(text)
    tried = points(compilation)
    assume(tried)
    for point in tried:
        expected = formula_at(compilation.typed.body, point)
        assert_equal(program_at(compilation, compilation.scheduled, point), expected)
        assert_equal(program_at(compilation, compilation.program, point), expected)


@pytest.mark.parametrize("name", FORMULAS)
def test_every_name_is_made_once_and_before_it_is_used(name: str) -> None:
    program = compiled(FORMULAS[name]).scheduled
    known = {*program.inputs, *program.parameters}
    for assign in program.assignments:
        assert {e.name for e in walk(assign.expr) if isinstance(e, Ref)} <= known
        assert assign.name not in known
        known.add(assign.name)
    assert [a.name for a in program.value][-1] == "value"
    assert {"grad_pos", "grad_neg"} <= {a.name for a in program.slopes}


@pytest.mark.parametrize("name", LIBRARY)
def test_no_name_is_used_only_once_and_nothing_is_computed_twice(name: str) -> None:
    compilation = compiled(name)
    program = compilation.scheduled
    parts = [e for a in program.assignments for e in walk(a.expr)]
    uses = Counter(e.name for e in parts if isinstance(e, Ref))
    by_user = {label for _, label in compilation.symbolic.labels}
    results = {"value", "grad_pos", "grad_neg"}
    temporary = {a.name for a in program.assignments} - results - by_user
    assert {n for n in temporary if uses[n] < 2} == set()
    counts = Counter(e for e in parts if isinstance(e, Op) and not is_cheap(e))
    assert {PRINTER.expr(e) for e, count in counts.items() if count > 1} == set()


def is_cheap(expr: Op) -> bool:
    """2 * tp, -x and 1 / x read better where they stand than as a name."""
    return any(isinstance(arg, Num) for arg in expr.args) or expr.op == "neg"


@pytest.mark.parametrize("name", LIBRARY)
def test_signs_are_not_wasted(name: str) -> None:
    parts = [e for a in compiled(name).scheduled.assignments for e in walk(a.expr)]
    for expr in (e for e in parts if isinstance(e, Op)):
        negated = [a for a in expr.args if isinstance(a, Op) and a.op == "neg"]
        assert not (expr.op in ("neg", "add", "sub", "quotient") and negated)
        assert expr.op != "neg" or not isinstance(expr.args[0], Num)


@pytest.mark.parametrize("name", LIBRARY)
def test_a_quotient_of_a_quotient_is_one_division(name: str) -> None:
    parts = [e for a in compiled(name).scheduled.assignments for e in walk(a.expr)]
    divisions = [e for e in parts if isinstance(e, Op) and e.op == "div"]
    assert not [e for e in divisions if any(isinstance(a, Op) and a.op == "div" for a in e.args)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "f1",
            [
                "d = 2 * tp + fp + fn",
                "value = 2 * tp / d",
                "grad_pos = (2 - value) / d",
                "grad_neg = -value / d",
            ],
        ),
        (
            "fbeta",
            [
                "beta_sq = beta * beta",
                "s = 1 + beta_sq",
                "c = s * tp",
                "d = c + fp + beta_sq * fn",
                "value = c / d",
                "grad_pos = (s - value) / d",
                "grad_neg = -value / d",
            ],
        ),
        (
            "specificity",
            ["an = tn + fp", "value = tn / an", "grad_pos = 0", "grad_neg = -1 / an"],
        ),
        (
            "balanced_accuracy",
            [
                "ap = tp + fn",
                "an = tn + fp",
                "value = (tp / ap + tn / an) / 2",
                "grad_pos = 0.5 / ap",
                "grad_neg = -0.5 / an",
            ],
        ),
        (
            "mcc",
            [
                "pp = tp + fp",
                "ap = tp + fn",
                "an = tn + fp",
                "pn = tn + fn",
                "d = sqrt(pp * ap * an * pn)",
                "value = (tp * tn - fp * fn) / d",
                "c = value * (0.5 / pn - 0.5 / pp)",
                "grad_pos = c + an / d",
                "grad_neg = c - ap / d",
            ],
        ),
    ],
)
def test_programs_read_as_if_written_by_hand(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_the_names_of_the_user_come_before_those_of_the_field() -> None:
    text = "let size = total in let hit_rate = TP/(TP + FN) in hit_rate^2 + PP/size + TP/size"
    names = {assign.name for assign in compiled(text).scheduled.assignments}
    assert {"size", "hit_rate"} <= names
    assert "n" not in names


def test_an_irrational_constant_is_one_literal_that_rounds_once() -> None:
    parts = [e for a in compiled("sqrt(3)/2*TP/TN*pi").scheduled.value for e in walk(a.expr)]
    numbers = [e.value for e in parts if isinstance(e, Num)]
    assert all(isinstance(number, Fraction) for number in numbers)
    assert sorted(map(float, numbers)) == [0.8660254037844386, 3.141592653589793]


def test_inputs_are_the_entries_that_are_read() -> None:
    program: Program = compiled("jaccard").scheduled
    assert program.inputs == ("tp", "fp", "fn")


def test_parameters_with_reserved_names_get_an_underscore() -> None:
    program = compiled("metric f(value = 2, lambda = 3) = value*TP/(TP + lambda*FN)").scheduled
    assert program.parameters == ("value_", "lambda_")


def test_scheduling_does_not_depend_on_hash_seeds() -> None:
    code = "from metricc.compiler import compile_source as c; from metricc.source import Source\n"
    code += (
        "for n in ('mcc', 'clement', 'sedi', 'similarity_index'): print(c(Source('', n)).program)"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1

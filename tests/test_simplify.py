"""The search over rewrites: never wrong, never worse, never endless."""

from __future__ import annotations

import statistics
from functools import cache

import operation_counts
import pytest
import sympy as sp
from sympy.core.random import rng
from test_differentiate import (
    FORMULAS,
    LIBRARY,
    _sixty_digits,  # noqa: F401 - a fixture
    assert_equal,
    compiled,
    formula_at,
    gradient_at,
    points,
)

from metricc.passes import simplify
from metricc.passes.draws import same_draws


@cache
def counted(name: str) -> operation_counts.Row:
    return operation_counts.row(compiled(name))


@pytest.mark.parametrize("name", FORMULAS)
def test_simplified_slopes_are_those_of_the_formula(name: str) -> None:
    compilation = compiled(FORMULAS[name])
    for point in points(compilation):
        expected = formula_at(compilation.typed.body, point)
        assert_equal(gradient_at(compilation.gradient, point), expected)


@pytest.mark.parametrize("name", LIBRARY)
def test_no_rewrite_makes_a_program_more_expensive(name: str) -> None:
    compilation = compiled(name)
    assert simplify.cost(compilation.gradient) <= simplify.cost(compilation.derived)


@pytest.mark.parametrize("name", LIBRARY)
def test_the_derivation_leads_from_the_derived_slopes_to_the_last(name: str) -> None:
    compilation = compiled(name)
    rules = {rule.name for rule in simplify.RULES}
    steps = [step for step in compilation.gradient.derivation if step.rule in rules]
    reached = {compilation.derived.grad_pos, compilation.derived.grad_neg}
    for step in steps:
        assert step.before in reached
        reached.add(step.after)
    assert {compilation.gradient.grad_pos, compilation.gradient.grad_neg} <= reached


@pytest.mark.parametrize(
    ("name", "most"), [("fbeta", 12), ("jaccard", 6), ("mcc", 23), ("kappa", 25), ("gmean", 17)]
)
def test_programs_are_as_short_as_a_careful_hand_makes_them(name: str, most: int) -> None:
    assert counted(name).ours <= most


def test_half_of_the_library_takes_three_quarters_of_diff_and_cse() -> None:
    assert statistics.median(counted(name).ratio for name in LIBRARY) <= 0.75


@pytest.mark.parametrize(
    ("expr", "count"),
    [
        ("a + b - c", 2),
        ("-a - b", 2),
        ("a/b", 1),
        ("-a/b", 2),
        ("2*a*b", 2),
        ("a/(b*c)", 2),
        ("1/sqrt(a)", 2),
        ("a**2", 1),
        ("a**7", 4),
        ("a**(3/4)", 1),
        ("log(a) + pi/3", 2),
    ],
)
def test_operations_of_the_other_side_are_counted_fairly(expr: str, count: int) -> None:
    a, b, c = sp.symbols("a b c", positive=True)
    written = sp.sympify(expr, {"a": a, "b": b, "c": c})
    assert operation_counts.operations(written) == count


@pytest.mark.parametrize(
    "text",
    [
        "(TP + FP + FN)^16*(TN + FP + FN)^16/total^16",
        "((TP + 2*FP + 3*FN)^8 - (TN + FP + FN)^8)/((TP + FN + FP + 2*TN)^8 + TP^8)",
        "1/(TP/n + " * 40 + "1" + ")" * 40,
        " + ".join(f"TP/(TP + {k}*FN)" for k in range(1, 60)),
    ],
    ids=["powers", "differences of powers", "a continued fraction", "many terms"],
)
def test_a_formula_that_explodes_when_multiplied_out_still_compiles(text: str) -> None:
    assert compiled(text).program.operations() > 0


def test_draws_of_sympy_are_the_same_each_time_and_left_as_they_were() -> None:
    state = rng.getstate()
    with same_draws():
        first = rng.random()
        rng.random()
    with same_draws():
        assert rng.random() == first
    assert rng.getstate() == state

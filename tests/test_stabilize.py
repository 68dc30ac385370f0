"""Programs stay finite where formulas do not."""

from __future__ import annotations

import itertools
import math

import pytest
from test_differentiate import FORMULAS, LIBRARY, compiled

from metricc.evaluate import floats, run
from metricc.ir.program import Assign, Num, Op, Program, Ref, walk
from metricc.passes.stabilize import stabilize
from metricc.targets.printer import Printer

NAMES = ("tp", "tn", "fp", "fn")
COUNTS = itertools.product((0.0, 1e-3, 40.0), repeat=len(NAMES))
EDGES = [dict(zip(NAMES, counts, strict=True)) for counts in COUNTS]


def run_at(
    program: Program, entries: dict[str, float], zero_division: float = 0.0
) -> dict[str, float]:
    parameters = dict.fromkeys(program.parameters, 1.0)
    names = run(program, floats(), {**parameters, **entries}, zero_division)
    return {root: float(names[root]) for root in ("value", "grad_pos", "grad_neg")}


def slopes(text: str) -> list[str]:
    return [Printer().assign(assign) for assign in compiled(text).program.slopes]


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("zero_division", [0.0, 1.0])
def test_results_are_finite_where_entries_are_missing(name: str, zero_division: float) -> None:
    for entries in EDGES:
        results = run_at(compiled(FORMULAS[name]).program, entries, zero_division)
        assert all(map(math.isfinite, results.values()))


@pytest.mark.parametrize("name", LIBRARY)
def test_the_value_of_the_formula_is_left_alone(name: str) -> None:
    compilation = compiled(name)
    assert compilation.program.value == compilation.scheduled.value
    assert compilation.program.operations() == compilation.scheduled.operations()


@pytest.mark.parametrize("name", ["gmean", "fowlkes_mallows", "f1", "jaccard", "f2", "precision"])
def test_a_batch_without_true_positives_still_pulls_positives_up(name: str) -> None:
    results = run_at(compiled(name).program, {"tp": 0.0, "tn": 9.0, "fp": 3.0, "fn": 5.0})
    assert results["grad_pos"] > 0


@pytest.mark.parametrize("name", ["precision", "f1"])
def test_so_does_a_batch_without_predicted_positives(name: str) -> None:
    results = run_at(compiled(name).program, {"tp": 0.0, "tn": 9.0, "fp": 0.0, "fn": 5.0})
    assert results["grad_pos"] > 0


@pytest.mark.parametrize("name", LIBRARY)
def test_every_divisor_in_the_slopes_is_guarded_once(name: str) -> None:
    program = compiled(name).program
    guarded = {a.name for a in program.slopes if is_guard(a.expr)}
    for divisor in divisors(program):
        core = divisor.args[1] if is_scaled(divisor) else divisor
        assert (isinstance(core, Ref) and core.name in guarded) or is_guard(core)
    names = [a.name for a in program.slopes]
    assert len(names) == len(set(names))


def divisors(program: Program) -> list[Ref | Op]:
    parts = [e for a in program.slopes for e in walk(a.expr)]
    found = [e.args[1] for e in parts if isinstance(e, Op) and e.op == "div"]
    return [divisor for divisor in found if not isinstance(divisor, Num)]


def is_guard(expr: object) -> bool:
    return isinstance(expr, Op) and expr.op == "nonzero"


def is_scaled(expr: Ref | Op) -> bool:
    return isinstance(expr, Op) and expr.op == "mul" and isinstance(expr.args[0], Num)


def test_a_name_is_guarded_once_however_often_it_divides() -> None:
    assert slopes("TP/(TP + FP)") == [
        "pp = nonzero(pp)",
        "grad_pos = (1 - value) / pp",
        "grad_neg = -value / pp",
    ]


def test_a_product_is_guarded_where_it_stands() -> None:
    assert slopes("sqrt(TP/(TP + FN))") == [
        "grad_pos = 0.5 / nonzero(ap * value)",
        "grad_neg = 0",
    ]


def test_a_number_beside_a_divisor_needs_no_guard() -> None:
    assert slopes("(TP + FP)/(3*TN)") == [
        "tn = nonzero(tn)",
        "grad_pos = 1 / (3 * tn)",
        "grad_neg = value / tn + grad_pos",
    ]


def test_the_value_is_guarded_under_a_name_that_is_free() -> None:
    program = compiled("metric f(m = 2) = sqrt(m*TP)").program
    assert [Printer().assign(a) for a in program.slopes] == [
        "m2 = nonzero(value)",
        "grad_pos = 0.5 * m / m2",
        "grad_neg = 0",
    ]


def test_a_program_without_divisions_stays_as_it_is() -> None:
    program = Program(("tp",), (), (Assign("value", Ref("tp")),), (Assign("grad_pos", Num(1)),))
    assert stabilize(program) == program

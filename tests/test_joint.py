"""Metrics of several classes: sums over the classes, and a slope for each of them."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from oracle import ENTRIES, JOINT, PerClass, joint_exact, joint_plain

import metricc
from metricc.evaluate import arrays, run
from metricc.ir.compilation import Compilation
from metricc.ir.program import EXTRAS, Op, Program, walk
from metricc.targets.printer import Printer

PRINTER = Printer(infix={"quotient": (" / ", 2)})
SIZES = (2, 3, 7)


def compiled(text: str) -> Compilation:
    return metricc.compile(text).compilation


def lines(text: str) -> list[str]:
    return [PRINTER.assign(assign) for assign in compiled(text).scheduled.assignments]


def counts(classes: int, seed: int = 0, batch: tuple[int, ...] = ()) -> dict[str, np.ndarray]:
    """The entries of random confusion matrices, one against the rest."""
    cells = np.random.default_rng(seed).uniform(0.5, 9, (*batch, classes, classes))
    tp = np.diagonal(cells, axis1=-2, axis2=-1)
    fp, fn = cells.sum(axis=-2) - tp, cells.sum(axis=-1) - tp
    tn = cells.sum(axis=(-2, -1))[..., None] - tp - fp - fn
    return {"TP": tp.copy(), "TN": tn, "FP": fp, "FN": fn}


def results(program: Program, entries: dict[str, np.ndarray]) -> dict[str, Any]:
    given: dict[str, Any] = {name.lower(): np.longdouble(x) for name, x in entries.items()}
    given["classes"] = np.longdouble(entries["TP"].shape[-1])
    return run(program, arrays(np), given)


@pytest.mark.parametrize("name", JOINT)
@pytest.mark.parametrize("classes", SIZES)
@pytest.mark.parametrize("stage", ["scheduled", "program"])
def test_programs_compute_value_and_slopes(name: str, classes: int, stage: str) -> None:
    program = getattr(compiled(JOINT[name].formula), stage)
    for seed in range(3):
        entries = counts(classes, seed)
        tensors = {e: torch.tensor(x, requires_grad=True) for e, x in entries.items()}
        value = joint_plain(JOINT[name].python, tensors)
        value.backward()
        by = {e: 0 if x.grad is None else x.grad.numpy() for e, x in tensors.items()}
        found = results(program, entries)
        assert np.allclose(np.float64(found["value"]), value.item(), rtol=1e-12)
        for slope, up, down in (("grad_pos", "TP", "FN"), ("grad_neg", "FP", "TN")):
            wanted = by[up] - by[down] + np.zeros(classes)
            assert np.allclose(np.float64(found[slope]), wanted, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", JOINT)
def test_slopes_are_derivatives_at_fifty_digits(name: str) -> None:
    entries = counts(3, 5)
    found = results(compiled(JOINT[name].formula).program, entries)
    for slope, up, down in (("grad_pos", "TP", "FN"), ("grad_neg", "FP", "TN")):
        for index in range(3):
            wanted = _moved(JOINT[name].python, entries, (up, down), index)
            got = float(np.broadcast_to(found[slope], 3)[index])
            assert abs(got - wanted) <= 1e-13 * max(1, abs(wanted))


def _moved(formula: str, entries: dict[str, np.ndarray], pair: tuple[str, str], index: int) -> Any:
    """Return the derivative as a little of one class moves from one entry to another."""

    def at(step: mpmath.mpf) -> mpmath.mpf:
        numbers = {e: PerClass(mpmath.mpf(float(n)) for n in x) for e, x in entries.items()}
        for entry, sign in zip(pair, (1, -1), strict=True):
            numbers[entry][index] += sign * step
        return joint_exact(formula, numbers)

    with mpmath.workdps(50):
        return mpmath.diff(at, 0)


@pytest.mark.parametrize("name", JOINT)
def test_shapes_are_those_of_the_numbers(name: str) -> None:
    program = compiled(JOINT[name].formula).program
    assert program.is_joint
    assert set(program.inputs) <= {*(e.lower() for e in ENTRIES), *EXTRAS}
    found = results(program, counts(4, 1, batch=(2,)))
    for assign in program.assignments:
        shape = np.shape(found[assign.name])
        assert shape == (2, 4) if assign.shape == "class" else shape in ((2, 1), ()), assign
    last = next(a for a in reversed(program.value) if a.name == "value")
    assert last.shape == "scalar"


PROGRAMS = {
    "multiclass_mcc": [
        "pp = tp + fp",
        "ap = tp + fn",
        "all = sum_over(ap)",
        "all_sq = all * all",
        "s = all_sq - sum_over(ap * ap)",
        "d = sqrt((all_sq - sum_over(pp * pp)) * s)",
        "chance = sum_over(pp * ap)",
        "value = (sum_over(tp) * all - chance) / d",
        "grad_neg = (value * s * pp / d - ap) / d",
        "grad_pos = all / d + grad_neg",
    ],
    "multiclass_accuracy": [
        "ap_sum = sum_over(tp + fn)",
        "value = sum_over(tp) / ap_sum",
        "grad_pos = 1 / ap_sum",
        "grad_neg = 0",
    ],
    "multiclass_f1": [
        "d = 2 * tp + fp + fn",
        "f1 = 2 * tp / d",
        "value = mean_over(f1)",
        "d2 = classes * d",
        "grad_pos = (2 - f1) / d2",
        "grad_neg = -f1 / d2",
    ],
    "multiclass_iou": [
        "d = tp + fp + fn",
        "present = sign(d)",
        "jaccard = tp / d",
        "present_sum = sum_over(present)",
        "value = sum_over(present * jaccard) / present_sum",
        "grad_pos = present / (present_sum * d)",
        "grad_neg = -jaccard * grad_pos",
    ],
    "worst_recall": [
        "ap = tp + fn",
        "recall = tp / ap",
        "value = min_over(recall)",
        "grad_pos = lowest(recall) / ap",
        "grad_neg = 0",
    ],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_written_as_by_a_person(name: str) -> None:
    assert lines(name) == PROGRAMS[name]


@pytest.mark.parametrize("name", ["f1", "mcc", "recall", "kappa"])
def test_formula_without_reduction_is_one_matrix(name: str) -> None:
    made = compiled(name)
    assert not made.typed.is_joint
    assert not made.program.is_joint
    assert {assign.shape for assign in made.program.assignments} == {"scalar"}


def test_product_of_the_other_classes_is_exact_at_zeros() -> None:
    others = arrays(np)["others"]
    assert others(np.array([[2.0, 3.0, 5.0], [0.0, 3.0, 5.0], [0.0, 0.0, 5.0]])).tolist() == [
        [15.0, 10.0, 6.0],
        [15.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
    ]


def test_ties_share_the_slope_of_a_minimum() -> None:
    lowest, highest = arrays(np)["lowest"], arrays(np)["highest"]
    x = np.array([3.0, 1.0, 1.0, 7.0])
    assert lowest(x).tolist() == [0, 0.5, 0.5, 0]
    assert highest(x).tolist() == [0, 0, 0, 1]


def test_what_is_the_same_for_all_classes_is_not_summed() -> None:
    for text in ("sum(TP - TP + sum(TP))", "classes*sum(TP)"):
        reductions = [
            expr
            for assign in compiled(f"{text}/sum(FP)").scheduled.value
            for expr in walk(assign.expr)
            if isinstance(expr, Op) and expr.op == "sum_over"
        ]
        assert len(reductions) == 2

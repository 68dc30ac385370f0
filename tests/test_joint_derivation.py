"""Derivations of metrics of several classes: read by a person, and read back as numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from oracle import JOINT, joint_plain
from readings import Numbers, Reading
from shelves import SEVERAL_CLASSES

import metricc
from metricc import Metric

FORMULAS = {name: joint.python for name, joint in JOINT.items()} | {
    "mean(recall)": "Mean(TP/(TP + FN))",
    "min(jaccard)": "Least(TP/(TP + FP + FN))",
    "prod(recall)": "Prod(TP/(TP + FN))",
    "let all = sum(TP+FN) in sum((TP+FN)/all * jaccard)": (
        "Sum((TP + FN)/Sum(TP + FN)*TP/(TP + FP + FN))"
    ),
    "mean(mcc)": ("Mean((TP*TN - FP*FN)/sqrt((TP + FP)*(TP + FN)*(TN + FP)*(TN + FN)))"),
}
"""The metrics of several classes whose values are known otherwise, and what a user may write."""
SIZES = (2, 3, 5)
SAMPLES = 23
L, TAU = 4.0, 0.4


@cache
def compiled(formula: str) -> Metric:
    return metricc.compile(formula)


@cache
def printed(formula: str, **options: Any) -> str:
    return compiled(formula).derivation("text", **options)


def test_the_whole_library_is_read() -> None:
    assert set(SEVERAL_CLASSES) <= JOINT.keys()


@pytest.mark.parametrize("format", ["text", "latex", "markdown", "typst"])
def test_derivations_read_as_they_did(format: str, golden: Callable[..., None]) -> None:
    text = compiled("multiclass_mcc").derivation(format)
    ending = "txt" if format == "text" else f"{format}.txt"
    golden(text, "golden", "derive", f"multiclass_mcc.{ending}")


def soft(p: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
    """The entries of each class."""
    shares = {"TP": y * p, "FP": (1 - y) * p, "FN": y * (1 - p), "TN": (1 - y) * (1 - p)}
    return {entry: share.sum(0) for entry, share in shares.items()}


def loss_of(formula: str, entries: dict[str, torch.Tensor]) -> torch.Tensor:
    behaviour = compiled(formula).compilation.behaviour
    value = joint_plain(FORMULAS[formula], entries)
    if behaviour.direction != "max":
        return value
    return 1 - value if behaviour.is_at_most_one else -value


class Problem:
    """A linear model with one feature, its labels, and the gradients that autograd finds."""

    def __init__(self, formula: str, classes: int, *, exclusive: bool = True) -> None:
        generator = np.random.default_rng(classes)
        labels = np.arange(SAMPLES) % classes
        self.y = np.eye(classes)[labels]
        if not exclusive:
            self.y = np.maximum(self.y, generator.integers(0, 2, self.y.shape) * 1.0)
        self.x = generator.normal(size=(SAMPLES, 1)) + labels[:, None] / classes
        theta = torch.tensor(generator.normal(size=(1, classes)), requires_grad=True)
        z = torch.tensor(self.x) * theta
        p = torch.softmax(z, 1) if exclusive else torch.sigmoid(z)
        yhat = p if exclusive else torch.sigmoid(L * (p - TAU))
        for tensor in (z, p, yhat):
            tensor.retain_grad()
        self.loss = loss_of(formula, soft(yhat, torch.tensor(self.y)))
        self.loss.backward()
        self.gradients = {"theta": theta.grad, "z": z.grad, "yhat": yhat.grad}
        self.given: Numbers = {"y": self.y, "x": self.x, "theta": theta.detach().numpy()}
        self.given |= {"n": float(SAMPLES), "K": float(classes), "L": L, "tau": TAU}


def check(formula: str, text: str, problem: Problem) -> None:
    reading = Reading(text, problem.given)
    target = "l" if "l" in reading.equations else "m"
    np.testing.assert_allclose(reading[target], problem.loss.item(), rtol=1e-10)
    for name, gradient in problem.gradients.items():
        wanted = gradient.numpy()
        found = reading[f"d{target}_d{name}"] + 0 * wanted
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-12 + 1e-10 * abs(wanted).max())


@pytest.mark.parametrize("ascii", [False, True], ids=["unicode", "ascii"])
@pytest.mark.parametrize("classes", SIZES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_what_is_printed_is_the_gradient(formula: str, classes: int, ascii: bool) -> None:
    check(formula, printed(formula, ascii=ascii), Problem(formula, classes))


@pytest.mark.parametrize("formula", SEVERAL_CLASSES)
def test_labels_need_not_exclude_each_other(formula: str) -> None:
    text = printed(formula, surrogate="sigmoid")
    check(formula, text, Problem(formula, 3, exclusive=False))


@pytest.mark.parametrize("formula", FORMULAS)
def test_entries_have_the_derivatives_of_the_formula(formula: str) -> None:
    cells = np.random.default_rng(3).uniform(1, 9, (4, 4))
    tp, total = np.diagonal(cells), cells.sum()
    fp, fn = cells.sum(0) - tp, cells.sum(1) - tp
    counts = {"TP": tp, "FP": fp, "FN": fn, "TN": total - tp - fp - fn}
    entries = {entry: torch.tensor(count, requires_grad=True) for entry, count in counts.items()}
    loss_of(formula, entries).backward()
    given = {entry: count[None] for entry, count in counts.items()}
    sums = {"T": tp[None], "Q": (tp + fp)[None], "P": (tp + fn)[None], "n": total, "K": 4.0}
    reading = Reading(printed(formula, wrt="entries"), {**given, **sums})
    for entry, tensor in entries.items():
        wanted = np.zeros((1, 4)) if tensor.grad is None else tensor.grad.numpy()[None]
        target = "l" if "l" in reading.equations else "m"
        found = reading[f"d{target}_d{entry}"] + 0 * wanted
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("formula", ["multiclass_mcc", "multiclass_iou", "multiclass_gmean"])
def test_a_changed_sign_is_noticed(formula: str) -> None:
    lines, problem = printed(formula, ascii=True).splitlines(), Problem(formula, 3)
    changes = 0
    for at, line in enumerate(lines):
        if line.startswith(("   dl/d", "   m ", "   D ")) and " = -" in line:
            mutant = "\n".join([*lines[:at], line.replace(" = -", " = ", 1), *lines[at + 1 :]])
            with pytest.raises(AssertionError):
                check(formula, mutant, problem)
            changes += 1
    assert changes


@pytest.mark.parametrize("wrt", ["yhat", "p", "z"])
def test_a_derivation_goes_as_far_as_it_is_asked_to(wrt: str) -> None:
    whole, part = printed("multiclass_kappa"), printed("multiclass_kappa", wrt=wrt)
    assert whole.startswith(part.rstrip("\n"))
    assert whole.count("\n\n") - part.count("\n\n") == ["z", "p", "yhat"].index(wrt) + 1


def test_names_that_mean_something_are_changed() -> None:
    formula = "let E = sum(TP) in let K = sum(FP) in let w_c = AP/n in sum(w_c)*E/(E + K)"
    text = compiled(formula).derivation("text", ascii=True)
    tp, fp = np.array([[3.0, 4.0]]), np.array([[1.0, 2.0]])
    sums = {"T": tp, "Q": tp + fp, "P": tp + 1, "n": 11.0, "K": 2.0}
    given = {"TP": tp, "FP": fp, "FN": np.ones((1, 2)), "TN": 10 - tp - fp}
    assert Reading(text, {**given, **sums})["m"] == pytest.approx(9 / 11 * 7 / 10)


def test_signs_are_those_of_the_user(tmp_path: Any) -> None:
    path = tmp_path / "signs.toml"
    path.write_text("c = 'r'\nK = 'C'\nk = 's'\nyhat = 'h'\n", encoding="utf-8")
    text = compiled("multiclass_f1").derivation("latex", symbols=path)
    assert r"m &= \frac{1}{C} \sum_r" in text
    assert r"\frac{\partial \ell}{\partial h_{sr}} &= y_{sr}" in text


def test_notebooks_show_value_and_slopes() -> None:
    metric = compiled("multiclass_mcc")
    assert r"\frac{\partial \ell}{\partial \hat{y}_{kc}}" in metric._repr_latex_()
    assert "<munder><mo>∑</mo>" in metric._repr_html_()

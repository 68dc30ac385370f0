"""`score` against scikit-learn: 1,000 hard problems per metric, deviations listed and proved.

Multiclass scores (R_K, kappa, balanced and plain accuracy) are in `test_torchmetrics.py`.
"""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sklearn
from sklearn import metrics as sk

import metricc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAN = float("nan")


@dataclass(frozen=True)
class Problem:
    """Labels, weights or none, and what 0/0 gives."""

    truth: np.ndarray
    pred: np.ndarray
    weight: np.ndarray | None
    zero: float

    def counts(self) -> tuple[float, float, float, float]:
        """Return TP, FP, FN, TN."""
        weight = np.ones(len(self.truth)) if self.weight is None else self.weight
        right = self.truth == self.pred
        cells = (right & (self.pred == 1), ~right & (self.pred == 1), ~right & (self.pred == 0))
        tp, fp, fn = (float(weight[cell].sum()) for cell in cells)
        return tp, fp, fn, float(weight[right & (self.pred == 0)].sum())


def problems(count: int = 1_000) -> Iterator[Problem]:
    """Yield small ones, of few positives, of one class, predicted alike, weighted, some by 0."""
    random = np.random.default_rng(1912)
    for number in range(count):
        size = int(random.integers(1, 31))
        rates = random.choice([0, 0.05, 0.3, 0.5, 0.95, 1], size=2)
        truth = (random.random(size) < rates[0]).astype(int)
        guessed = (random.random(size) < rates[1]).astype(int)
        informed = np.where(random.random(size) < 0.8, truth, 1 - truth)
        weight = None
        if number % 2:
            weight = random.integers(0, 4, size) * random.random(size)
            weight[0] += not weight.any()
        zero = (0.0, 1.0, NAN)[number // 2 % 3]
        yield Problem(truth, guessed if number % 3 else informed, weight, zero)


PROBLEMS = [*problems()]
Score = Callable[[Problem], float] if TYPE_CHECKING else object


def ratio(function: Callable[..., float], **options: Any) -> Score:
    """Return a score that scikit-learn gives a `zero_division`."""
    return lambda p: function(
        p.truth, p.pred, sample_weight=p.weight, zero_division=p.zero, **options
    )


def plain(function: Callable[..., Any], **options: Any) -> Score:
    return lambda p: function(p.truth, p.pred, sample_weight=p.weight, **options)


def likelihood(side: int) -> Score:
    found = plain(sk.class_likelihood_ratios, labels=[0, 1], replace_undefined_by=NAN)
    return lambda p: found(p)[side]  # type: ignore[index]


BOTH = {"average": "macro", "labels": [0, 1]}
SCORES: dict[str, Score] = {
    "precision": ratio(sk.precision_score),
    "recall": ratio(sk.recall_score),
    "f1": ratio(sk.f1_score),
    "f05": ratio(sk.fbeta_score, beta=0.5),
    "f2": ratio(sk.fbeta_score, beta=2),
    "jaccard": ratio(sk.jaccard_score),
    "specificity": ratio(sk.recall_score, pos_label=0),
    "negative_predictive_value": ratio(sk.precision_score, pos_label=0),
    "f1_neg": ratio(sk.f1_score, pos_label=0),
    "jaccard_neg": ratio(sk.jaccard_score, pos_label=0),
    "miou": ratio(sk.jaccard_score, **BOTH),
    "f1_macro": ratio(sk.f1_score, **BOTH),
    "mean_predictive_value": ratio(sk.precision_score, **BOTH),
    "accuracy": plain(sk.accuracy_score),
    "error_rate": plain(sk.zero_one_loss),
    "balanced_accuracy": plain(sk.balanced_accuracy_score),
    "informedness": plain(sk.balanced_accuracy_score, adjusted=True),
    "kappa": lambda p: sk.cohen_kappa_score(
        p.truth, p.pred, sample_weight=p.weight, replace_undefined_by=p.zero
    ),
    "mcc": plain(sk.matthews_corrcoef),
    "positive_likelihood_ratio": likelihood(0),
    "negative_likelihood_ratio": likelihood(1),
}


def lacks_a_class(p: Problem) -> bool:
    tp, fp, fn, tn = p.counts()
    return tp + fn == 0 or tn + fp == 0


def is_undefined_mcc(p: Problem) -> bool:
    tp, fp, fn, tn = p.counts()
    return 0 in (tp + fp, tp + fn, tn + fp, tn + fn)


DEVIATIONS: dict[str, tuple[tuple[str, ...], Callable[[Problem], bool]]] = {
    "a class that does not occur is left out of the mean": (
        ("balanced_accuracy", "informedness"),
        lacks_a_class,
    ),
    "MCC of one actual or predicted class": (
        ("mcc",),
        lambda p: p.zero != 0 and is_undefined_mcc(p),
    ),
    "a NaN by `zero_division` is left out of the mean": (
        ("f1_macro", "mean_predictive_value"),
        lambda p: math.isnan(p.zero),
    ),
    "LR+ without false alarms": (
        ("positive_likelihood_ratio",),
        lambda p: p.counts()[1] == 0 or lacks_a_class(p),
    ),
    "LR- without correct rejections": (
        ("negative_likelihood_ratio",),
        lambda p: p.counts()[3] == 0 or lacks_a_class(p),
    ),
}
"""Where the values differ, by the words of `examples/migration.md`: the metrics, and when."""


def may_differ(name: str, problem: Problem) -> bool:
    return any(name in names and when(problem) for names, when in DEVIATIONS.values())


def is_equal(ours: float, theirs: float) -> bool:
    return (math.isnan(ours) and math.isnan(theirs)) or abs(ours - theirs) <= 1e-12


@pytest.mark.parametrize("name", SCORES)
def test_score_is_that_of_scikit_learn(name: str) -> None:
    metric, different = metricc.compile(name), 0
    with warnings.catch_warnings(), sklearn.config_context(skip_parameter_validation=True):
        warnings.simplefilter("ignore")  # of what is undefined
        for problem in PROBLEMS:
            theirs = SCORES[name](problem)
            ours = metric.score(
                problem.truth, problem.pred, problem.weight, zero_division=problem.zero
            )
            if may_differ(name, problem):
                different += not is_equal(ours, theirs)
            else:
                assert is_equal(ours, theirs), problem
    is_listed = any(name in names for names, _ in DEVIATIONS.values())
    assert bool(different) == is_listed


def test_each_deviation_is_in_the_page() -> None:
    page = (Path(__file__).parents[1] / "examples" / "migration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+?) \|", page.partition("of scikit-learn 1.9")[2], re.MULTILINE)
    assert rows[2:] == list(DEVIATIONS)

"""`score` against scikit-learn: 1,000 hard problems per metric, deviations listed and proved.

Scores of several classes are in `test_torchmetrics.py` (R_K, kappa, balanced and plain accuracy)
and `test_joint.py` (adjusted balanced accuracy, macro F1, frequency-weighted IoU).
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn import metrics as sk

import metricc

NAN = float("nan")
FAST = {"skip_parameter_validation": True, "assume_finite": True}
BOUND = 3.4e38  # what x/0 is


@dataclass(frozen=True, eq=False)
class Problem:
    """Labels, weights or none, what 0/0 gives, and the entries."""

    truth: np.ndarray
    pred: np.ndarray
    weight: np.ndarray | None
    zero: float

    @cached_property
    def entries(self) -> tuple[float, float, float, float]:
        """TP, FP, FN, TN."""
        weight = np.ones(len(self.truth)) if self.weight is None else self.weight
        cells = ((1, 1), (0, 1), (1, 0), (0, 0))
        chosen = [(self.truth == true) & (self.pred == pred) for true, pred in cells]
        tp, fp, fn, tn = (float(weight[cell].sum()) for cell in chosen)
        return tp, fp, fn, tn

    def over(self, x: float, y: float) -> float:
        """Return x / y by the policy of the README."""
        if y != 0:
            return x / y
        return self.zero if x == 0 else x * BOUND / abs(x)

    @property
    def recalls(self) -> tuple[float, float]:
        """The recall of both classes."""
        tp, fp, fn, tn = self.entries
        return self.over(tp, tp + fn), self.over(tn, tn + fp)


def problems() -> Iterator[Problem]:
    """Yield small ones, of few positives, of one class, predicted alike, weighted, some by 0."""
    random = np.random.default_rng(1912)
    for _ in range(1_000):
        size = int(random.integers(1, 31))
        rates = random.choice([0, 0.05, 0.3, 0.5, 0.95, 1], size=2)
        truth = (random.random(size) < rates[0]).astype(int)
        pred = (random.random(size) < rates[1]).astype(int)
        if random.random() < 0.3:
            pred = np.where(random.random(size) < 0.8, truth, 1 - truth)
        weight = None
        if random.random() < 0.5:
            weight = random.integers(0, 4, size) * random.random(size)
            weight[0] += not weight.any()  # what weighs nothing has a test of its own
        yield Problem(truth, pred, weight, random.choice([0.0, 1.0, NAN]))


PROBLEMS = [*problems()]


@cache
def columns(p: Problem, average: str | None = None, beta: float = 1) -> tuple[Any, Any, Any]:
    """Return what precision_score, recall_score and fbeta_score return of labels 0 and 1."""
    options = {"average": average, "labels": [0, 1], "zero_division": p.zero}
    return sk.precision_recall_fscore_support(
        p.truth, p.pred, beta=beta, sample_weight=p.weight, **options
    )[:3]


@cache
def overlaps(p: Problem) -> Any:
    """Return jaccard_score of labels 0 and 1."""
    options = {"average": None, "labels": [0, 1], "zero_division": p.zero}
    return sk.jaccard_score(p.truth, p.pred, sample_weight=p.weight, **options)


def plain(function: Callable[..., Any], **options: Any) -> Callable[[Problem], Any]:
    """Return a score that has no `zero_division`."""
    return lambda p: function(p.truth, p.pred, sample_weight=p.weight, **options)


def likelihood(side: int) -> Callable[[Problem], float]:
    found = plain(sk.class_likelihood_ratios, labels=[0, 1])
    return lambda p: found(p)[side]


def share(normalize: str, true: int, pred: int) -> Callable[[Problem], float]:
    found = plain(sk.confusion_matrix, normalize=normalize, labels=[0, 1])
    return lambda p: found(p)[true, pred]


@dataclass(frozen=True)
class Case:
    """A metric of the library, and scikit-learn's score of it."""

    name: str
    theirs: Callable[[Problem], float]
    params: dict[str, float] | None = None


CASES = {
    "precision_score": Case("precision", lambda p: columns(p)[0][1]),
    "recall_score": Case("recall", lambda p: columns(p)[1][1]),
    "f1_score": Case("f1", lambda p: columns(p)[2][1]),
    "fbeta_score, 1/2": Case("f05", lambda p: columns(p, beta=0.5)[2][1]),
    "fbeta_score, 2": Case("f2", lambda p: columns(p, beta=2)[2][1]),
    **{
        f"fbeta_score, {b}": Case(
            "fbeta", lambda p, b=b: columns(p, beta=b)[2][1], params={"beta": b}
        )
        for b in (0.1, 0.7, 10)
    },
    "jaccard_score": Case("jaccard", lambda p: overlaps(p)[1]),
    "precision_score of 0": Case("negative_predictive_value", lambda p: columns(p)[0][0]),
    "recall_score of 0": Case("specificity", lambda p: columns(p)[1][0]),
    "f1_score of 0": Case("f1_neg", lambda p: columns(p)[2][0]),
    "jaccard_score of 0": Case("jaccard_neg", lambda p: overlaps(p)[0]),
    "precision_score, macro": Case("mean_predictive_value", lambda p: columns(p, "macro")[0]),
    "recall_score, macro": Case("balanced_accuracy", lambda p: columns(p, "macro")[1]),
    "f1_score, macro": Case("f1_macro", lambda p: columns(p, "macro")[2]),
    "jaccard_score, macro": Case(
        "miou",
        lambda p: sk.jaccard_score(
            p.truth,
            p.pred,
            labels=[0, 1],
            average="macro",
            sample_weight=p.weight,
            zero_division=p.zero,
        ),
    ),
    "accuracy_score": Case("accuracy", plain(sk.accuracy_score)),
    "zero_one_loss": Case("error_rate", plain(sk.zero_one_loss)),
    "hamming_loss": Case("error_rate", plain(sk.hamming_loss)),
    "balanced_accuracy_score": Case("balanced_accuracy", plain(sk.balanced_accuracy_score)),
    "balanced_accuracy_score, adjusted": Case(
        "informedness", plain(sk.balanced_accuracy_score, adjusted=True)
    ),
    "cohen_kappa_score": Case(
        "kappa",
        lambda p: sk.cohen_kappa_score(
            p.truth, p.pred, sample_weight=p.weight, replace_undefined_by=p.zero
        ),
    ),
    "matthews_corrcoef": Case("mcc", plain(sk.matthews_corrcoef)),
    "LR+": Case("positive_likelihood_ratio", likelihood(0)),
    "LR-": Case("negative_likelihood_ratio", likelihood(1)),
    "confusion_matrix, true 1 0": Case("miss_rate", share("true", 1, 0)),
    "confusion_matrix, true 0 1": Case("fall_out", share("true", 0, 1)),
    "confusion_matrix, pred 0 1": Case("false_discovery_rate", share("pred", 0, 1)),
    "confusion_matrix, pred 1 0": Case("false_omission_rate", share("pred", 1, 0)),
    "confusion_matrix, all 1 1": Case("true_positive_proportion", share("all", 1, 1)),
}


@dataclass(frozen=True)
class Deviation:
    """Cases that differ: when, both values there, and the words of `examples/migration.md`."""

    cases: tuple[str, ...]
    when: Callable[[Problem], bool]
    theirs: Callable[[Problem], float]
    ours: Callable[[Problem], float]
    row: tuple[str, str, str]


def lacks_a_class(p: Problem) -> bool:
    tp, fp, fn, tn = p.entries
    return tp + fn == 0 or tn + fp == 0


def has_an_empty_margin(p: Problem) -> bool:
    tp, fp, fn, tn = p.entries
    return 0 in (tp + fp, tp + fn, tn + fp, tn + fn)


def found_recall(p: Problem) -> float:
    """Return the recall of the only class."""
    tp, fp, fn, tn = p.entries
    return tp / (tp + fn) if tp + fn else tn / (tn + fp)


def mean_of_the_rest(parts: Callable[[Problem], Any]) -> Callable[[Problem], float]:
    return lambda p: NAN if np.isnan(parts(p)).all() else float(np.nanmean(parts(p)))


def left_out(case: str, column: int) -> Deviation:
    return Deviation(
        (case,),
        lambda p: bool(np.isnan(columns(p)[column]).any()),
        mean_of_the_rest(lambda p: columns(p)[column]),
        lambda p: NAN,
        ('`average="macro"`, NaN for 0/0', "the mean of the rest", "NaN"),
    )


def ratio(case: str, side: int, row: tuple[str, str, str]) -> Deviation:
    """Return what holds of a likelihood ratio: of TP and FP, or of FN and TN."""

    def cells(p: Problem) -> tuple[float, float, float, float]:
        tp, fp, fn, tn = p.entries
        return (tp, tp + fn, fp, fp + tn) if side == 0 else (fn, tp + fn, tn, fp + tn)

    def ours(p: Problem) -> float:
        of_positives, positives, of_negatives, negatives = cells(p)
        return p.over(p.over(of_positives, positives), p.over(of_negatives, negatives))

    return Deviation((case,), lambda p: 0 in cells(p)[1:3], lambda p: NAN, ours, row)


EMPTY_SHARES: dict[str, Callable[..., float]] = {
    "confusion_matrix, true 1 0": lambda tp, fp, fn, tn: tp + fn,
    "confusion_matrix, true 0 1": lambda tp, fp, fn, tn: fp + tn,
    "confusion_matrix, pred 0 1": lambda tp, fp, fn, tn: tp + fp,
    "confusion_matrix, pred 1 0": lambda tp, fp, fn, tn: fn + tn,
}
ZERO = "0/0 is `zero_division`"
DEVIATIONS = [
    Deviation(
        ("balanced_accuracy_score",),
        lacks_a_class,
        found_recall,
        lambda p: sum(p.recalls) / 2,
        (
            "balanced accuracy of one class",
            "the recall of that class",
            "the other's is 0/0; `multiclass_balanced_accuracy` leaves it out",
        ),
    ),
    Deviation(
        ("balanced_accuracy_score, adjusted",),
        lacks_a_class,
        lambda p: NAN if found_recall(p) == 1 else -math.inf,
        lambda p: sum(p.recalls) - 1,
        ("the same, adjusted", "divides by 0: NaN or -inf", "likewise"),
    ),
    Deviation(
        ("matthews_corrcoef",),
        has_an_empty_margin,
        lambda p: 0,
        lambda p: p.zero,
        ("MCC of one actual or predicted class", "0", ZERO),
    ),
    *(
        left_out(f"{name}_score, macro", column)
        for column, name in enumerate(["precision", "recall", "f1"])
    ),
    ratio(
        "LR+",
        0,
        ("LR+ without false alarms or positives", "NaN, unless told", f"x/0 is 3.4e38, {ZERO}"),
    ),
    ratio(
        "LR-",
        1,
        ("LR- without correct rejections or positives", "NaN, unless told", "likewise"),
    ),
    *(
        Deviation(
            (case,),
            lambda p, size=size: size(*p.entries) == 0,
            lambda p: 0,
            lambda p: p.zero,
            ("`confusion_matrix(normalize=…)`, an empty row or column", "0", ZERO),
        )
        for case, size in EMPTY_SHARES.items()
    ),
]
NO_WEIGHT = ("no samples, or all of weight 0", "ValueError", ZERO)


def is_equal(ours: float, theirs: float) -> bool:
    same = ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    return same or abs(ours - theirs) <= 1e-12 * max(1, abs(theirs))


@pytest.mark.parametrize("case", CASES)
def test_score_is_that_of_scikit_learn(case: str) -> None:
    metric = metricc.compile(CASES[case].name, params=CASES[case].params)
    listed = [deviation for deviation in DEVIATIONS if case in deviation.cases]
    different = 0
    with warnings.catch_warnings(), sklearn.config_context(**FAST):
        warnings.simplefilter("ignore")  # of what is undefined
        for p in PROBLEMS:
            theirs = float(CASES[case].theirs(p))
            ours = metric.score(p.truth, p.pred, p.weight, zero_division=p.zero)
            known = [deviation for deviation in listed if deviation.when(p)]
            assert is_equal(theirs, known[0].theirs(p)) if known else is_equal(ours, theirs), p
            assert not known or is_equal(ours, known[0].ours(p)), p
            different += not is_equal(ours, theirs)
    assert bool(different) == bool(listed)


@pytest.mark.parametrize("name", sorted({case.name for case in CASES.values()}))
def test_no_weight_at_all_is_an_error_for_scikit_learn_alone(name: str) -> None:
    metric, labels = metricc.compile(name), np.array([0, 1])
    for truth, weight in ((labels[:0], None), (labels, np.zeros(2))):
        assert math.isfinite(metric.score(truth, truth, weight))
        for case in CASES.values():
            if case.name == name:
                with pytest.raises(ValueError, match=r"at least one non-zero|Found empty input"):
                    case.theirs(Problem(truth, truth, weight, 0.0))


def test_problems_are_hard() -> None:
    kinds = [
        (has_an_empty_margin(p), p.zero if p.zero == p.zero else "NaN", p.weight is None)
        for p in PROBLEMS
    ]
    assert len(PROBLEMS) == 1_000
    assert min(kinds.count(kind) for kind in set(kinds)) >= 40
    assert len(set(kinds)) == 12


def test_how_many_metrics_scikit_learn_has() -> None:
    assert len({case.name for case in CASES.values()}) == 27


def test_each_deviation_is_in_the_page() -> None:
    page = (Path(__file__).parents[1] / "examples" / "migration.md").read_text(encoding="utf-8")
    text = page.partition("of scikit-learn 1.9")[2].partition("PyCM")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert rows[2:] == list(dict.fromkeys([*(d.row for d in DEVIATIONS), NO_WEIGHT]))

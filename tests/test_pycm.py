"""Values of counts against PyCM, for each metric of two classes that it has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pycm import ConfusionMatrix
from shelves import TWO_CLASSES

import metricc

if TYPE_CHECKING:
    from collections.abc import Callable

    Counts = tuple[int, int, int, int]

STATISTICS = {
    "accuracy": "ACC",
    "agf": "AGF",
    "agm": "AGM",
    "balanced_accuracy": "AUC",
    "bray_curtis": "BCD",
    "informedness": "BM",
    "dor": "DOR",
    "discriminant_power": "DP",
    "error_rate": "ERR",
    "f05": "F0.5",
    "f1": "F1",
    "f2": "F2",
    "false_discovery_rate": "FDR",
    "miss_rate": "FNR",
    "false_omission_rate": "FOR",
    "fall_out": "FPR",
    "fowlkes_mallows": "G",
    "gmean": "GM",
    "iba": "IBA",
    "icsi": "ICSI",
    "information_score": "IS",
    "jaccard": "J",
    "lift": "LS",
    "mcc": "MCC",
    "markedness": "MK",
    "negative_likelihood_ratio": "NLR",
    "negative_predictive_value": "NPV",
    "optimized_precision": "OP",
    "positive_likelihood_ratio": "PLR",
    "precision": "PPV",
    "prevalence": "PRE",
    "yule_q": "Q",
    "specificity": "TNR",
    "recall": "TPR",
    "distance_index": "dInd",
    "similarity_index": "sInd",
    "kulczynski2": "AUPR",
    "kappa": "Kappa",
    "scott_pi": "Scott PI",
    "ac1": "Gwet AC1",
    "bangdiwala": "Bangdiwala B",
    "bennett_s": "Bennett S",
}
"""The library's name, and PyCM's: of the class of positives, or of the whole matrix."""

PARAMETERS = {"iba": {"alpha": 1}}
BOUND, NO_LOG = 1e37, 21  # x/0, and its logarithm in the units of discriminant power

DEVIATIONS: dict[str, tuple[Callable[[Counts], bool], str]] = {
    "agm": (lambda c: c[0] == 0, "PyCM follows the paper in setting it to 0 where recall is 0"),
    "dor": (lambda c: 0 in (c[0], c[3]), "PyCM divides two likelihood ratios, each x/0 there"),
    "yule_q": (lambda c: 0 in (c[1], c[2]), "PyCM takes it of the odds ratio, which is x/0"),
}
"""Where ours has a value that PyCM has not, or another: when (of TP, FP, FN, TN), and why."""


def matrices(count: int = 150) -> list[Counts]:
    """Return counts up to 60, half of them with an empty cell or two."""
    random = np.random.default_rng(3)
    found = []
    for number in range(count):
        counts = random.integers(0, 60, 4)
        if number % 2:
            counts[random.integers(4)] = 0
        if number % 5 == 0:
            counts[random.integers(4)] = 0
        tp, fp, fn, tn = (int(x) for x in counts)
        found.append((tp, fp, fn, tn))
    return [counts for counts in found if any(counts)]


@pytest.fixture(scope="module")
def tables() -> list[tuple[Counts, ConfusionMatrix]]:
    return [
        ((tp, fp, fn, tn), ConfusionMatrix(matrix={0: {0: tn, 1: fp}, 1: {0: fn, 1: tp}}))
        for tp, fp, fn, tn in matrices()
    ]


def value_of(table: ConfusionMatrix, statistic: str) -> float | None:
    """Return PyCM's value, or None where it has none."""
    of_class = table.class_stat.get(statistic)
    value = table.overall_stat[statistic] if of_class is None else of_class[1]
    return None if value == "None" else float(value)


def agrees(ours: float, theirs: float | None) -> bool:
    if theirs is None:  # 0/0, x/0 or log 0
        return math.isnan(ours) or abs(ours) > BOUND or abs(ours) >= NO_LOG
    return abs(ours - theirs) <= 1e-10 * max(1, abs(theirs))


@pytest.mark.filterwarnings("ignore")  # PyCM's, of matrices of two classes
@pytest.mark.parametrize("name", STATISTICS)
def test_value_is_that_of_pycm(name: str, tables: list[tuple[Counts, ConfusionMatrix]]) -> None:
    metric, differing = metricc.compile(name, params=PARAMETERS.get(name)), 0
    for counts, table in tables:
        tp, fp, fn, tn = counts
        ours = metric.value(tp=tp, fp=fp, fn=fn, tn=tn, zero_division=math.nan)
        is_equal = agrees(ours, value_of(table, STATISTICS[name]))
        if name in DEVIATIONS and DEVIATIONS[name][0](counts):
            differing += not is_equal
        else:
            assert is_equal, (counts, ours, value_of(table, STATISTICS[name]))
    assert bool(differing) == (name in DEVIATIONS)


def test_how_many_metrics_pycm_has() -> None:
    assert len(STATISTICS) == 42
    assert {*STATISTICS} <= {*TWO_CLASSES}

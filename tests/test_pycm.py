"""Values of counts against PyCM, for each metric that it has, of two classes and of several."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycm import ConfusionMatrix, DistanceType
from shelves import SEVERAL_CLASSES, TWO_CLASSES

import metricc

Counts = tuple[int, int, int, int]
Statistic = Callable[[ConfusionMatrix], Any]

pytestmark = pytest.mark.filterwarnings("ignore")  # PyCM's, of matrices of two classes


def of_positives(name: str) -> Statistic:
    return lambda table: table.class_stat[name][1]


def of_negatives(name: str) -> Statistic:
    return lambda table: table.class_stat[name][0]


def of_all(name: str) -> Statistic:
    return lambda table: table.overall_stat[name]


def similarity(name: str) -> Statistic:
    return lambda table: table.distance(DistanceType[name])[1]


def mean_jaccard(table: ConfusionMatrix) -> Any:
    found = table.overall_stat["Overall J"]  # of their sum and their mean
    return found if found == "None" else found[1]


STATISTICS: dict[str, tuple[Statistic, ...]] = {
    "ac1": (of_all("Gwet AC1"),),
    "accuracy": (of_positives("ACC"), of_all("Overall ACC")),
    "agf": (of_positives("AGF"),),
    "agm": (of_positives("AGM"),),
    "balanced_accuracy": (of_positives("AUC"), of_all("TPR Macro"), of_all("AUNU")),
    "balanced_error_rate": (of_all("FNR Macro"), of_all("FPR Macro")),
    "bangdiwala": (of_all("Bangdiwala B"),),
    "baulieu2": (similarity("BaulieuII"),),
    "bennett_s": (of_all("Bennett S"), of_all("Kappa No Prevalence"), similarity("Hamann")),
    "bray_curtis": (of_positives("BCD"),),
    "clement": (similarity("Clement"),),
    "digby": (similarity("Digby"),),
    "discriminant_power": (of_positives("DP"),),
    "dispersion": (similarity("Dispersion"),),
    "distance_index": (of_positives("dInd"),),
    "doolittle": (similarity("Doolittle"), of_all("Phi-Squared")),
    "dor": (of_positives("DOR"),),
    "error_rate": (of_positives("ERR"), of_all("Hamming Loss")),
    "f05": (of_positives("F0.5"),),
    "f1": (of_positives("F1"),),
    "f1_macro": (of_all("F1 Macro"),),
    "f1_neg": (of_negatives("F1"), similarity("FleissLevinPaik")),
    "f2": (of_positives("F2"),),
    "fall_out": (of_positives("FPR"),),
    "false_discovery_rate": (of_positives("FDR"),),
    "false_omission_rate": (of_positives("FOR"),),
    "fbeta": (lambda table: table.F_beta(3)[1],),
    "fowlkes_mallows": (of_positives("G"), of_positives("OOC")),
    "gmean": (of_positives("GM"),),
    "harris_lahey": (similarity("HarrisLahey"),),
    "iba": (of_positives("IBA"), lambda table: table.IBA_alpha(1)[1]),
    "icsi": (of_positives("ICSI"),),
    "information_score": (of_positives("IS"),),
    "informedness": (of_positives("BM"), of_positives("Y"), of_positives("GI")),
    "jaccard": (of_positives("J"),),
    "jaccard_neg": (of_negatives("J"),),
    "kappa": (of_all("Kappa"),),
    "kuder_richardson": (similarity("KuderRichardson"),),
    "kulczynski2": (of_positives("AUPR"),),
    "lift": (of_positives("LS"), similarity("ForbesI")),
    "loevinger": (similarity("BeniniII"), similarity("ForbesII")),
    "markedness": (of_positives("MK"),),
    "mcc": (of_positives("MCC"), of_all("Overall MCC")),
    "mean_predictive_value": (of_all("PPV Macro"), of_all("NPV Macro")),
    "miou": (mean_jaccard, similarity("HawkinsDotson")),
    "miss_rate": (of_positives("FNR"),),
    "negative_likelihood_ratio": (of_positives("NLR"),),
    "negative_predictive_value": (of_positives("NPV"), of_negatives("PPV")),
    "net_benefit": (lambda table: table.NB(0.4)[1],),
    "optimized_precision": (of_positives("OP"),),
    "peirce": (similarity("BeniniI"),),
    "positive_likelihood_ratio": (of_positives("PLR"),),
    "precision": (of_positives("PPV"),),
    "predicted_positive_rate": (of_positives("TOPR"),),
    "prevalence": (of_positives("PRE"), of_positives("PR")),
    "recall": (of_positives("TPR"),),
    "scott_pi": (of_all("Scott PI"), of_all("Kappa Unbiased")),
    "similarity_index": (of_positives("sInd"),),
    "specificity": (of_positives("TNR"), of_negatives("TPR")),
    "tversky": (lambda table: table.TI(0.7, 0.2)[1],),  # alpha is of FN there
    "yule_q": (of_positives("Q"),),
}
"""The library's name, and what PyCM has of the same definition."""

OF_SEVERAL: dict[str, Statistic] = {
    "multiclass_accuracy": of_all("Overall ACC"),
    "multiclass_balanced_accuracy": of_all("TPR Macro"),
    "multiclass_f1": of_all("F1 Macro"),
    "multiclass_iou": mean_jaccard,
    "multiclass_kappa": of_all("Kappa"),
    "multiclass_mcc": of_all("Overall MCC"),
}

PARAMETERS = {
    "iba": {"alpha": 1},
    "fbeta": {"beta": 3},
    "net_benefit": {"w": 0.4},
    "tversky": {"alpha": 0.2, "beta": 0.7},
}
BOUND, LOG_ZERO = 3.4e38, -745.0


@dataclass(frozen=True)
class Deviation:
    """Values that differ: when, both there, and the words of `examples/migration.md`."""

    when: Callable[[float, float, float, float], bool]
    theirs: float | str
    ours: Callable[[float, float, float, float], float]
    row: tuple[str, str, str]


LOGARITHMS = (
    "`discriminant_power`, `information_score`: log 0 and log of x/0",
    "None",
    "-745 and 88.7 in place of the logarithms",
)
DEVIATIONS = {
    "agm": Deviation(
        lambda tp, fp, fn, tn: tp == 0 < fn and (tn > 0 or fp == 0),
        0.0,
        lambda tp, fp, fn, tn: tn / (2 * (tn + fp) + fn) if tn else math.nan,
        ("`agm` without true positives", "0, as a case of its own", "the formula has no jump"),
    ),
    "dor": Deviation(
        lambda tp, fp, fn, tn: tn == 0 < fp * fn,
        "None",
        lambda tp, fp, fn, tn: 0.0,
        ("`dor` without true negatives", "None: it divides by LR-, which is x/0", "0"),
    ),
    "yule_q": Deviation(
        lambda tp, fp, fn, tn: fp * fn == 0 < tp * tn,
        "None",
        lambda tp, fp, fn, tn: 1.0,
        ("`yule_q` without false positives or negatives", "None: the odds ratio is x/0", "1"),
    ),
    "discriminant_power": Deviation(
        lambda tp, fp, fn, tn: (tp * tn == 0) != (fp * fn == 0),
        "None",
        lambda tp, fp, fn, tn: (
            math.sqrt(3) / math.pi * (math.log(BOUND) if tp * tn else LOG_ZERO) / math.log(10)
        ),
        LOGARITHMS,
    ),
    "information_score": Deviation(
        lambda tp, fp, fn, tn: tp == 0 < fp * fn,
        "None",
        lambda tp, fp, fn, tn: LOG_ZERO / math.log(2),
        LOGARITHMS,
    ),
}
UNDEFINED = [("0/0", "None", "`zero_division`"), ("x/0", "None", "±3.4e38")]


def matrices() -> list[Counts]:
    """Return 420 of counts up to 60: 28 for each set of cells that are empty, but not all."""
    random = np.random.default_rng(3)
    filled = [cells for cells in itertools.product((0, 1), repeat=4) if any(cells)]
    found = [cells * random.integers(1, 60, 4) for cells in filled for _ in range(28)]
    return [tuple(int(count) for count in counts) for counts in found]


@pytest.fixture(scope="module")
def tables() -> list[tuple[Counts, ConfusionMatrix]]:
    return [
        ((tp, fp, fn, tn), ConfusionMatrix(matrix={0: {0: tn, 1: fp}, 1: {0: fn, 1: tp}}))
        for tp, fp, fn, tn in matrices()
    ]


def is_equal(ours: float, theirs: float | str) -> bool:
    if theirs == "None":
        return math.isnan(ours) or abs(ours) == BOUND
    if math.isnan(theirs):
        return math.isnan(ours)
    return abs(ours - theirs) <= 1e-12 * max(1, abs(theirs))


@pytest.mark.parametrize("name", STATISTICS)
def test_value_is_that_of_pycm(name: str, tables: list[tuple[Counts, ConfusionMatrix]]) -> None:
    metric, known = metricc.compile(name, params=PARAMETERS.get(name)), DEVIATIONS.get(name)
    counts = np.array([counts for counts, _ in tables]).T
    values = metric.value(*counts, zero_division=math.nan)
    differing = 0
    for (entries, table), ours in zip(tables, values, strict=True):
        for statistic in STATISTICS[name]:
            theirs = statistic(table)
            if known and known.when(*entries):
                assert theirs == known.theirs, entries
                assert is_equal(ours, known.ours(*entries)), entries
                differing += not is_equal(ours, theirs)
            else:
                assert is_equal(ours, theirs), (entries, ours, theirs)
    assert bool(differing) == bool(known)


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_value_of_several_classes_is_that_of_pycm(name: str) -> None:
    random, metric = np.random.default_rng(4), metricc.compile(name)
    for number in range(60):
        cells = random.integers(0, 9, (size := 2 + number % 5, size))
        cells[np.diag_indices(size)] += 1  # each class occurs
        rows = {k: dict(enumerate(map(int, row))) for k, row in enumerate(cells)}
        theirs = OF_SEVERAL[name](ConfusionMatrix(matrix=rows))
        tp, actual, predicted = np.diag(cells), cells.sum(1), cells.sum(0)
        rest = cells.sum() - actual - predicted + tp
        assert is_equal(metric.value(tp, predicted - tp, actual - tp, rest), theirs), cells


def test_how_many_metrics_pycm_has() -> None:
    assert len(STATISTICS) == 61
    assert {*STATISTICS} <= {*TWO_CLASSES}
    assert {*OF_SEVERAL} <= {*SEVERAL_CLASSES}


def test_each_deviation_is_in_the_page() -> None:
    page = (Path(__file__).parents[1] / "examples" / "migration.md").read_text(encoding="utf-8")
    text = page.partition("of PyCM 4.6")[2]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    listed = dict.fromkeys([*UNDEFINED, *(deviation.row for deviation in DEVIATIONS.values())])
    assert rows[2:] == list(listed)

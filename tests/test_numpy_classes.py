"""The numpy target for several classes: the emitted scorer against value, score, scikit-learn."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import oracle
import pytest
from shelves import SEVERAL_CLASSES
from sklearn import metrics as sk
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

import metricc
from metricc.inprocess import load

FORMULAS = [
    "1/classes",
    "classes + 0*sum(TP)",
    "sum(0*TP + 1)/classes",
    "max(recall)/(1 + mean(specificity)*log(classes))",
    "mean(log(recall + 1)*min(recall, precision))",
    "metric a(pos_label = 2) = mean(pos_label*TP/(pos_label*TP + FP))",
    "metric a(labels = 2, beta = 3) = mean((1 + beta)*TP/((labels + beta)*TP + FP))",
    "metric a(classes_ = 1, sum_over = 2) = sum(classes_*TP)/sum(sum_over*TP + FP)",
    "metric a(count_classes = 1, size = 2) = count_classes*sum(TP)/sum(TP + size*FN)",
    "let check_last_axis = sum(TP) in check_last_axis/(check_last_axis + sum(FN))",
]
ALL = [*dict.fromkeys([*SEVERAL_CLASSES, *oracle.JOINT, *FORMULAS])]


@cache
def metric_of(text: str) -> metricc.Metric:
    return metricc.compile(text)


@cache
def module_of(text: str) -> ModuleType:
    return load(metric_of(text).source(target="numpy"))


def score_of(text: str) -> Callable[..., float]:
    return getattr(module_of(text), metric_of(text).name or "metric")


def from_counts_of(text: str) -> Callable[..., Any]:
    return getattr(module_of(text), f"{metric_of(text).name or 'metric'}_from_counts")


def labels(seed: int, classes: int = 6) -> tuple[Any, Any, Any]:
    """Labels, half of them right; a few samples leave some of the classes out."""
    generator = np.random.default_rng(seed)
    size = generator.integers(4, 60)
    truth, guess = generator.integers(0, classes, (2, size))
    return truth, np.where(generator.random(size) < 0.5, truth, guess), generator.random(size)


@pytest.mark.parametrize("text", ALL)
def test_counts_give_the_value(text: str) -> None:
    generator = np.random.default_rng(1)
    for classes in (1, 2, 5):
        counts = generator.integers(0, 20, (4, 3, 4, classes)).astype(float)
        value = from_counts_of(text)(*counts)
        assert value.shape == (3, 4)
        wanted = metric_of(text).value(*counts)
        assert value == pytest.approx(wanted, rel=1e-10, abs=1e-12)
        assert isinstance(from_counts_of(text)(*counts[:, 0, 0]), float)


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_scores_are_those_of_the_metric(text: str, is_weighted: bool) -> None:
    for seed in range(10):
        truth, decided, weights = labels(seed)
        weight = weights if is_weighted else None
        found = score_of(text)(truth, decided, labels=range(6), sample_weight=weight)
        wanted = metric_of(text).score(truth, decided, weight, num_classes=6)
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("zero", [0.0, 1.0, math.nan])
@pytest.mark.parametrize("text", SEVERAL_CLASSES)
def test_zero_division_is_that_of_the_metric(text: str, zero: float) -> None:
    for truth, decided in itertools.product(([0, 0], [0, 2], [2, 2]), repeat=2):
        found = score_of(text)(truth, decided, labels=[0, 1, 2], zero_division=zero)
        wanted = metric_of(text).score(truth, decided, num_classes=3, zero_division=zero)
        assert found == pytest.approx(wanted, rel=1e-12, nan_ok=True)


def f1_macro(truth: Any, decided: Any, **options: Any) -> float:
    return float(sk.f1_score(truth, decided, average="macro", zero_division=0, **options))


SCORES: dict[str, Callable[..., float]] = {
    "multiclass_mcc": sk.matthews_corrcoef,
    "multiclass_kappa": sk.cohen_kappa_score,
    "multiclass_accuracy": sk.accuracy_score,
    "multiclass_balanced_accuracy": sk.balanced_accuracy_score,
    "multiclass_f1": f1_macro,
}


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("names", [None, ["e", "a", "c", "f", "b", "d"]])
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_scores_are_those_of_scikit_learn(
    name: str, is_weighted: bool, names: list[str] | None
) -> None:
    for seed in range(20):
        truth, decided, weights = labels(seed)
        if names is not None:
            truth, decided = np.array(names)[truth], np.array(names)[decided]
        weight = weights if is_weighted else None
        found = score_of(name)(truth, decided, sample_weight=weight)
        wanted = SCORES[name](truth, decided, sample_weight=weight)
        assert type(found) is float
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_labels_may_have_any_shape_and_any_kind() -> None:
    score, truth = score_of("multiclass_f1"), [[3, -1], [7, 7]]
    wanted = score([3, -1, 7, 7], [3, 7, 7, 7])
    assert wanted == pytest.approx((1 + 0 + 4 / 5) / 3)
    assert score(truth, [[3, 7], [7, 7]]) == wanted
    assert score(np.array(truth, dtype=float), [[3, 7], [7, 7]]) == wanted
    assert score(np.array(["x", "y"], dtype=object), ["x", "y"]) == 1
    assert score([True, False], [1, 0], labels=[0, 1]) == 1
    assert score(2, 2) == 1


def test_labels_name_classes_that_do_not_occur() -> None:
    score = score_of("multiclass_f1")
    assert score([0, 2], [0, 2]) == 1
    assert score([0, 2], [0, 2], labels=[2, 1, 0]) == pytest.approx(2 / 3)
    assert score([], [], labels=["a", "b"], zero_division=1) == 1
    options = {"labels": [0, 1, 2, 3], "average": "macro", "zero_division": 1}
    wanted = sk.f1_score([0, 2, 1], [0, 1, 1], **options)
    del options["average"]
    assert score([0, 2, 1], [0, 1, 1], **options) == pytest.approx(wanted)


@pytest.mark.parametrize("seed", range(40))
def test_where_nothing_is_a_true_negative_weights_do_not_round_to_one(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth, weight = generator.integers(0, 2, 50), generator.random(50)
    metric, options = metric_of("min(specificity)"), {"zero_division": 0.25}
    score = score_of("min(specificity)")
    assert score(0 * truth, 0 * truth, sample_weight=weight, **options) == 0.25
    assert metric.score(0 * truth, 0 * truth, weight, **options) == 0.25
    assert score(truth, 1 - truth, sample_weight=weight, **options) == 0
    assert metric.score(truth, 1 - truth, weight, **options) == 0


@pytest.mark.parametrize("seed", range(40))
def test_weighted_labels_of_one_class_are_0_over_0(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth, weight = generator.integers(0, 4, 40), generator.random(40) * 10.0 ** (seed - 20)
    metric, options = metric_of("multiclass_mcc"), {"zero_division": 0.25}
    for pair in itertools.permutations((truth, truth * 0 + seed % 4)):
        assert score_of("multiclass_mcc")(*pair, sample_weight=weight, **options) == 0.25
        assert metric.score(*pair, weight, **options) == 0.25


REFUSED: list[tuple[tuple[Any, Any], dict[str, Any], str]] = [
    (([0, 1], [[0], [1]]), {}, r"must have the same shape, not \(2,\) and \(2, 1\)"),
    (([0, 1], [[0.1, 0.2, 0.7]] * 2), {}, r"must have the same shape, not \(2,\) and \(2, 3\)"),
    (([0, 1], ["0", "1"]), {}, "labels must be all numbers or all strings"),
    (([0, 1], np.array([0, "1"], dtype=object)), {}, "labels must be all numbers or all strings"),
    (([0, 1], np.array([0, None])), {}, "labels must be all numbers or all strings"),
    (([0, 1], [0.3, 0.7]), {}, "must hold labels, not scores"),
    (([0, 1], [math.nan, 1]), {}, "must hold labels, not scores"),
    (([0, 1], [0, 1]), {"labels": [0, 1, math.nan]}, "must hold labels, not scores"),
    (([0, 1], [0, 3]), {"labels": [0, 1]}, "y_true and y_pred hold 3, which labels lacks"),
    (([0, "a"], [0, "b"]), {"labels": ["a", "b"]}, "hold '0', which labels lacks"),
    (([0, 1], [0, 1]), {"labels": 2}, "hold 0, 1, which labels lacks"),
    (([0, 1], [0, 1]), {"labels": []}, "hold 0, 1, which labels lacks"),
    (([], []), {}, "y_true and y_pred are empty, and labels names no class"),
    (([0, 1], [0, 1]), {"sample_weight": [1, -1]}, "sample_weight must be finite and 0 or more"),
    (([0, 1], [0, 1]), {"sample_weight": [1, math.nan]}, "sample_weight must be finite"),
    (([0, 1], [0, 1]), {"sample_weight": [1, 1, 1]}, r"must fit y_true, not \(3,\) and \(2,\)"),
]


@pytest.mark.parametrize(("arguments", "options", "words"), REFUSED)
def test_what_is_no_decision_is_refused(
    arguments: tuple[Any, Any], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        score_of("multiclass_mcc")(*arguments, **options)


def test_counts_without_classes_are_refused() -> None:
    for counts in ((1, 2, 3, 4), ([], [], [], [])):
        with pytest.raises(ValueError, match="must have the classes on their last axis"):
            from_counts_of("worst_recall")(*counts)
    with pytest.raises(ValueError, match="fn must not be negative"):
        from_counts_of("worst_recall")([1, 1], 1, [-1, 1], 1)
    assert from_counts_of("worst_recall")([1, 3], 0, 1, 0) == 0.5


def test_it_serves_in_make_scorer_and_cross_validation() -> None:
    generator = np.random.default_rng(8)
    points = generator.normal(size=(300, 2))
    classes = np.array(["low", "mid", "high"])[np.digitize(points[:, 0], [-0.4, 0.4])]
    scorer = sk.make_scorer(score_of("multiclass_mcc"), labels=["low", "mid", "high"])
    found = cross_val_score(LogisticRegression(), points, classes, scoring=scorer)
    wanted = cross_val_score(LogisticRegression(), points, classes, scoring="matthews_corrcoef")
    assert found == pytest.approx(wanted)
    never = DummyClassifier(strategy="constant", constant="low").fit(points, classes)
    assert scorer(never, points, classes) == 0


def test_the_emitted_file_reads_as_it_did(golden: Callable[..., None]) -> None:
    text = metricc.compile("multiclass_mcc").source(target="numpy")
    golden(text, "golden", "multiclass_mcc", "numpy.py")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classes")
    for number, text in enumerate(ALL):
        (folder / f"score{number}.py").write_text(metric_of(text).source(target="numpy"))
    return folder


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_emitted_files_pass_ruff_as_emitted(everything: Path, command: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(everything)]
    result = subprocess.run(ruff, capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout[-3000:]

"""The Python API: value, score, source, loss, and what each refuses."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

import metricc


def test_value_of_numbers_is_a_float() -> None:
    value = metricc.compile("f1").value(tp=50, fp=5, fn=10, tn=935)
    assert isinstance(value, float)
    assert value == pytest.approx(100 / 115, rel=1e-15)


def test_values_of_arrays_broadcast() -> None:
    value = metricc.compile("recall").value(tp=np.arange(6).reshape(2, 3), fn=[1, 2, 3])
    assert value.shape == (2, 3)
    assert value.dtype == np.float64
    assert value[1, 2] == 5 / 8


@pytest.mark.parametrize("zero_division", [0.0, 1.0, np.nan])
def test_zero_division_is_what_0_over_0_gives(zero_division: float) -> None:
    value = metricc.compile("f1").value(0, 0, 0, zero_division=zero_division)
    assert value == zero_division or (np.isnan(value) and np.isnan(zero_division))


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="fn must not be negative"):
        metricc.compile("f1").value(tp=1, fp=0, fn=-1)


def test_no_entry_that_the_formula_reads_is_taken_to_be_0() -> None:
    f1, mcc = metricc.compile("f1"), metricc.compile("mcc")
    assert f1.value(tp=1, fp=1, fn=1) == 0.5  # f1 reads no tn
    with pytest.raises(TypeError, match=r"^mcc reads tn: give tn=…$"):
        mcc.value(tp=5, fp=5, fn=10)
    with pytest.raises(TypeError, match=r"^f1 reads fp and fn: give fp=…, fn=…$"):
        f1.value(tp=5, fp=None, tn=3)
    with pytest.raises(TypeError, match=r"^the formula reads fn"):
        metricc.compile("TP/(TP+FN)").value(tp=5)


@pytest.mark.parametrize("given", ["5", "a", [1, None], 1j, [[1], [1, 2]], {"tp": 5}])
def test_counts_that_are_no_numbers_are_refused_by_name(given: Any) -> None:
    with pytest.raises(TypeError, match=r"^tp must be a number or an array of numbers"):
        metricc.compile("f1").value(tp=given, fp=1, fn=1)


@pytest.mark.parametrize(
    "given", [True, 2**70, Fraction(3, 2), [2**70, 1], torch.tensor([1.0], requires_grad=True)]
)
def test_counts_may_be_numbers_of_any_kind(given: Any) -> None:
    value = metricc.compile("recall").value(tp=given, fn=given)
    assert np.all(value == 0.5)


SCORES = {
    "accuracy": sk.accuracy_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "jaccard": sk.jaccard_score,
    "mcc": sk.matthews_corrcoef,
    "kappa": sk.cohen_kappa_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
}


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_score_equals_scikit_learns(name: str, is_weighted: bool) -> None:
    generator = np.random.default_rng(3)
    metric = metricc.compile(name)
    for _ in range(20):
        truth, decided = generator.integers(0, 2, (2, 40))
        weight = generator.random(40) if is_weighted else None
        wanted = SCORES[name](truth, decided, sample_weight=weight)
        assert metric.score(truth, decided, weight) == pytest.approx(wanted, rel=1e-12)


def test_score_takes_bools_and_any_shape() -> None:
    truth = np.array([[True, False], [True, True]])
    assert metricc.compile("recall").score(truth, truth) == 1.0
    assert metricc.compile("accuracy").score([0, 1], [1.0, 1.0]) == 0.5


@pytest.mark.parametrize("labels", [[0.3, 1], [2, 1], [-1, 1], [np.nan, 1]])
def test_score_refuses_what_is_no_hard_decision(labels: list[float]) -> None:
    with pytest.raises(ValueError, match="y_pred must hold hard decisions, 0 or 1"):
        metricc.compile("f1").score([0, 1], labels)


@pytest.mark.parametrize("weight", [[1, -1, 2], [1, np.inf, 1], [1, np.nan, 1]])
@pytest.mark.parametrize("name", ["f1", "multiclass_f1"])
def test_score_refuses_the_weights_that_the_emitted_scorer_refuses(
    name: str, weight: list[float]
) -> None:
    with pytest.raises(ValueError, match="sample_weight must be finite and 0 or more"):
        metricc.compile(name).score([1, 1, 1], [1, 0, 0], sample_weight=weight)


@pytest.mark.parametrize(
    ("formula", "params", "named"),
    [
        ("f1", {}, "multiclass_f1"),
        ("f1_macro", {}, "multiclass_f1"),  # the library says what is meant
        ("recall", {}, "mean(recall)"),
        ("fbeta", {"beta": 2}, "mean(fbeta(beta=2))"),
    ],
)
def test_score_says_what_to_compile_for_several_classes(
    formula: str, params: dict[str, float], named: str
) -> None:
    metric, truth = metricc.compile(formula, params=params), [0, 1, 2]
    words = re.escape(f'metricc.compile("{named}")')
    with pytest.raises(ValueError, match=f"0 or 1, not 2; .*{words}"):
        metric.score(truth, truth)
    with pytest.raises(TypeError, match=f"no keyword `task` .*{words}"):
        metric.score(truth, truth, task="multiclass")
    assert metricc.compile(named).score(truth, truth) == 1


def test_score_says_which_keywords_it_has_for_several_classes() -> None:
    with pytest.raises(TypeError, match="no keyword `average`; it has sample_weight, num_classes"):
        metricc.compile("mean(f1)").score([0, 1], [0, 1], average="macro")


def test_score_takes_tensors_that_require_a_gradient() -> None:
    decided = torch.tensor([1.0, 0.0], dtype=torch.bfloat16, requires_grad=True)
    for name in ("recall", "multiclass_f1"):
        assert metricc.compile(name).score([1, 0], decided, sample_weight=decided + 1) == 1


def test_score_refuses_shapes_that_differ() -> None:
    with pytest.raises(ValueError, match=r"not \(2,\) and \(2, 1\)"):
        metricc.compile("f1").score([0, 1], [[0], [1]])
    with pytest.raises(ValueError, match=r"not \(3,\) and \(2,\)"):
        metricc.compile("f1").score([0, 1], [0, 1], [1, 2, 3])


def test_parameters_of_a_bare_expression_are_given_by_name() -> None:
    metric = metricc.compile("(1+β²)TP / ((1+β²)TP + β²·FN + FP)", params={"beta": 2})
    fbeta = metricc.compile("fbeta", params={"beta": 2})
    counts = {"tp": 5, "fp": 3, "fn": 2, "tn": 9}
    assert metric.value(**counts) == fbeta.value(**counts) == pytest.approx(25 / 36)


def test_library_metrics_serve_inside_formulas() -> None:
    metric = metricc.compile("2*precision*recall/(precision+recall)")
    counts = {"tp": 5, "fp": 3, "fn": 2}
    assert metric.value(**counts) == pytest.approx(metricc.compile("f1").value(**counts))


def test_warnings_are_there_to_read() -> None:
    (warning,) = metricc.compile("(TP + 1)/(TP + FP + FN + 1)").warnings
    assert warning.startswith("warning: not scale-free")
    assert metricc.compile("f1").warnings == ()
    text = "surrogate mine(p, sharpness, threshold) = p^2\nmetric a = f1"
    (warning,) = metricc.compile(text).warnings
    assert "losses cannot take `mine` yet" in warning


@pytest.mark.parametrize("params", [[("beta", 1)], "beta", 5])
def test_parameters_come_as_a_mapping(params: object) -> None:
    with pytest.raises(TypeError, match="params must be a mapping"):
        metricc.compile("fbeta", params=params)


@pytest.mark.parametrize("formula", ["0^TP", "(TP-TP)^FN", "log(0^TP)"])
def test_what_is_singular_everywhere_is_refused(formula: str) -> None:
    with pytest.raises(metricc.MetricError, match="no finite real value"):
        metricc.compile(formula)


def test_only_a_path_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.metric"
    path.write_text("metric mine = TP/(TP+FN)\n", encoding="utf-8")
    assert metricc.compile(path).name == "mine"
    with pytest.raises(metricc.MetricError):
        metricc.compile(str(path))


def test_source_is_the_emitted_text() -> None:
    text = metricc.compile("f1").source(target="torch", surrogate="identity", name="dice")
    assert "class DiceLoss" in text
    assert "sharpness" not in text
    with pytest.raises(metricc.MetricError, match="is 'jax'"):
        metricc.compile("f1").source(target="jax")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sharpnes": 3}, "the loss has no option `sharpnes`"),
        ({"sharpness": -1}, "above 0"),
        ({"sharpness": float("nan")}, "above 0"),
        ({"sharpness": "10"}, "above 0"),
        ({"sharpness": True}, "above 0"),
        ({"sharpness": 10**400}, "above 0"),
        ({"surrogate": 1}, '"sigmoid" or "identity"'),
        ({"threshold": 1.5}, "between 0 and 1"),
        ({"smooth": -0.5}, "0 or more"),
        ({"zero_division": float("nan")}, "a finite number"),
        ({"surrogate": "relu"}, '"sigmoid" or "identity"'),
        ({"direction": "up"}, '"max" or "min"'),
        ({"from_logits": "yes"}, "True or False"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(metricc.MetricError, match=words):
        metricc.compile("f1").loss(**options)


def test_a_metric_without_direction_asks_for_one_only_when_a_loss_is_made() -> None:
    bias = metricc.compile("frequency_bias")
    assert bias.value(tp=1, fp=1, fn=1) == 1.0
    with pytest.raises(metricc.MetricError, match='direction="max" or direction="min"'):
        bias.loss()
    assert bias.loss(direction="min") is not None


@pytest.mark.parametrize(
    ("formula", "direction", "shown", "loss_of"),
    [
        ("f1", None, "1 - M", lambda m: 1 - m),
        ("dor", None, "-M", lambda m: -m),
        ("error_rate", None, "M", lambda m: m),
        ("f1", "min", "M", lambda m: m),
    ],
)
def test_the_loss_is_the_metric_turned_so_that_less_is_better(
    formula: str, direction: str | None, shown: str, loss_of: Callable[[float], float]
) -> None:
    metric = metricc.compile(formula)
    loss = metric.loss(direction=direction, surrogate="identity", from_logits=False)
    assert str(type(loss).__doc__).startswith(f"{shown} of all")
    input = torch.tensor([0.75, 0.5, 0.25, 0.5], dtype=torch.float64)
    value = metric.value(tp=1.25, fp=0.75, fn=0.75, tn=1.25)
    assert float(loss(input, torch.tensor([1, 1, 0, 0]))) == pytest.approx(loss_of(value))


def test_a_metric_pickles_and_shows_its_formula() -> None:
    metric = metricc.compile("fbeta", params={"beta": 2})
    other = pickle.loads(pickle.dumps(metric))
    assert repr(other) == repr(metric)
    assert other.value(tp=5, fp=3, fn=2) == metric.value(tp=5, fp=3, fn=2)
    assert repr(metricc.compile("TP/(TP+FN)")) == "<metricc metric: TP/(TP+FN)>"


def test_a_formula_is_text_or_a_path() -> None:
    with pytest.raises(TypeError, match="not int"):
        metricc.compile(123)


@pytest.mark.parametrize("value", [2, 2.0, np.float64(2), np.int64(2), np.float32(2)])
def test_parameters_may_be_numbers_of_any_kind(value: object) -> None:
    metric = metricc.compile("fbeta", params={"beta": value})
    assert metric.value(tp=5, fp=3, fn=2) == 25 / 36
    assert "--param beta=2" in metric.source()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, True, "2", None, 1j])
def test_parameters_that_are_no_numbers_are_refused(value: object) -> None:
    with pytest.raises(metricc.MetricError, match="finite number"):
        metricc.compile("fbeta", params={"beta": value})


def test_a_value_beyond_float64_is_infinite_without_a_warning() -> None:
    assert metricc.compile("TP^16").value(tp=1e30) == float("inf")

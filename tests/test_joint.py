"""Metrics of several classes: sums over the classes, and a slope for each of them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from oracle import ENTRIES, JOINT, PerClass, joint_exact, joint_plain
from sklearn import metrics as sk

import metricc
from metricc import diagnostics as d
from metricc.evaluate import arrays, run
from metricc.ir.compilation import Compilation
from metricc.ir.program import EXTRAS, Op, Program, walk
from metricc.ir.typed import Term, TypedMetric
from metricc.passes.differentiate import differentiate
from metricc.passes.lower import lower
from metricc.passes.schedule import schedule
from metricc.passes.simplify import simplify
from metricc.passes.stabilize import stabilize
from metricc.targets.printer import Printer

PRINTER = Printer(infix={"quotient": (" / ", 2)})
SIZES = (2, 3, 7)


@cache
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
        "size = sum_over(ap)",
        "size_sq = size * size",
        "s = size_sq - sum_over(ap * ap)",
        "d = sqrt((size_sq - sum_over(pp * pp)) * s)",
        "chance = sum_over(pp * ap)",
        "value = (sum_over(tp) * size - chance) / d",
        "grad_neg = (value * s * pp / d - ap) / d",
        "grad_pos = size / d + grad_neg",
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


def macro(function: Any, average: str) -> Any:
    """A score of scikit-learn over all classes up to the largest label."""

    def score(truth: Any, decided: Any, sample_weight: Any) -> float:
        options: dict[str, Any] = {"average": average, "sample_weight": sample_weight}
        options["labels"] = np.arange(max(*truth, *decided) + 1)
        return float(function(truth, decided, zero_division=0, **options))

    return score


SCORES = {
    "multiclass_mcc": sk.matthews_corrcoef,
    "multiclass_kappa": sk.cohen_kappa_score,
    "multiclass_accuracy": sk.accuracy_score,
    "multiclass_balanced_accuracy": sk.balanced_accuracy_score,
    "multiclass_f1": macro(sk.f1_score, "macro"),
    "frequency_weighted_iou": macro(sk.jaccard_score, "weighted"),
    "mean(precision)": macro(sk.precision_score, "macro"),
    "sum(AP*f1)/sum(AP)": macro(sk.f1_score, "weighted"),
}


def labels(seed: int) -> tuple[Any, Any, Any]:
    """Random labels of up to six classes, some of which may be absent, half of them right."""
    generator = np.random.default_rng(seed)
    size, classes = generator.integers(5, 60), generator.integers(2, 7)
    truth, guess = generator.integers(0, classes, (2, size))
    decided = np.where(generator.random(size) < 0.5, truth, guess)
    return truth, decided, generator.random(size)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_score_equals_scikit_learns(name: str, is_weighted: bool) -> None:
    metric = metricc.compile(name)
    for seed in range(25):
        truth, decided, weights = labels(seed)
        weight = weights if is_weighted else None
        wanted = SCORES[name](truth, decided, sample_weight=weight)
        assert metric.score(truth, decided, weight) == pytest.approx(wanted, rel=1e-10, abs=1e-12)


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_adjusted_balanced_accuracy_equals_scikit_learns() -> None:
    metric = metricc.compile("multiclass_adjusted_balanced_accuracy")
    for seed in range(25):
        truth, decided, weight = labels(seed)
        wanted = sk.balanced_accuracy_score(truth, decided, sample_weight=weight, adjusted=True)
        assert metric.score(truth, decided, weight) == pytest.approx(wanted, rel=1e-10, abs=1e-12)


def test_iou_leaves_out_what_is_in_neither_truth_nor_prediction() -> None:
    truth, decided = [0, 0, 2, 2], [0, 2, 2, 2]
    metric = metricc.compile("multiclass_iou")
    assert metric.score(truth, decided) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert metric.score(truth, decided, num_classes=9) == metric.score(truth, decided)


def test_absent_classes_do_what_their_descriptions_say() -> None:
    truth, decided = [0, 0, 0, 2, 2], [0, 0, 1, 2, 2]
    assert metricc.compile("multiclass_gmean").score(truth, decided) == 0
    assert metricc.compile("worst_recall").score(truth, decided) == 0
    dice = metricc.compile("generalized_dice").score(truth, decided)
    assert dice == pytest.approx(2 * (2 / 9 + 2 / 4) / ((3 + 2) / 9 + (2 + 2) / 4))


def test_generalized_dice_is_that_of_sudre() -> None:
    truth, decided, _ = labels(3)
    hot = [np.eye(7)[x] for x in (truth, decided)]
    present = hot[0].sum(0) > 0
    weight = 1 / hot[0].sum(0)[present] ** 2
    both, sums = ((hot[0] * hot[1]).sum(0)[present], (hot[0] + hot[1]).sum(0)[present])
    wanted = 2 * (weight * both).sum() / (weight * sums).sum()
    assert metricc.compile("generalized_dice").score(truth, decided) == pytest.approx(wanted)


def test_gmean_is_the_root_of_the_product_of_recalls() -> None:
    truth, decided = [0, 0, 1, 1, 1, 2], [0, 1, 1, 1, 0, 2]
    wanted = (1 / 2 * 2 / 3 * 1) ** (1 / 3)
    assert metricc.compile("multiclass_gmean").score(truth, decided) == pytest.approx(wanted)


def test_two_classes_are_the_metric_of_two_classes() -> None:
    truth, decided = np.random.default_rng(2).integers(0, 2, (2, 30))
    for several, one in (
        ("multiclass_mcc", "mcc"),
        ("multiclass_kappa", "kappa"),
        ("multiclass_f1", "f1_macro"),
        ("multiclass_iou", "miou"),
        ("multiclass_gmean", "gmean"),
        ("multiclass_adjusted_balanced_accuracy", "informedness"),
        ("worst_recall", "min_rate"),
    ):
        wanted = metricc.compile(one).score(truth, decided)
        assert metricc.compile(several).score(truth, decided) == pytest.approx(wanted, rel=1e-12)


def test_values_have_the_classes_on_the_last_axis() -> None:
    metric = metricc.compile("multiclass_accuracy")
    value = metric.value(tp=[1, 2, 3], fn=[1, 0, 1])
    assert isinstance(value, float)
    assert value == 6 / 8
    assert metric.value(tp=np.ones((4, 5, 3)), fn=[1, 0, 1]).shape == (4, 5)
    assert metricc.compile("mean(f1)").value(tp=[[1, 2]], fp=3, fn=0).shape == (1,)
    assert metricc.compile("classes + sum(TP)*0").value(tp=[1, 2, 3, 4]) == 4


@pytest.mark.parametrize("tp", [3, [], np.zeros((2, 0))])
def test_values_without_classes_are_refused(tp: Any) -> None:
    with pytest.raises(ValueError, match="one number per class on the last axis"):
        metricc.compile("multiclass_f1").value(tp=tp, fp=0, fn=0)


@pytest.mark.parametrize(
    ("wrong", "found"), [([0.5, 1], "0.5"), ([-1, 1], "-1"), ([np.nan, 1], "nan")]
)
def test_scores_refuse_what_is_no_class(wrong: list[float], found: str) -> None:
    with pytest.raises(ValueError, match=f"y_pred must hold classes, .* not {found}"):
        metricc.compile("multiclass_f1").score([0, 1], wrong)


def test_scores_refuse_words_and_more_classes_than_there_are() -> None:
    metric = metricc.compile("multiclass_f1")
    with pytest.raises(TypeError, match=r"y_true must hold classes, 0, 1, 2 and so on, not"):
        metric.score(["cat", "dog"], [0, 1])
    with pytest.raises(ValueError, match=r"y_true must hold classes, 0, 1, 2 up to 2, not 3"):
        metric.score([0, 3], [0, 1], num_classes=3)
    with pytest.raises(TypeError, match="no keyword `num_classes` for a metric of two classes"):
        metricc.compile("f1").score([0, 1], [0, 1], num_classes=2)


DIRECTIONS = {
    "multiclass_mcc": ("max", False),
    "multiclass_accuracy": ("max", True),
    "1 - mean(f1)": ("min", True),
    "sum(FP)/sum(AP)": ("min", True),
    "mean(recall)*worst_recall": ("max", True),
    "sum(AP)/sum(n)": (None, False),
    "mean(PP/n)": (None, False),
}


@pytest.mark.parametrize("text", DIRECTIONS)
def test_directions_are_found_by_samples(text: str) -> None:
    behaviour = compiled(text).behaviour
    assert (behaviour.direction, behaviour.is_monotone) == DIRECTIONS[text]


def test_what_no_prediction_moves_is_constant() -> None:
    made = compiled("max(AP)/sum(AP)")
    assert made.behaviour.is_constant
    assert [type(w).__name__ for w in made.warnings] == ["IgnoresPredictions"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("multiclass_accuracy", {"0/0": "an empty batch"}),
        ("mean(recall)", {"0/0": "a class without actual positives"}),
        ("mean(f1)", {"0/0": "a class without actual and predicted positives"}),
        ("mean(1/FP)", {"x/0": "a class without false positives"}),
        ("log(mean(TP/AP))", {"log 0": "no correct predictions"}),
        ("multiclass_kappa", {"0/0": "nothing but one class, always right"}),
        ("sum(sqrt(TP))/sqrt(sum(TP + FN))", {"√0": "a class without true positives"}),
        ("exp(sum(FP)/(1 + sum(FP)))", {}),
    ],
)
def test_places_without_a_value_are_found(text: str, kinds: dict[str, str]) -> None:
    found = {place.kind: place.words for place in compiled(text).singularities}
    assert {kind: words for kind, words in found.items() if kind in kinds} == kinds
    assert bool(found) == bool(kinds)


@pytest.mark.parametrize(
    ("text", "kinks"),
    [
        ("mean(recall)", ()),
        ("min(recall)", ("two classes share the smallest value",)),
        ("1 - max(FP)/sum(n)", ("two classes share the largest value",)),
        ("sum(abs(FP - FN))/sum(n)", ("abs turns from one side to the other",)),
        ("sum(sign(AP)*recall)", ()),
    ],
)
def test_kinks_are_found(text: str, kinks: tuple[str, ...]) -> None:
    assert compiled(text).behaviour.kinks == kinks


@pytest.mark.parametrize("name", JOINT)
def test_reports_of_joint_metrics_are_told_whole(name: str) -> None:
    text = metricc.compile(JOINT[name].formula).explain()
    assert "one number per class" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("sum(TP)/sum(AP)", 0),
        ("prod(recall)", 0),
        ("mean(TP)", 1),
        ("min(TP)*max(FP)", 2),
        ("prod(TP)", None),
        ("classes", 0),
    ],
)
def test_reductions_have_degrees(text: str, degree: int | None) -> None:
    assert compiled(text).typed.body.degree == degree


def test_scale_of_a_product_over_classes_is_sampled() -> None:
    assert not compiled("prod(TP)/prod(AP)").typed.warnings
    (warning,) = compiled("prod(TP)").typed.warnings
    assert "batch size" in warning.render()


@pytest.mark.parametrize(
    ("text", "is_warned"),
    [
        ("mean(recall)", True),
        ("mean(PP/AP)", True),
        ("generalized_dice", True),
        ("mean(f1)", False),
        ("multiclass_mcc", False),
        ("multiclass_balanced_accuracy", False),
    ],
)
def test_batches_that_lack_a_class_are_warned_of(text: str, is_warned: bool) -> None:
    found = [w for w in compiled(text).warnings if isinstance(w, d.UndefinedBatch)]
    assert bool(found) == is_warned


def weighted() -> TypedMetric:
    """A sum with a weight per class, as no text can write it."""
    typed = compiled("let w = TN in sum(w*TP)/sum(w*AP)").typed

    def replaced(term: Term) -> Term:
        if term.label == "w":
            return replace(term, value="weight", degree=Fraction(0), label=None)
        return replace(term, args=tuple(map(replaced, term.args)))

    return replace(typed, body=replaced(typed.body))


def test_weights_of_classes_pass_through_all_stages() -> None:
    program = stabilize(schedule(simplify(differentiate(lower(weighted())))))
    assert program.inputs == ("tp", "fn", "weight")
    given = {"tp": [2.0, 1.0], "fn": [2.0, 5.0], "weight": [3.0, 1.0]}
    found = run(program, arrays(np), {name: np.array(x) for name, x in given.items()})
    assert found["value"] == pytest.approx(7 / 18)
    assert found["grad_pos"] == pytest.approx([3 / 18, 1 / 18])
    assert [PRINTER.assign(a) for a in program.value][-1].startswith("value = sum_over(")


def test_parameters_may_be_called_weight_and_lets_like_operators() -> None:
    metric = metricc.compile("let lowest = recall*weight in mean(lowest)", params={"weight": 2})
    assert metric.value(tp=[1, 2], fn=[1, 2]) == 1
    names = {assign.name for assign in metric.compilation.program.assignments}
    assert "lowest" not in names


@pytest.mark.parametrize("word", ["sum", "mean", "prod", "classes"])
def test_words_of_the_language_are_reserved(word: str) -> None:
    with pytest.raises(metricc.MetricError, match="reserved name"):
        metricc.compile(f"let {word} = TP in {word}/n")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("sum(TP)/n", "one number per class"),
        ("recall + min(recall)", "one number per class"),
        ("TP/classes", "one number per class"),
        ("classes + sum(2)", "nothing to reduce"),
        ("mean(mean(recall))", "nothing to reduce"),
        ("mean(multiclass_mcc)", "nothing to reduce"),
        ("min(sum(TP))", "nothing to reduce"),
        ("sum(TP, FP)", "wrong number of arguments"),
        ("mean()/2", "wrong number of arguments"),
        ("1 + mean", "wrong number of arguments"),
        ("sum(x = TP)", "named argument"),
    ],
)
def test_mistakes_of_several_classes_are_told(text: str, title: str) -> None:
    with pytest.raises(metricc.MetricError, match=title):
        metricc.compile(text)


def test_definitions_may_hold_a_number_per_class_for_a_later_one() -> None:
    text = "metric share = (TP + FN)/sum(TP + FN) metric m = sum(share*recall)"
    assert metricc.compile(text).value(tp=[1, 2], fn=[1, 4]) == pytest.approx(3 / 8)


def test_words_may_be_written_in_any_case() -> None:
    assert metricc.compile("Mean(Recall)").value(tp=[1, 2], fn=[1, 2]) == 0.5

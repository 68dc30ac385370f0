"""Which way a metric is better, what bounds it, what swaps do, and whether predictions matter."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import cache
from itertools import product
from math import inf

import mpmath
import oracle
import pytest

import metricc
from metricc.analysis.exact import Exact
from metricc.analysis.fractional import BEST, FORMS, NEITHER, PREVALENCE, form, threshold
from metricc.analysis.monotony import LARGEST_TOTAL, find_witness
from metricc.analysis.sampler import Sampler
from metricc.analysis.symmetry import symmetry
from metricc.ir.behaviour import Behaviour
from metricc.ir.compilation import Compilation

PUBLISHED = {row.name: row for row in oracle.published()}
LINEAR, FRACTIONAL, LINEAR_GIVEN, FRACTIONAL_GIVEN = FORMS
Matrix = tuple[int, int, int, int]


@cache
def compiled(formula: str) -> Compilation:
    """Compile a formula, or a published metric with the parameters of its row."""
    row = PUBLISHED.get(formula)
    return metricc.compile(formula, params=row.parameters if row else None).compilation


def exact(name: str, matrix: Matrix) -> mpmath.mpf | None:
    """Return the published formula's value at TP, TN, FP, FN."""
    row = PUBLISHED[name]
    counts = {e: float(x) for e, x in zip(oracle.ENTRIES, matrix, strict=True)}
    return oracle.exact(row.formula, counts, row.parameters)


def small_matrices(largest: int) -> Iterator[Matrix]:
    for matrix in product(range(largest + 1), repeat=4):
        if 0 < sum(matrix) <= largest:
            yield matrix


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("f1", "max"),
        ("recall", "max"),
        ("fall_out", "min"),
        ("log_dice", "min"),
        ("number_needed_to_diagnose", "min"),
        ("frequency_bias", None),
        ("predicted_positive_rate", None),
        # not monotone, but best at the perfect prediction
        ("optimized_precision", "max"),
        ("bray_curtis", "min"),
        ("doolittle", "max"),
        # scaled and shifted
        ("1e-30*f1", "max"),
        ("-f1", "min"),
        ("1000 - f1", "min"),
    ],
)
def test_direction_is_that_of_a_better_prediction(text: str, direction: str | None) -> None:
    assert compiled(text).behaviour.direction == direction


@pytest.mark.parametrize(
    "text",
    [
        "prevalence",
        "2",
        "TP*0 + 1",
        "sin(TP/TN)^2 + cos(TP/TN)^2",
        "TP/(TP + FN) + FN/(TP + FN)",
        "(TP + FN)*(TN + FP)/total^2",
    ],
)
def test_a_metric_that_no_prediction_changes_is_constant(text: str) -> None:
    behaviour = compiled(text).behaviour
    assert behaviour.is_constant
    assert behaviour.direction is None


@pytest.mark.parametrize(
    ("text", "is_at_most_one"),
    [
        ("f1", True),
        ("mcc", True),
        ("net_benefit", True),
        ("dispersion", True),
        ("dor", False),
        ("lift", False),
        ("f1 + 1e-3", False),
        ("recall + 1/2*specificity", False),
        ("log_dice", False),
        ("distance_index", False),
    ],
)
def test_bounds_are_looked_for_at_the_edges_too(text: str, *, is_at_most_one: bool) -> None:
    assert compiled(text).behaviour.is_at_most_one == is_at_most_one


@pytest.mark.parametrize(
    "text", ["sin((TP/FP)^16*(TN/FN)^16)", "exp(exp(TP/FP))*TN", "exp(TP)^16*exp(TN)^16*FN"]
)
def test_what_overflows_is_no_sample(text: str) -> None:
    assert isinstance(compiled(text).behaviour, Behaviour)


def test_the_same_formula_always_gives_the_same_answer() -> None:
    first = compiled("optimized_precision")
    again = compiled("let x = optimized_precision in x")
    assert first.behaviour == again.behaviour


@pytest.mark.parametrize(
    ("formula", "classes", "truth", "opposite"),
    [
        ("f1", "another metric", "m, the same value", "another metric"),
        ("mcc", "m, the same value", "m, the same value", "-m"),
        ("kappa", "m, the same value", "m, the same value", "another metric"),
        ("accuracy", "m, the same value", "m, the same value", "1 - m"),
        ("jaccard", "another metric", "m, the same value", "another metric"),
        ("gmean", "m, the same value", "another metric", "another metric"),
        ("balanced_accuracy", "m, the same value", "another metric", "1 - m"),
        ("informedness", "m, the same value", "another metric", "-m"),
        ("markedness", "m, the same value", "another metric", "-m"),
        ("recall", "another metric", "another metric", "1 - m"),
        ("dor", "m, the same value", "m, the same value", "1/m"),
        ("log_dor", "m, the same value", "m, the same value", "-m"),
        ("frequency_bias", "another metric", "1/m", "another metric"),
        ("TP/(TP+FN) - TN/(TN+FP)", "-m", "another metric", "-m"),
        ("precision*recall", "another metric", "m, the same value", "another metric"),
        ("doolittle", "m, the same value", "m, the same value", "m, the same value"),
    ],
)
def test_swaps(formula: str, classes: str, truth: str, opposite: str) -> None:
    found = symmetry(compiled(formula).typed)
    assert list(found.values()) == [classes, truth, opposite]


@pytest.mark.parametrize(
    ("formula", "expected", "best"),
    [
        ("accuracy", LINEAR, "1/2"),
        ("(3*TP + TN - FP)/n", LINEAR, "2/5"),
        ("f1", FRACTIONAL, "best/2"),
        ("TP/(TP + FP + FN)", FRACTIONAL, "best/(best + 1)"),
        ("f2", FRACTIONAL, "best/5"),
        ("precision", FRACTIONAL, "best"),
        ("recall", FRACTIONAL, "0"),
        ("specificity", FRACTIONAL, "1"),
        ("2*precision*recall/(precision + recall)", FRACTIONAL, "best/2"),
        ("1 - f1", FRACTIONAL, "1/2 - best/2"),
        ("balanced_accuracy", LINEAR_GIVEN, "prevalence"),
        ("informedness", LINEAR_GIVEN, "prevalence"),
        ("lift", FRACTIONAL_GIVEN, "best*prevalence"),
        ("kappa", FRACTIONAL_GIVEN, "best/2 + prevalence - best*prevalence"),
        ("sqrt((TP/n)^2)", LINEAR, None),
        ("mcc", NEITHER, None),
        ("gmean", NEITHER, None),
        ("f1_macro", NEITHER, None),
        ("min_rate", NEITHER, None),
        ("log_dor", NEITHER, None),
        ("TP/((TP + 2*FN - FP)^16*(TN + FP - 3*FN)^16) + 1/FP", NEITHER, None),
    ],
)
def test_forms_and_their_best_thresholds(formula: str, expected: str, best: str | None) -> None:
    made = compiled(formula)
    assert form(made.typed) == expected
    if expected != NEITHER:
        found = threshold(made.symbolic)
        at = {BEST: 0.3, PREVALENCE: 0.2}
        wanted = None if best is None else oracle.evaluate(best, {"best": 0.3, "prevalence": 0.2})
        assert (found is None) == (best is None)
        assert found is None or float(found.subs(at)) == pytest.approx(wanted)


WITH_THRESHOLD = [
    name
    for name in sorted(PUBLISHED)
    if form(compiled(name).typed) != NEITHER and PUBLISHED[name].direction in ("max", "min")
]


def expected(name: str, decided: tuple[int, ...], probs: list[float]) -> float:
    """Return the metric of a classifier, from its entries on average."""
    row, pairs = PUBLISHED[name], list(zip(decided, probs, strict=True))
    entries = {
        "TP": sum(p for a, p in pairs if a),
        "TN": sum(1 - p for a, p in pairs if not a),
        "FP": sum(1 - p for a, p in pairs if a),
        "FN": sum(p for a, p in pairs if not a),
    }
    return oracle.evaluate(row.formula, {**row.parameters, **entries})


@pytest.mark.parametrize("name", WITH_THRESHOLD)
def test_the_best_of_all_classifiers_is_the_threshold(name: str) -> None:
    """All 2⁹ classifiers of nine kinds of samples, each with its own P(y=1|x)."""
    made = compiled(name)
    formula = threshold(made.symbolic)
    if formula is None or made.behaviour.witness or not made.behaviour.is_monotone:
        pytest.skip("nothing is claimed")
    generator = random.Random(7)
    probs = sorted(generator.uniform(0.05, 0.95) for _ in range(9))
    sign = 1 if made.behaviour.direction == "max" else -1
    values = {}
    for decided in product((0, 1), repeat=len(probs)):
        with suppress(ZeroDivisionError):
            values[decided] = sign * expected(name, decided, probs)
    best = max(values.values())
    share = sum(probs) / len(probs)
    delta = float(formula.subs({BEST: sign * best, PREVALENCE: share}))
    around = [tuple(int(p > delta + slack) for p in probs) for slack in (1e-9, -1e-9)]  # ties
    assert max(values.get(decided, -inf) for decided in around) == pytest.approx(best, abs=1e-9)


# monotony, bounds, sides


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_witnesses_are_true_and_nothing_is_called_monotone_that_is_not(name: str) -> None:
    behaviour = compiled(name).behaviour
    if behaviour.direction is None:
        return
    sign = 1 if behaviour.direction == "max" else -1
    found = behaviour.witness
    if found is not None:
        before, after = found.before, found.after
        moved = [b - a for a, b in zip(before, after, strict=True)]
        assert moved in ([1, 0, 0, -1], [0, 1, -1, 0])
        first, second = exact(name, before), exact(name, after)
        assert sign * (first - second) > 1e-9
        assert found.values == (pytest.approx(float(first)), pytest.approx(float(second)))
        return
    for tp, tn, fp, fn in small_matrices(6):
        value = exact(name, (tp, tn, fp, fn))
        for after in ((tp + 1, tn, fp, fn - 1), (tp, tn + 1, fp - 1, fn)):
            if min(after) >= 0 and value is not None and (better := exact(name, after)) is not None:
                assert sign * (better - value) >= -1e-12


def test_a_witness_of_many_samples_is_found_too() -> None:
    made = compiled("accuracy - 9*max(0, min(TP/n - 0.93, 0.99 - TP/n))")  # 11/12 is below 0.93
    sampler, exact_value = Sampler(made.typed, made.program), Exact(made.typed)
    found = find_witness(sampler, exact_value, "max", made.singularities)
    assert found is not None
    assert sum(found.before) > LARGEST_TOTAL
    assert found.values[0] > found.values[1]


def test_a_witness_in_fractions() -> None:
    found = compiled("doolittle").behaviour.witness
    assert found is not None
    values = []
    for matrix in (found.before, found.after):
        tp, tn, fp, fn = map(Fraction, matrix)
        values.append((tp * tn - fp * fn) ** 2 / ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))
    assert values == [1, Fraction(1, 4)]


@pytest.mark.parametrize(
    ("formula", "sides"),
    [
        ("f1", ()),
        ("mcc", ()),
        ("gmean", ()),
        ("tanh(dor)", ()),
        ("dor", ("above",)),
        ("log_dor", ("above", "below")),
        ("log_dor_ha", ("above", "below")),
        ("-dor", ("below",)),
        ("1/informedness", ("above", "below")),
        ("1/informedness^2", ("above",)),
        ("sqrt(TP/FN)", ("above",)),
        ("hss1", ("below",)),
        ("TP", ("above",)),
        ("1/(1 + 1/(TP*TN - FP*FN)^2)", ()),
    ],
)
def test_sides_without_a_bound(formula: str, sides: tuple[str, ...]) -> None:
    assert compiled(formula).behaviour.unbounded == sides


@pytest.mark.parametrize(
    ("formula", "poor"),
    [
        ("recall", "calling everything positive"),
        ("miss_rate", "calling everything positive"),
        ("specificity", "calling everything negative"),
        ("precision", "a single positive that is sure"),
        ("negative_predictive_value", "a single negative that is sure"),
        ("yule_q", "a single positive that is sure"),
        ("f1", ""),
        ("mcc", ""),
        ("gmean", ""),
        ("accuracy", ""),
        ("dor", ""),
    ],
)
def test_one_sided_metrics(formula: str, poor: str) -> None:
    assert compiled(formula).behaviour.one_sided == poor


@pytest.mark.parametrize(
    ("formula", "kinks"),
    [
        ("min_rate", ("TP*FP = TN*FN",)),
        ("abs(TP - 2*FN)/n", ("TP = 2*FN",)),
        ("clamp(TP/n, 1/4, 1/2)", ("3*TP = TN + FP + FN", "TP = TN + FP + FN")),
        ("abs(TP)/n", ()),
        ("max(AP, AN)/n", ()),
        ("f1", ()),
    ],
)
def test_kinks_are_told_as_equations(formula: str, kinks: tuple[str, ...]) -> None:
    assert compiled(formula).behaviour.kinks == kinks

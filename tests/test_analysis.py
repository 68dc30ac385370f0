"""Which way a metric is better, whether 1 bounds it, whether predictions matter."""

from __future__ import annotations

import pytest
from test_differentiate import compiled

from metricc.analysis import Behaviour


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

"""Where formulas have no value, in the field's words; and that nothing is said without ground."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

import mpmath as mp
import pytest
from hypothesis import HealthCheck, given, settings
from test_differentiate import (
    FORMULAS,
    LIBRARY,
    UndefinedError,
    _sixty_digits,  # noqa: F401 - a fixture
    compiled,
    exact,
    formula_at,
)
from test_schedule import compiled_if_it_can, formulas

from metricc.analysis.singularities import SURFACE, WORDS, find_singularities
from metricc.ir.behaviour import Singularity
from metricc.ir.compilation import Compilation
from metricc.ir.typed import ENTRIES


def found(text: str) -> list[tuple[str, str]]:
    singularities = find_singularities(compiled(text).symbolic)
    return [(s.kind, s.equation or s.words) for s in singularities]


def on_face(compilation: Compilation, face: tuple[str, ...], seed: int) -> dict[str, Any]:
    generator = random.Random(seed)
    point = {e.lower(): mp.mpf(10) ** generator.uniform(-1, 2) for e in ENTRIES}
    point |= {entry.lower(): mp.mpf(0) for entry in face}
    return point | {p.name: exact(p.default) for p in compilation.typed.parameters}


def is_defined(compilation: Compilation, point: dict[str, Any]) -> bool:
    try:
        formula_at(compilation.typed.body, point)
    except UndefinedError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f1", [("0/0", "no actual and no predicted positives")]),
        ("fbeta", [("0/0", "no actual and no predicted positives")]),
        ("tversky", [("0/0", "no actual and no predicted positives")]),
        ("precision", [("0/0", "no predicted positives")]),
        ("accuracy", [("0/0", "an empty batch")]),
        ("frequency_bias", [("x/0", "no actual positives")]),
        ("1/(TP + FN)", [("x/0", "no actual positives")]),
        ("balanced_accuracy", [("0/0", "no actual positives, or no actual negatives")]),
        (
            "mcc",
            [
                (
                    kind,
                    "no predicted positives, or no actual positives, or no actual negatives,"
                    " or no predicted negatives",
                )
                for kind in ("√0", "0/0")
            ],
        ),
        (
            "gmean",
            [
                ("0/0", "no actual positives, or no actual negatives"),
                ("√0", "no true positives, or no true negatives"),
            ],
        ),
        ("dor", [("x/0", "no false positives, or no false negatives")]),
        (
            "log_dor",
            [
                ("x/0", "no false positives, or no false negatives"),
                ("log 0", "no true positives, or no true negatives"),
            ],
        ),
        (
            "number_needed_to_diagnose",
            [
                ("0/0", "no actual positives, or no actual negatives"),
                ("x/0", "TP*TN = FP*FN"),
            ],
        ),
        (
            "focal_tversky",
            [("0/0", "no actual and no predicted positives"), ("0^c", "no errors")],
        ),
        (
            "distance_index",
            [("0/0", "no actual positives, or no actual negatives"), ("√0", "no errors")],
        ),
        (
            "scott_pi",
            [
                (
                    "0/0",
                    "no actual and no predicted positives, or no actual and no predicted negatives",
                )
            ],
        ),
        ("log_dor_ha", []),
        ("TP*TN - FP", []),
    ],
)
def test_singular_places_are_said_in_the_words_of_the_field(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/(TP/(TP + FN))", [("0/0", "no actual positives"), ("x/0", "no true positives")]),
        (
            "log(TP/TN)/FP",
            [("x/0", "no true negatives, or no false positives"), ("log 0", "no true positives")],
        ),
        (
            "1/(1 - TP/(TP + FP))",
            [("0/0", "no predicted positives"), ("x/0", "no false positives")],
        ),
        (
            "1/sqrt(TP*FN)",
            [
                ("√0", "no true positives, or no false negatives"),
                ("x/0", "no true positives, or no false negatives"),
            ],
        ),
        ("TP/max(TP, FN)", [("0/0", "no actual positives")]),
        ("TP/min(TP, FN)", [("0/0", "no true positives"), ("x/0", "no false negatives")]),
        ("TP/(exp(FN/n) - 1)", [("0/0", "an empty batch"), ("x/0", "no false negatives")]),
        ("xlogx(TP/TN)", [("x/0", "no true negatives"), ("log 0", "no true positives")]),
        ("cbrt(TP - FN)", [("∛0", "TP = FN")]),
        ("(TP/n)^1.5 + (FN/n)^-0.5", [("0/0", "an empty batch"), ("x/0", "no false negatives")]),
        ("asin(TP/(TP + FN))", [("0/0", "no actual positives"), ("asin 1", "no false negatives")]),
        (
            "TP/log(TP/(TP + FN))",
            [
                ("0/0", "no actual positives"),
                ("x/0", "no false negatives"),
                ("log 0", "no true positives"),
            ],
        ),
        ("1/(TP - 2*FN)^2", [("x/0", "TP = 2*FN")]),
        (
            "1/(sqrt(TP*TN) - sqrt(FP*FN))",
            [
                (
                    "√0",
                    "no true positives, or no true negatives, or no false positives,"
                    " or no false negatives",
                ),
                ("x/0", "sqrt(TP*TN) = sqrt(FP*FN)"),
            ],
        ),
        ("1/sin(TP/TN)", [("x/0", "no true negatives"), ("x/0", "sin(TP/TN) = 0")]),
        ("TP/(TP^2 - TP*FN + FN^2)", [("0/0", "no actual positives")]),
        ("sqrt(-TP) + log(FN - n)", [("√0", "everywhere"), ("log 0", "everywhere")]),
        ("sqrt(AP)*xlogx(AN)/n", [("0/0", "an empty batch")]),
        ("(TP - FN)^1.5", [("0^c", "TP = FN")]),
        ("metric f(w = 0) = TP/(TP + w*FN)", [("0/0", "no true positives")]),
        ("metric f(k: count = 1) = TP/(TP + FN + k)", []),
    ],
)
def test_what_is_inside_is_followed_through(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_faces_are_named_by_their_entries() -> None:
    (singularity,) = find_singularities(compiled("f1_macro").symbolic)
    assert singularity == Singularity(
        "0/0",
        (("TP", "FP", "FN"), ("TN", "FP", "FN")),
        "no actual and no predicted positives, or no actual and no predicted negatives",
    )


def test_a_surface_has_an_equation_and_no_face() -> None:
    (singularity,) = find_singularities(compiled("1/(TP*TN - FP*FN)").symbolic)
    assert singularity == Singularity("x/0", (), SURFACE, "TP*TN = FP*FN")


def test_there_are_words_for_every_face() -> None:
    faces = {frozenset(face) for size in range(5) for face in combinations(ENTRIES, size)}
    assert WORDS.keys() == faces
    assert len(set(WORDS.values())) == len(faces)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_formula_has_no_value_or_slope_on_the_faces_that_are_named(name: str) -> None:
    compilation = compiled(FORMULAS[name])
    for singularity in find_singularities(compilation.symbolic):
        for face in singularity.faces:
            assert not is_defined(compilation, on_face(compilation, face, seed=1))


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library_is_singular_nowhere_else(name: str) -> None:
    compilation = compiled(name)
    singularities = find_singularities(compilation.symbolic)
    named = {frozenset(face) for s in singularities for face in s.faces}
    has_surface = any(s.equation for s in singularities)
    for size in range(5):
        for face in combinations(ENTRIES, size):
            is_named = any(known <= frozenset(face) for known in named)
            is_regular = is_defined(compilation, on_face(compilation, face, seed=2))
            assert is_regular != is_named or (has_surface and face)


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(formulas())
def test_random_formulas_with_faces_alone_are_finite_inside(text: str) -> None:
    compilation = compiled_if_it_can(text)
    singularities = find_singularities(compilation.symbolic)
    faces = {face for s in singularities for face in s.faces}
    for face in faces:
        assert not is_defined(compilation, on_face(compilation, face, seed=3))
    if all(s.equation is None for s in singularities) and () not in faces:
        assert all(is_defined(compilation, on_face(compilation, (), seed)) for seed in range(5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/(TP/n + " * 40 + "1" + ")" * 40 + " + 1/FP", ["an empty batch", "no false positives"]),
        ("TP/((TP + 2*FN - FP)^16*(TN + FP - 3*FN)^16) + 1/FP", ["no false positives"]),
    ],
    ids=["a continued fraction", "powers of differences"],
)
def test_nothing_is_said_of_what_is_too_large(text: str, expected: list[str]) -> None:
    assert [words for _, words in found(text)] == expected

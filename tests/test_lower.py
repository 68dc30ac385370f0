"""From the typed formula to sympy, with every singular place whole."""

from __future__ import annotations

import pytest
import sympy as sp
from test_differentiate import compiled

from metricc import MetricError
from metricc.ir.symbolic import ENTRY, MARGINAL, Symbolic, expanded_size

TP, TN, FP, FN = (ENTRY[name] for name in ("TP", "TN", "FP", "FN"))


def lowered(text: str) -> Symbolic:
    return compiled(text).symbolic


def shown(text: str) -> list[str]:
    return [f"{b.op}({', '.join(map(str, b.args))})" for b in lowered(text).bindings]


@pytest.mark.parametrize(
    ("text", "bindings"),
    [
        ("TP/TP", ["quotient(TP, TP)"]),
        ("sqrt(TP*TN)", ["sqrt(TN*TP)"]),
        ("sqrt(TP^2)", ["sqrt(TP**2)"]),
        ("TP/(TP + FN)", ["quotient(TP, AP)"]),
        ("TP/3", []),
        ("TP^3", []),
        ("TP^-2", ["quotient(1, TP**2)"]),
        ("TP^0.5", ["sqrt(TP)"]),
        ("TP^1.5", ["power(TP, 3/2)"]),
        ("log2(TP)", ["log(TP)"]),
        ("min(TP, TN, FP)", ["min(TP, TN)", "min(v001, FP)"]),
        ("clamp(TP, 0, 1)", ["clamp(TP, 0, 1)"]),
        ("clamp(TP, FN, 1)", ["max(TP, FN)", "min(v001, 1)"]),
        ("TP/TN + (TP/TN)^2", ["quotient(TP, TN)"]),
    ],
)
def test_what_can_be_singular_is_bound_whole_and_once(text: str, bindings: list[str]) -> None:
    assert shown(text) == bindings


@pytest.mark.parametrize(
    ("text", "bindings"),
    [
        ("log(1 + TP)", ["log1p(TP)"]),
        ("log(1 - TP/n)", ["quotient(TP, N)", "log1p(-v001)"]),
        ("log10(TP + 1)", ["log1p(TP)"]),
        ("log(2 + TP)", ["log(TP + 2)"]),
    ],
)
def test_the_logarithm_of_one_plus_something_small_keeps_its_digits(
    text: str, bindings: list[str]
) -> None:
    assert shown(text) == bindings


def test_marginals_are_found_in_sums_of_entries() -> None:
    assert (
        lowered("(TP + FN)*(FN + TN)").value
        == MARGINAL["actual_positives"] * (MARGINAL["predicted_negatives"])
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("TP*cbrt(-8)", -2 * TP),
        ("TP + xlogx(0)", TP),
        ("TP*sigmoid(0)", TP / 2),
        ("TP*normal_cdf(0)", TP / 2),
        ("TP*clamp(5, 1/4, 3)", 3 * TP),
        ("TP*max(1/3, 0.5)", TP / 2),
        ("TP*log10(100)", TP * sp.log(100) / sp.log(10)),
        ("TP*log1p(1)", TP * sp.log(2)),
    ],
)
def test_constants_are_evaluated_at_once(text: str, value: sp.Expr) -> None:
    assert lowered(text).value == value


@pytest.mark.parametrize(
    "text", ["TP/0", "TP/(TN - TN)", "TP/(log(6) - log(2) - log(3))", "TP*log(0)", "asin(2)*TP"]
)
def test_a_constant_without_a_value_is_a_mistake(text: str) -> None:
    with pytest.raises(MetricError):
        compiled(text)


def test_let_names_are_kept_for_the_expressions_they_name() -> None:
    symbolic = lowered("let se = TP/(TP + FN) in let half = 1/2 in se*half")
    assert symbolic.labels == ((symbolic.bindings[0].symbol, "se"),)


@pytest.mark.parametrize(
    ("expr", "size"),
    [
        (TP, 1),
        (TP + FN, 2),
        ((TP + FN) * (TP + FP + 1), 6),
        ((TP + FN) ** 3, 4),
        ((TP + FN + FP + TN) ** 16, 969),
        (((TP + FN) ** 16) ** 16, 257),
    ],
)
def test_the_size_of_an_expansion_is_known_without_expanding(expr: sp.Expr, size: int) -> None:
    assert expanded_size(expr) == size

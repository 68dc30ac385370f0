"""What explain says, against numbers that share no code with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache

import oracle
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from shelves import TWO_CLASSES
from test_analysis import PUBLISHED, compiled, exact
from test_properties import quick, scale_free

import metricc
from metricc import diagnostics as d
from metricc.cli import cli
from metricc.explain import explain
from metricc.explain.notation import Notation
from metricc.frontend.check import check
from metricc.frontend.parse import parse
from metricc.frontend.values import NoValueError, evaluate, real
from metricc.library import load_library
from metricc.source import Source

LIBRARY = sorted(TWO_CLASSES)
GOLDEN = {
    "f1": "f1",
    "mcc": "mcc",
    "gmean": "gmean",
    "inverse_informedness": "1/informedness",
    "doolittle": "doolittle",
    "log_odds_ratio": "log((TP+1/2)*(TN+1/2) / ((FP+1/2)*(FN+1/2)))",
}


@cache
def report(formula: str) -> str:
    return explain(compiled(formula))


@pytest.mark.parametrize("name", GOLDEN)
def test_report_is_the_golden_one(name: str, golden: Callable[..., None]) -> None:
    golden(report(GOLDEN[name]), "golden", "explain", f"{name}.txt")


@pytest.mark.parametrize("name", sorted(load_library().metrics))
def test_every_metric_of_the_library_is_explained_within_a_terminals_width(name: str) -> None:
    text = report(name)
    assert max(map(len, text.splitlines())) <= 100
    assert all(line == line.rstrip() for line in text.splitlines())
    assert not re.search(r"\bv\d{3}\b|Symbol|parameter |None", text)
    program = compiled(name).program
    assert f"operations    {program.operations()}: " in text


@settings(quick, max_examples=12)
@given(scale_free)
def test_random_formulas_are_explained(formula: str) -> None:
    text = report(formula)
    assert "\nwarnings\n" in text
    assert "not scale-free" not in text


@pytest.mark.parametrize(
    "formula", ["2", "TP", "prevalence", "TP/(TP + FN + 1)", "sqrt(-TP)", "TP^w", "min(TP, FN, 3)"]
)
def test_odd_formulas_are_explained(formula: str) -> None:
    result = CliRunner().invoke(cli, ["explain", formula, *(["--param", "w=2"] * ("w" in formula))])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(formula)


def test_python_says_what_the_command_line_says() -> None:
    result = CliRunner().invoke(cli, ["explain", "fbeta", "--param", "beta=2"])
    assert result.output == metricc.compile("fbeta", params={"beta": 2}).explain()
    assert "beta = 2" in result.output
    assert "the threshold is best/5," in result.output


# warnings


@pytest.mark.parametrize("name", ["f1", "fbeta", "accuracy", "jaccard", "kappa", "p4"])
def test_compile_does_not_warn_of_metrics_that_every_batch_has(name: str) -> None:
    assert compiled(name).warnings == ()


@pytest.mark.parametrize("name", ["mcc", "gmean", "balanced_accuracy", "informedness"])
def test_compile_warns_of_batches_of_one_class_and_of_nothing_else(name: str) -> None:
    warning = compiled(name).warnings[0]
    assert len(compiled(name).warnings) == 1
    assert isinstance(warning, d.UndefinedBatch)
    assert warning.missing == "positives or negatives"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("recall", [d.OneSided, d.UndefinedBatch]),
        ("prevalence", [d.IgnoresPredictions]),
        ("doolittle", [d.NotMonotone, d.UndefinedBatch]),
        ("log_dor_ha", [d.NotScaleFree, d.Unbounded]),
        ("1/informedness", [d.NotMonotone, d.Unbounded, d.UndefinedBatch]),
        ("min_rate", [d.Kinked, d.UndefinedBatch]),
        ("frequency_bias", [d.Unbounded, d.UndefinedBatch]),
        ("log_dor", [d.Unbounded, d.UndefinedBatch]),
    ],
)
def test_compile_warns_once(formula: str, expected: list[type[d.Diagnostic]]) -> None:
    assert [type(warning) for warning in compiled(formula).warnings] == expected


def test_warnings_go_to_stderr_and_the_module_to_stdout() -> None:
    result = CliRunner().invoke(cli, ["compile", "doolittle"])
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: not monotone\n  --> agreement.metric:")
    assert result.stdout.startswith("# made by metricc")


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_batch_of_one_class_is_called_undefined_where_the_formula_is(name: str) -> None:
    text = report(name)
    if compiled(name).behaviour.is_constant:
        return
    for missing, matrix in {"positives": (0, 7, 3, 0), "negatives": (7, 0, 0, 3)}.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"  no actual {missing} ")]
        assert ("(undefined)" in line) == (exact(name, matrix) is None)


TABLE = re.compile(r"^  TP=(\d+) TN=(\d+) FP=(\d+) FN=(\d+) +(\S+)  ", re.MULTILINE)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_what_is_said_of_singular_places_follows_the_policy(name: str) -> None:
    row = PUBLISHED[name]
    for *matrix, value in TABLE.findall(report(name)):
        counts = dict(zip(oracle.ENTRIES, map(float, matrix), strict=True))
        wanted = float(oracle.by_policy(row.formula, counts, row.parameters, 0.0))
        assert float(value) == pytest.approx(wanted, rel=1e-3)


# the notation


def test_terms_stand_in_the_fields_order() -> None:
    text = report("mcc")
    assert "m = (TP*TN - FP*FN)/u" in text
    assert "u = sqrt(AP*AN*PP*PN)" in text
    assert "grad_pos  TN/u + FP/u + m/(2*PN) - m/(2*PP)  →" in text


@pytest.mark.parametrize("name", LIBRARY)
def test_what_is_shown_can_be_compiled_and_is_the_slope(name: str) -> None:
    """The text of the last slopes, its letters defined as shown, has the slopes' values."""
    made = compiled(name)
    notation = Notation(made.gradient)
    lets = [notation.definition(binding) for binding in made.gradient.bindings]
    counts = {"TP": real(7), "TN": real(11), "FP": real(3), "FN": real(Fraction(5, 2))}
    given = {p.name: real(p.default) for p in made.typed.parameters}
    heads = ", ".join(f"{p.name} = {float(p.default)}" for p in made.typed.parameters)
    for slope, tp, fp in ((made.gradient.grad_pos, 1, 0), (made.gradient.grad_neg, 0, 1)):
        body = "".join(f"let {let} in " for let in lets) + notation.text(slope)
        text = f"metric shown({heads}) = {body}" if heads else f"metric shown = {body}"
        shown = check(parse(Source("text", text)), load_library(), {}).body
        value = evaluate(shown, {**counts, **given}, {})
        small = real(Fraction(1, 10**15))
        ends = []
        for step in (small, -small):
            moved = {
                "TP": counts["TP"] + tp * step,
                "FN": counts["FN"] - tp * step,
                "FP": counts["FP"] + fp * step,
                "TN": counts["TN"] - fp * step,
            }
            ends.append(evaluate(made.typed.body, {**moved, **given}, {}))
        difference = (ends[0] - ends[1]) / (2 * small)
        assert abs(value - difference) <= 1e-20 * max(1, abs(difference))


def test_places_that_were_not_found_are_not_denied() -> None:
    text = " ".join(report("TP/((TP + 2*FN - FP)^16*(TN + FP - 3*FN)^16)").split())
    assert "too large to tell where it has no value; it has none, for example, at TP=1 TN=0" in text
    assert "none: it has a value" not in text
    assert "none: it has a value and finite slopes for every batch" in report("log_dor_ha")


def test_no_value_is_no_crash() -> None:
    with pytest.raises(NoValueError):
        evaluate(compiled("1/TP").typed.body, {"TP": real(0)}, {})
    assert "singular places" in report("1/TP")


ONE_SIDED = {
    "precision": [
        "beside TP=0 TN=10 FP=0 FN=10 the value is 1 as the decision on a positive moves"
    ],
    "f1": [],
    "mcc": [],
    "FP/(FP + FN)": [
        "beside TP=10 TN=10 FP=0 FN=0 the value is 1 as the decision on a negative moves"
    ],
}


@pytest.mark.parametrize("formula", ONE_SIDED)
def test_limits_from_one_side_that_are_not_the_policys_are_told(formula: str) -> None:
    lines = metricc.compile(formula).explain().splitlines()
    assert [line.strip() for line in lines if "decision on a" in line] == ONE_SIDED[formula]

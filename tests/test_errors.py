"""The picture of every mistake, beside the text that makes it, in tests/errors."""

from __future__ import annotations

import os
import pickle
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import metricc
from metricc import diagnostics as d
from metricc.analysis.warnings import find_warnings
from metricc.cli import cli
from metricc.compiler import emit
from metricc.formats import read_notation, render
from metricc.frontend.check import check
from metricc.frontend.parse import parse
from metricc.ir.derivation import Derivation, DerivationStep, Equation
from metricc.ir.program import Ref
from metricc.library import load_library
from metricc.reader import read_source
from metricc.source import Source
from metricc.targets.options import LossOptions

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = sorted(Path(__file__).parent.glob("errors/*.metric"))


def diagnose(source: Source) -> tuple[d.Diagnostic, ...]:
    """Return the mistake in a text, or else its warnings."""
    try:
        return check(parse(source), load_library(), {}).warnings
    except d.MetricError as error:
        return (error.diagnostic,)


def picture(text: str) -> str:
    (diagnostic,) = diagnose(Source("text", text))
    return diagnostic.render()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_text_gives_the_picture_beside_it(path: Path, golden: Callable[..., None]) -> None:
    (diagnostic,) = diagnose(read_source(path))
    golden(diagnostic.render() + "\n", "errors", f"{path.stem}.err")


def run(*words: str) -> None:
    """Run the command line, its mistake raised."""
    result = CliRunner().invoke(cli, words)
    if result.exception is not None:
        raise result.exception


def write_into_a_file_of_the_user() -> None:
    Path("notes.py").write_text("# mine\n")
    run("compile", "f1", "-o", "notes.py")


def write_into_a_folder_that_is_missing() -> None:
    run("compile", "f1", "-o", "losses/f1.py")


def read_a_file_that_is_not_text() -> None:
    Path("picture.metric").write_bytes(b"\x89PNG\r\n")
    metricc.compile(Path("picture.metric"))


def check_a_file_of_the_user() -> None:
    Path("notes.py").write_text("# mine\n")
    run("check", "notes.py")


def build_a_loss_without_torch() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torch", None)
        metricc.compile("f1").loss()


SIGNED = Derivation("", "P", (DerivationStep("", (Equation(Ref("m"), (Ref("P"),)),)),))


def write_with_signs(line: str, format: str = "html") -> None:
    Path("signs.toml").write_text(line, encoding="utf-8")
    render(SIGNED, format, notation=read_notation(Path("signs.toml"), ("beta", "b")))


LOGS = " + ".join(f"log(1 + TP/(TP + {i}*FN + {i * i}*FP))" for i in range(1, 40))
MISUSES: dict[str, tuple[type[d.Diagnostic], Callable[[], object]]] = {
    "wrong_value": (d.WrongValue, lambda: metricc.compile("f1").source(sharpness=-1)),
    "wrong_value_of_parameter": (
        d.WrongValue,
        lambda: metricc.compile("fbeta", params={"beta": float("inf")}),
    ),
    "unknown_option": (d.UnknownOption, lambda: metricc.compile("f1").source(sharpnes=20)),
    "unknown_parameter_of_metric": (
        d.UnknownArgument,
        lambda: metricc.compile("fbeta", params={"bta": 2}),
    ),
    "unknown_parameter_of_formula": (
        d.UnknownArgument,
        lambda: metricc.compile("w*TP/(w*TP + FN)", params={"w": 2, "v": 1}),
    ),
    "reserved_parameter": (d.ReservedName, lambda: metricc.compile("w*recall", params={"TP": 2})),
    "unknown_option_far": (d.UnknownOption, lambda: metricc.compile("f1").source(zeal=20)),
    "conflict": (d.Conflict, lambda: metricc.compile("f1").source(average="macro")),
    "conflict_of_a_logarithm": (d.Conflict, lambda: metricc.compile("mcc").source(log=True)),
    "conflict_of_exclusive_classes": (
        d.Conflict,
        lambda: metricc.compile("multiclass_mcc").source(classes=(1, 2)),
    ),
    "unknown_option_of_others": (
        d.UnknownOption,
        lambda: metricc.compile("f1").source(class_weights=(1, 2)),
    ),
    "conflict_of_a_metric": (
        d.Conflict,
        lambda: metricc.compile("multiclass_mcc").source(average="micro"),
    ),
    "no_direction": (d.NoDirection, lambda: metricc.compile("(TP + FP)/total").source()),
    "no_direction_open_divisor": (
        d.NoDirection,
        lambda: metricc.compile("2*TP/2*TP + FP + FN").source(),
    ),
    "no_gradient": (d.NoGradient, lambda: metricc.compile("(TP + FN)/total").source()),
    "unreadable_file": (d.UnreadableFile, lambda: metricc.compile(Path("missing.metric"))),
    "unreadable_file_of_bytes": (d.UnreadableFile, read_a_file_that_is_not_text),
    "file_in_the_way": (d.FileInTheWay, write_into_a_file_of_the_user),
    "file_in_the_way_folder": (d.FileInTheWay, write_into_a_folder_that_is_missing),
    "unprovable_file": (d.UnprovableFile, check_a_file_of_the_user),
    "unprovable_file_missing": (d.UnprovableFile, lambda: run("check", "losses/f1.py")),
    "missing_package": (d.MissingPackage, build_a_loss_without_torch),
    "nothing_found": (d.NothingFound, lambda: run("list", "perplexity")),
    "derivation_too_long": (d.DerivationTooLong, lambda: metricc.compile(LOGS).derivation("text")),
    "unknown_format": (d.UnknownFormat, lambda: render(SIGNED, "latx")),
    "unreadable_symbols": (d.UnreadableSymbols, lambda: write_with_signs('yhat = "\\hat{h}"')),
    "unreadable_symbols_missing": (d.UnreadableSymbols, lambda: read_notation(Path("no.toml"))),
    "unknown_symbol": (d.UnknownSymbol, lambda: write_with_signs('thta = "w"')),
    "unknown_symbol_far": (d.UnknownSymbol, lambda: write_with_signs('weights = "w"')),
    "wrong_sign": (d.WrongSign, lambda: write_with_signs("P = 3")),
    "wrong_sign_unbalanced": (d.WrongSign, lambda: write_with_signs("P = 'n_{+'")),
    "same_sign": (d.SameSign, lambda: write_with_signs("yhat = 'b'")),
    "untranslatable_sign": (
        d.UntranslatableSign,
        lambda: write_with_signs(r"P = '\mathcal{P}'"),
    ),
    "not_of_classes_plot": (d.NotOfClasses, lambda: metricc.compile("mean(recall)").plot()),
    "too_large_text": (d.TooLarge, lambda: metricc.compile("TP + " * 5_000)),
}


@pytest.mark.parametrize("name", MISUSES)
def test_misuse_gives_its_picture(
    name: str, golden: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected, misuse = MISUSES[name]
    with pytest.raises(metricc.MetricError) as caught:
        misuse()
    assert type(caught.value.diagnostic) is expected
    shown = str(caught.value).replace(f"{tmp_path}{os.sep}", "")  # whether or not made absolute
    golden(f"{shown}\n", "errors", f"{name}.err")


WARNED: dict[str, tuple[type[d.Diagnostic], str]] = {
    "ignores_predictions": (d.IgnoresPredictions, "(TP + FN)/total"),
    "kinked": (d.Kinked, "1 - 2*max(TP/(TP + FN), TN/(TN + FP))"),
    "not_monotone": (d.NotMonotone, "(TP*TN - FP*FN)^2 / (AP*AN*PP*PN)"),
    "one_sided": (d.OneSided, "TP/(TP + FN)"),
    "one_sided_precision": (d.OneSided, "TP/(TP + FP)"),
    "silent_batch": (d.SilentBatch, "2*TP/(2*TP + FP + FN)"),
    "unbounded": (d.Unbounded, "log(TP*TN/(FP*FN))"),
    "unbounded_pole": (d.Unbounded, "1/informedness"),
    "unbounded_the_bad_way": (d.Unbounded, "1 - (FP + FN)/(TP + FN)"),
    "undefined_batch": (d.UndefinedBatch, "(TP + FP)/(TP + FN)"),
    "undefined_batch_without_a_class": (d.UndefinedBatch, "mean(recall)"),
    "undefined_batch_of_either_class": (d.UndefinedBatch, "sqrt(recall*specificity)"),
}


@pytest.mark.parametrize("name", WARNED)
def test_behaviour_gives_its_picture(name: str, golden: Callable[..., None]) -> None:
    expected, formula = WARNED[name]
    made = metricc.compile(formula).compilation
    parts = (made.typed, made.program, made.behaviour, made.singularities)
    found = find_warnings(*parts, is_thorough=True)
    (warning,) = [warning for warning in found if type(warning) is expected]
    golden(f"{warning.render()}\n", "errors", f"{name}.err")


LONG = "unsimplified"


def test_a_long_formula_says_that_it_is_not_simplified(golden: Callable[..., None]) -> None:
    formula = " + ".join(f"{i}*TP/(TP + {i}*FN + {i + 1}*FP)" for i in range(1, 60))
    (warning,) = [w for w in metricc.compile(formula).warnings if "not simplified" in w]
    golden(f"{warning}\n", "errors", f"{LONG}.err")


OF_TASKS: dict[str, tuple[type[d.Diagnostic], str, dict[str, object]]] = {
    "function_of_accuracy": (d.FunctionOfAccuracy, "2*TP/(2*TP + FP + FN)", {"average": "micro"}),
    "of_two_classes": (d.OfTwoClasses, "mean_iou", {}),
}


@pytest.mark.parametrize("name", OF_TASKS)
def test_a_task_gives_its_picture(name: str, golden: Callable[..., None]) -> None:
    expected, formula, given = OF_TASKS[name]
    options = LossOptions.make(task="multiclass", **given)
    (warning,) = emit(metricc.compile(formula).compilation, options).warnings
    assert type(warning) is expected
    golden(f"{warning.render()}\n", "errors", f"{name}.err")


def kinds(of: type[d.Diagnostic] = d.Diagnostic) -> list[type[d.Diagnostic]]:
    return [found for kind in of.__subclasses__() for found in (kind, *kinds(kind))]


def test_every_kind_of_mistake_has_a_picture() -> None:
    shown = {type(found) for path in TEXTS for found in diagnose(read_source(path))}
    shown |= {kind for kind, _ in (*MISUSES.values(), *WARNED.values())}
    shown |= {kind for kind, *_ in OF_TASKS.values()} | {d.Unsimplified}
    assert {kind.__name__ for kind in kinds()} == {kind.__name__ for kind in shown}


def test_every_picture_has_its_mistake() -> None:
    pictures = {path.stem for path in Path(__file__).parent.glob("errors/*.err")}
    assert pictures == {path.stem for path in TEXTS} | {*MISUSES, *WARNED, *OF_TASKS, LONG}


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_words_are_short_and_complete(kind: type[d.Diagnostic]) -> None:
    assert 1 <= len(kind.title.split()) <= 5
    assert kind.__name__ in d.__all__
    for words in (kind.title, kind.label, kind.help):
        assert words
        assert not words[0].isupper()
        assert not words.endswith(".")
    assert kind.severity in ("error", "warning")


def carets(text: str) -> str:
    """Return what the carets of a picture stand under, in characters of one column each."""
    lines = picture(text).splitlines()
    at = next(at for at, line in enumerate(lines) if re.match(r" *\| *\^", line))
    start, stop = lines[at].index("^"), lines[at].rindex("^") + 1
    return lines[at - 1][start:stop]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("TP + $", "$"),
        ("TP +\r\n\r\n\tTN * $ - 1", "$"),
        ("TP +\rTN * $", "$"),
        ("\ufeffTP * bata", "bata"),
        ("TP\u00a0*\u2009bata", "bata"),
        ("TP * \x1b[31m", "�"),
        ("TP * \u202ebata", "�"),
        ("TP + \0", "�"),
        ("# ünï\u0301cödé\nTP * bata", "bata"),
        ("TP + " * 40 + "bata" + " - FN" * 40, "bata"),
        ("x" * 300, "x" * 90),
        ("let f = TP in\n\n  f + $", "$"),
    ],
)
def test_carets_stand_under_what_is_meant(text: str, marked: str) -> None:
    assert carets(text) == marked


def test_carets_count_wide_characters_twice() -> None:
    lines = picture("漢字").splitlines()
    assert lines[3:5] == [
        "1 | 漢字",
        "  | ^^ `漢` (cjk unified ideograph-6f22) is not part of the language",
    ]


def test_line_number_counts_every_kind_of_line_end() -> None:
    assert " --> text:4:3" in picture("#\r\n#\r#\n  bata")


def test_no_picture_can_move_the_cursor() -> None:
    hostile = Source("evil\x1b[2J\n.metric", "TP + \x1b[31m\u202e\x07 \u2028 \x85")
    (diagnostic,) = diagnose(hostile)
    assert all(line.isprintable() for line in diagnostic.render().splitlines())
    assert len(diagnostic.render().splitlines()) == 7


def test_no_picture_is_longer_than_a_screen() -> None:
    assert len(picture("a" * 20_000)) < 1_000
    assert len(picture("(TP\n" + "+ TN\n" * 2_000)) < 1_000


def test_end_of_text_is_marked_behind_its_last_word() -> None:
    assert picture("TP +   # and\n\n").splitlines()[3:5] == [
        "1 | TP +   # and",
        "  |     ^ an entry, number, name or `(` is wanted here",
    ]


def test_error_survives_pickling_with_its_picture() -> None:
    with pytest.raises(metricc.MetricError) as caught:
        metricc.compile("TP +")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.diagnostic) == (str(caught.value), caught.value.diagnostic)
    assert isinstance(again, ValueError)


def test_mistake_inside_a_library_metric_points_at_its_use() -> None:
    assert picture("2*log_dor_ha").splitlines()[1:5] == [
        " --> text:1:3",
        "  |",
        "1 | 2*log_dor_ha",
        "  |   ^^^^^^^^^^ the value depends on the batch size: its parts do not grow alike",
    ]


@pytest.mark.parametrize("name", ["auc", "roc_auc", "Average_Precision", "bce", "brier", "lovasz"])
def test_what_is_no_metric_of_a_matrix_is_not_made_a_parameter(name: str) -> None:
    shown = picture(f"1 - {name}")
    assert f"help: `{name}` is no function of " in shown
    assert "--param" not in shown
    for known in re.findall(r"`(\w+)`", shown.rpartition("help: ")[2])[1:]:
        assert metricc.compile(known)


def test_a_single_capital_may_be_a_parameter() -> None:
    assert "--param C=1" in picture("C*recall")


@pytest.mark.parametrize("formula", ["TP/2*TP", "f1 + TP/2 * (FN + FP)", "1 - TP/1e3*FN/4"])
def test_a_product_behind_a_quotient_by_a_number_may_lack_parentheses(formula: str) -> None:
    (warning,) = [x for x in metricc.compile(formula).warnings if "not scale-free" in x]
    assert "multiplies after it divides; if a product or sum is to divide" in warning


@pytest.mark.parametrize(
    "formula", ["(TP/2)*TP", "TP/(2)*FN", "TP*FN/2", "1/2*TP*FN", "TP/FP*FN*FN"]
)
def test_what_has_its_parentheses_is_told_of_scale(formula: str) -> None:
    (warning,) = [x for x in metricc.compile(formula).warnings if "not scale-free" in x]
    assert "multiplies after" not in warning

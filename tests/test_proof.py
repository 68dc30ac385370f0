"""`metricc check`: every emitted file passes, and a change of any line that matters is caught."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import mutations
import pytest
from click.testing import CliRunner
from shelves import SEVERAL_CLASSES, TWO_CLASSES

import metricc
from metricc import diagnostics as d
from metricc.cli import cli
from metricc.cli.check import prove_file
from metricc.ir.operators import FUNCTIONS, REDUCTIONS
from metricc.proof.numbers import fifty_digits, tensors

if TYPE_CHECKING:
    from metricc.proof.row import Row

NO_LOSS = ("prevalence", "predicted_positive_rate", "frequency_bias")
"""Metrics without a direction, or without predictions."""

METRICS = [name for name in (*TWO_CLASSES, *SEVERAL_CLASSES) if name not in NO_LOSS]
OPTIONS = {
    "identity": "f1 --no-from-logits --surrogate identity",
    "cosine": "mcc --surrogate cosine --rescaled --smooth 1 --sharpness 5",
    "linear": "kappa --surrogate linear --no-from-logits --threshold 0.3",
    "probit": "gmean --surrogate probit --zero-division 1 --per-sample",
    "uniform": "jaccard --surrogate uniform --extended --log --threshold 0.3",
    "exponent": "tversky --param alpha=0.3 --exponent 0.75",
    "weighted labels": "mcc --task multilabel --average weighted --extended",
    "micro": "f1 --task multilabel --average micro --ignore-index -1 --class-dim 2",
    "apart": "kappa --task multilabel --average none --classes 0,2 --mix 0.3 --extended",
    "logarithm of labels": "fbeta --param beta=2 --task multilabel --log --mix 0.5 --per-sample",
    "logarithm of classes": "f1 --task multiclass --log",
    "weights": "jaccard --task multiclass --exponent 0.5 --weight 1,2,3 --extended",
    "shares": "f1 --task multiclass --surrogate softmax --no-from-logits --classes 1,3",
    "classes apart": "precision --task multiclass --average none",
    "classes last": "recall --task multiclass --class-dim -1 --per-sample --smooth 0.5",
    "classes first": "miou --task multilabel --class-dim 0",
    "momentum": "dor --momentum 0.9",
    "ranks": "f1 --sync mean --ignore-index 9",
    "sharp classes": "multiclass_kappa --surrogate softmax --sharpness 3",
    "labels": "multiclass_iou --task multilabel --per-sample --ignore-index 255",
    "formula": "'(w*TP - FP)/(w*AP)' --param w=2.5 --direction max --name own",
}


def emit(folder: Path, *words: str) -> Path:
    """Write a file as the command line does."""
    file = folder / "loss.py"
    result = CliRunner().invoke(cli, ["compile", *words, "-o", str(file), "--force"])
    assert result.exit_code == 0, result.output
    return file


def failures(file: Path) -> list[Row]:
    return [row for row in prove_file(file) if row.holds is False]


@pytest.mark.parametrize("name", METRICS)
def test_every_file_of_the_library_passes(name: str, tmp_path: Path) -> None:
    rows = list(prove_file(emit(tmp_path, name)))
    assert [row for row in rows if row.holds is False] == []
    assert len(rows) >= 20


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_passes(name: str, tmp_path: Path) -> None:
    assert failures(emit(tmp_path, *shlex.split(OPTIONS[name]))) == []


@pytest.mark.parametrize(
    "words", ["f1 --mix 0.5", "jaccard --task multiclass --mix 1", "multiclass_mcc"]
)
@pytest.mark.usefixtures("kernels_on")
def test_loops_in_c_pass(words: str, tmp_path: Path) -> None:
    rows = list(prove_file(emit(tmp_path, *words.split(), "--kernels", "auto")))
    assert [row for row in rows if row.holds is False] == []
    assert sum("loops in C" in row.what for row in rows if row.holds) >= 7


@pytest.mark.parametrize("name", mutations.METRICS)
def test_every_changed_value_and_slope_is_caught(name: str, tmp_path: Path) -> None:
    found = [*mutations.mutants(metricc.compile(name).source(), mutations.PROGRAM)]
    assert len(found) >= 24
    assert [m.what for m in found if not mutations.is_caught(m, tmp_path)] == []


def test_every_change_of_how_f1_counts_decides_and_scales_is_caught(tmp_path: Path) -> None:
    found = [*mutations.mutants(metricc.compile("f1").source(), mutations.AROUND)]
    assert len(found) >= 40
    assert [m.what for m in found if not mutations.is_caught(m, tmp_path)] == []


EDITS = {
    "another formula": ("# formula: 2*TP", "# formula: 3*TP"),
    "another command": ("metricc compile f1", "metricc compile precision"),
    "another default": ("sharpness=10.0, threshold", "sharpness=20.0, threshold"),
    "a number written in": ("x = sharpness * (", "x = 10.0 * ("),
    "grad_output forgotten": ("pull_back(grad_output, *slopes", "pull_back(1.0, *slopes"),
    "grad_output forgotten, eagerly": ("scale = grad_output.item()", "scale = 1.0"),
    "weights forgotten": ("pred, rest = sample_weight * pred", "_, _ = sample_weight * pred"),
    "half precision": ("return x if x.dtype in (torch.float32, torch.float64) else", "return"),
    "a plain quotient": ("return x / (y + (y == 0))", "return x / y"),
    "no bound of slopes": ("d = nonzero(d)", "d = d * 1.0"),
    "a plain sigmoid": ("x.sigmoid(), x.neg_().sigmoid_()", "x.sigmoid(), 1 - x.sigmoid()"),
    "the first part alone": ("for part in parts:\n", "for part in parts[:1]:\n"),
    "an exception": ("return grad.mul_(pred)", "return gradient.mul_(pred)"),
    "a NaN hidden": ("soft = surrogate(widen(input)", "soft = surrogate(widen(input).nan_to_num()"),
}


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_is_caught(name: str, tmp_path: Path) -> None:
    old, new = EDITS[name]
    text = metricc.compile("f1").source().replace("compile '<formula>'", "compile f1")
    assert old in text
    assert mutations.is_caught(mutations.Mutant(name, text.replace(old, new)), tmp_path)


LOOPS = {
    "a count": ("tp += ", "tp += 1.01 * "),
    "a slope": ("(t * slopes.pos", "(1.01 * t * slopes.pos"),
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.usefixtures("kernels_on")
def test_every_edit_of_the_loops_is_caught(name: str, tmp_path: Path) -> None:
    old, new = LOOPS[name]
    text = emit(tmp_path, "f1", "--kernels", "c").read_text()
    assert old in text
    (tmp_path / "loss.py").write_text(text.replace(old, new))
    failed = failures(tmp_path / "loss.py")
    assert failed
    assert all("loops in C" in row.what or "difference" in row.against for row in failed[:1])


def test_each_function_of_the_language_can_be_proved() -> None:
    wanted = {*FUNCTIONS, *REDUCTIONS}
    assert wanted <= {*fifty_digits(0.0).operations}
    assert wanted <= {*tensors().operations}


def test_the_table(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["check", str(emit(tmp_path, "f1"))])
    assert result.exit_code == 0
    first, _, heads, *_, last = result.output.splitlines()
    assert first.endswith("loss.py: 2*TP / (2*TP + FP + FN)")
    assert heads.split() == ["what", "against", "found", "limit"]
    assert last.startswith("all ")
    assert "slopes at 64 matrices" in result.output


def test_a_failure_is_named_and_exits_with_1(tmp_path: Path) -> None:
    file = emit(tmp_path, "f1")
    file.write_text(file.read_text().replace("grad_neg = -value / d", "grad_neg = value / d"))
    result = CliRunner().invoke(cli, ["check", str(file)])
    assert result.exit_code == 1
    (row,) = [line for line in result.output.splitlines() if line.startswith("slopes")]
    assert row.endswith("FAILS")
    assert " fail" in result.output.splitlines()[-1]


def test_details_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    file = emit(tmp_path, "f1")
    text = file.read_text()
    file.write_text(text.replace("return x / (y + (y == 0))", "return x / y"))
    lines = CliRunner().invoke(cli, ["check", str(file)]).output.splitlines()
    assert any(line.startswith("    one negative, float16: ") for line in lines) or lines
    assert any(line.startswith("    and ") for line in lines)


BROKEN = {
    "not ours": "print('hello')\n",
    "no formula": "# made by metricc 0.1.0\n",
    "no command": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile 'f1\n",
    "no option": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile f1 --fast\n",
    "help": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile --help\n",
    "no loss": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile f1\n",
    "no Python": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile f1\ndef\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_emitted_loss_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "loss.py"
    file.write_text(BROKEN[name])
    with pytest.raises(metricc.MetricError) as caught:
        list(prove_file(file))
    assert isinstance(caught.value.diagnostic, d.UnprovableFile)


def test_other_targets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(metricc.MetricError, match="of the target torch"):
        list(prove_file(emit(tmp_path, "f1", "--target", "numpy")))


def test_a_formula_from_a_file_is_read_from_the_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.metric").write_text(
        "metric hits(w = 2) = w*TP/AP\nmetric own(w = 3) = hits(w)/w - FP/(w*AN)\n"
    )
    file = emit(tmp_path, "own.metric", "--param", "w=1.5")
    Path("own.metric").unlink()
    assert failures(file) == []

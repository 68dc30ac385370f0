"""`metricc check`: every emitted file passes, and a change of any line that matters is caught."""

from __future__ import annotations

import os
import re
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
    "slopes": "gmean --mix 0.5 --mix-weights slopes --no-from-logits",
    "slopes of labels": "mcc --task multilabel --mix 1 --mix-weights slopes --ignore-index 9",
    "slopes of labels apart": "f1 --task multilabel --average none --mix 2 --mix-weights slopes",
    "slopes of samples": "kappa --per-sample --mix 0.5 --mix-weights slopes --exponent 2",
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
    "a name of an option": "exponent*recall --param exponent=2 --direction max",
    "curvature of 0": "accuracy --no-from-logits --surrogate identity",
    "differences of classes": "accuracy --task multiclass",
    "classes in the third dimension": "f1 --task multiclass --class-dim 2",
    "labels in the third dimension": "f1 --task multilabel --class-dim 2",
    "a sample without positives": "f1 --task multiclass --per-sample --log --ignore-index 255",
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
    "words",
    [
        "f1 --mix 0.5",
        "mcc --mix 0.5 --mix-weights slopes",
        "f1 --task multilabel --mix 0.5 --mix-weights slopes --no-from-logits",
        "jaccard --task multiclass --mix 1",
        "multiclass_mcc",
    ],
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
    "a NaN in float32": (
        "return rounded(loss, input)",
        "return rounded(loss, input) * (math.nan if input.dtype == torch.float32 else 1)",
    ),
    "a slope of large batches": (
        "    wide = widen(input)\n",
        "    wide = widen(input)\n    grad_pos = grad_pos * (1 + (input.numel() >= 2**16))\n",
    ),
    "a slope of labels that are integers": (
        "    wide = widen(input)\n",
        "    wide = widen(input)\n    grad_pos = grad_pos * target.is_floating_point()\n",
    ),
    "a slope in float16": (
        "    wide = widen(input)\n",
        "    wide = widen(input)\n    grad_pos = grad_pos / (1 + (input.dtype == torch.float16))\n",
    ),
    "no function for float32": (
        "    return F1Eager\n",
        "    return F1Eager if input.dtype == torch.float64 else None\n",
    ),
    "soft targets made hard": ("tp = target * pred", "tp = (target > 0.5) * pred"),
    "soft targets made hard, backward": ("pos = target.to", "pos = (target > 0.5).to"),
    "no forward mode": (
        "        gradient = pull_back(1.0",
        "        raise RuntimeError\n        gradient = pull_back(1.0",
    ),
    "twice as much for torch.compile": (
        "    jvp = torch.autograd.Function.jvp\n",
        "    jvp = torch.autograd.Function.jvp\n\n"
        "    @staticmethod\n    def backward(ctx, grad_output):\n"
        "        return F1.backward(ctx, 2 * grad_output)\n",
    ),
    "zero_division forgotten": ('as_number("zero_division", zero_division)', "0.0"),
    "the end of the process": ("function = choose(input)", "raise SystemExit(0)"),
    "smoothing in training": (
        "        function = choose(input)",
        "        target = 0.9 * target + 0.05 * self.training\n        function = choose(input)",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_is_caught(name: str, tmp_path: Path) -> None:
    old, new = EDITS[name]
    text = metricc.compile("f1").source().replace("compile '<formula>'", "compile f1")
    assert old in text
    assert mutations.is_caught(mutations.Mutant(name, text.replace(old, new)), tmp_path)


OPTIONAL = {
    "a mask forgotten": ("--extended", "    if mask is not None:", "    if mask is None:"),
    "a mask upside down": ("--extended", "mask == 0", "mask != 0"),
    "a mask without weights": ("--extended", "0, mask * sample_weight", "0, mask"),
    "counts doubled": ("--extended", "return precise(counts)", "return 2 * precise(counts)"),
    "an average of much": ("--momentum 0.9", ") * counts\n", ") * 5 * counts\n"),
    "an average that forgets": ("--momentum 0.9", "* running + ", "* 0 * running + "),
    "an average that begins at 0": ("--momentum 0.9", "return total / seen", "return total"),
    "an average not kept": ("--momentum 0.9", "self.running = torch.where(", "_ = torch.where("),
    "rounded shares": ("--task multiclass", "    tp = target", "    tp = target.round()"),
}


@pytest.mark.parametrize("name", OPTIONAL)
def test_every_edit_of_what_options_add_is_caught(name: str, tmp_path: Path) -> None:
    words, old, new = OPTIONAL[name]
    text = emit(tmp_path, "f1", *words.split()).read_text()
    assert old in text
    assert mutations.is_caught(mutations.Mutant(name, text.replace(old, new)), tmp_path)


def test_a_loss_that_is_cut_short_is_caught(tmp_path: Path) -> None:
    file = emit(tmp_path, "dor")
    text = file.read_text()
    file.write_text(text.replace("return min(max(x, -1e60), 1e60)", "return min(max(x, -99), 99)"))
    (row,) = failures(file)
    assert row.what == "as called: losses of edge batches"


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
    assert any("loops in C" in row.what for row in failed)
    assert not any("eager" in row.what or "transformable" in row.what for row in failed)


@pytest.mark.usefixtures("kernels_on")
def test_loops_that_do_not_build_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = emit(tmp_path, "f1", "--kernels", "c")
    file.write_text(file.read_text().replace("tp += ", "tp += anything * "))
    monkeypatch.setattr(metricc.kernels, "_warned", False)
    with pytest.warns(metricc.kernels.KernelWarning, match="anything"):
        (failed,) = failures(file)
    assert failed.details == ("does not build, where other C does",)


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
    file.write_text(
        text.replace("return rounded(loss, input)", "return math.nan + rounded(loss, input)")
    )
    lines = CliRunner().invoke(cli, ["check", str(file)]).output.splitlines()
    assert "    empty rows, float16: a loss of nan" in lines
    assert any(re.match(r"    and \d+ more", line) for line in lines)


BROKEN = {
    "not ours": "print('hello')\n",
    "no formula": "# made by metricc 0.1.0\n",
    "no command": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile 'f1\n",
    "no option": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile f1 --fast\n",
    "help": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile --help\n",
    "no loss": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile f1\n",
    "a wrong option": "# made by metricc 0.1.0\n# formula: TP\n"
    "# command: metricc compile f1 --sharpness -3\n",
    "the end of the process": "# made by metricc 0.1.0\n# formula: TP\n"
    "# command: metricc compile f1\nraise SystemExit(0)\n",
    "another exception": "# made by metricc 0.1.0\n# formula: TP\n"
    "# command: metricc compile f1\nclass X(BaseException): pass\nraise X\n",
    "nested parentheses": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile f1\n"
    + "(" * 5000,
    "no end": "# made by metricc 0.1.0\n# formula: TP\n# command: metricc compile f1\n"
    + "x = 1\n" * 200_000,
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
    file.write_text(file.read_text().replace("0.0, w=1.5", "0.0, w=2.5"))
    (row,) = [row for row in failures(file) if row.against == "the command"]
    assert row.details == ("w is 2.5, not 1.5",)


def test_a_file_may_define_again_what_the_library_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.metric").write_text(
        "metric jaccard = TP/(TP + FN)\nmetric own = jaccard*TP/(TP + FP)\n"
    )
    assert failures(emit(tmp_path, "own.metric")) == []


@pytest.mark.parametrize("name", ["fused", "triton", "eager", "compiled", "loss"])
def test_a_metric_may_be_called_like_a_path(name: str, tmp_path: Path) -> None:
    rows = list(prove_file(emit(tmp_path, "f1", "--name", name)))
    assert [row for row in rows if row.holds is False] == []
    assert len({(row.what, row.against) for row in rows}) == len(rows)


def test_what_is_proved_is_the_text_and_no_older_bytecode(tmp_path: Path) -> None:
    file = emit(tmp_path, "f1")
    assert failures(file) == []
    stat, text = file.stat(), file.read_text()
    file.write_text(text.replace("(2 - value) / d", "(3 - value) / d"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert failures(file)
    assert not (tmp_path / "__pycache__").exists()


def test_a_header_is_read_before_the_file_runs(tmp_path: Path) -> None:
    file = tmp_path / "loss.py"
    file.write_text(
        "# made by metricc 0.1.0\n# formula: f1\n# command: metricc compile 'f1('\n"
        f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    )
    with pytest.raises(metricc.MetricError, match="has a header that cannot be"):
        list(prove_file(file))
    assert not (tmp_path / "ran").exists()

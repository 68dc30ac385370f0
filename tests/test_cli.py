"""The command line: what goes to stdout, what to stderr, exit codes, and files left alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from metricc import InternalError, cli
from metricc.library import load_library


class Result:
    """What one run printed and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], code: int) -> None:
        self.out, self.err = capsys.readouterr()
        self.code = code


Run = Callable[..., Result]


@pytest.fixture
def metricc(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*arguments: str | Path) -> Result:
        monkeypatch.setattr(sys, "argv", ["metricc", *map(str, arguments)])
        try:
            cli.main()
        except SystemExit as end:
            return Result(capsys, int(end.code or 0))
        return Result(capsys, 0)

    return run


def test_the_module_goes_to_stdout(metricc: Run) -> None:
    result = metricc("compile", "2*TP/(2*TP+FP+FN)")
    assert result.code == 0
    assert result.err == ""
    assert "class MetricLoss(torch.nn.Module):" in result.out


def test_the_module_goes_to_a_file(metricc: Run, tmp_path: Path) -> None:
    path = tmp_path / "f1_loss.py"
    result = metricc("compile", "f1", "-o", path)
    assert (result.code, result.out) == (0, "")
    assert result.err == f"{path}: F1Loss gives 1 - M; training raises the metric M\n"
    assert path.read_text() == metricc("compile", "f1").out
    assert [file.name for file in tmp_path.iterdir()] == ["f1_loss.py"]


def test_a_name_names_the_classes(metricc: Run) -> None:
    result = metricc("compile", "TP/(TP+FP+FN)", "--name", "my_iou")
    assert "class MyIou(torch.autograd.Function):" in result.out
    assert "class MyIouLoss(torch.nn.Module):" in result.out


@pytest.mark.parametrize("name", ["", "2fast", "a-b", "a b", 'x"\nimport os', "naïve"])
def test_a_name_that_is_no_identifier_is_refused(metricc: Run, name: str) -> None:
    result = metricc("compile", "f1", "--name", name or " ")
    assert (result.code, result.out) == (1, "")
    assert "error: wrong value" in result.err


def test_parameters_and_options_reach_the_file(metricc: Run) -> None:
    options = ["--param", "beta=2", "--sharpness", "30", "--smooth", "1", "--surrogate", "sigmoid"]
    result = metricc("compile", "fbeta", *options, "--no-from-logits", "--zero-division", "1")
    assert "sharpness=30.0" in result.out
    assert "beta=2.0" in result.out
    assert "a = A(input)" in result.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["f1"],
        ["2*TP/(2*TP+FP+FN)", "--name", "dice"],
        ["fbeta", "--param", "beta=0.123456789", "--no-from-logits"],
        ["(TP + w*TN)/total", "--param", "w=2", "--sharpness", "73", "--direction", "max"],
        ["metric a = TP/(TP+FN) # recall\nmetric b = 2*a - 1"],
        ["--direction", "max", "--", "-FP/total"],
    ],
    ids=str,
)
def test_the_header_has_the_command_that_makes_the_file_again(
    metricc: Run, arguments: list[str]
) -> None:
    text = metricc("compile", *arguments).out
    (line,) = [line for line in text.splitlines() if line.startswith("# command: ")]
    command = line.removeprefix("# command: metricc")
    again = subprocess.run(
        f"{sys.executable} -m metricc {command}", shell=True, capture_output=True, encoding="utf-8"
    )
    body = [line for line in text.splitlines() if not line.startswith("#")]
    assert again.returncode == 0, again.stderr
    assert [x for x in again.stdout.splitlines() if not x.startswith("#")] == body


def test_a_formula_file(metricc: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.metric"
    path.write_text("# two\nmetric se = TP/(TP+FN)\nmetric mine = se * specificity\n")
    result = metricc("compile", path)
    assert result.code == 0
    assert "class MineLoss" in result.out
    assert "# over the entries: TP/(TP + FN)*(TN/(TN + FP))" in result.out
    assert str(tmp_path) not in result.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compile", "2*TP/(predicted_positivs)"], "did you mean `predicted_positives`?"),
        (["compile", "missing.metric"], "unreadable file"),
        (["compile", "f1", "--sharpness", "0"], "a finite number above 0"),
        (["compile", "f1", "--threshold", "1"], "between 0 and 1"),
        (["compile", "fbeta", "--param", "beta=inf"], "a finite number"),
        (["compile", "fbeta", "--param", "beta=1e400"], "a finite number"),
        (["compile", "f1", "--param", "beta=2"], "has no parameter `beta`"),
        (["compile", "prevalence"], "nothing to learn"),
        (["compile", "frequency_bias"], "--direction"),
        (["list", "no such metric"], "nothing found"),
    ],
)
def test_mistakes_are_explained_without_a_traceback(
    metricc: Run, arguments: list[str], words: str
) -> None:
    result = metricc(*arguments)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: ")
    assert words in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    "arguments",
    [["compile"], ["compile", "f1", "--colour"], ["compile", "f1", "--param", "beta"], ["draw"]],
)
def test_wrong_usage_exits_with_2(metricc: Run, arguments: list[str]) -> None:
    assert metricc(*arguments).code == 2


@pytest.mark.parametrize("command", ["compile", "derive", "explain"])
@pytest.mark.parametrize("formula", ["-TP^2/total^2", "-(FP + FN)/total", "- FP/total"])
def test_a_formula_that_begins_with_a_minus_stands_behind_two(
    metricc: Run, command: str, formula: str
) -> None:
    result = metricc(command, formula)
    assert (result.code, result.out) == (2, "")
    assert f"put --: -- '{formula}'" in result.err
    assert metricc(command, "--", formula).code in (0, 1)  # 1: no direction


@pytest.mark.parametrize("option", ["--param", "--weight", "--average", "--sharpness", "--x"])
def test_wrong_usage_shows_no_value_whole(metricc: Run, option: str) -> None:
    for value in ("x" * 100_000, "x " * 50_000):
        result = metricc("compile", "f1", option, value)
        assert result.code == 2
        assert len(result.err) < 1500


@pytest.mark.parametrize(
    ("name", "title"),
    [("f1_loss", "F1"), ("MetricLoss", "Metric"), ("f1loss", "F1"), ("loss", "Metric")],
)
def test_a_name_that_ends_in_loss_is_not_given_it_twice(
    metricc: Run, name: str, title: str
) -> None:
    text = metricc("compile", "f1", "--name", name).out
    assert f"class {title}Loss(torch.nn.Module)" in text
    assert f"class {title}(torch.autograd.Function)" in text
    assert "LossLoss" not in text


def test_a_wrong_formula_writes_nothing(metricc: Run, tmp_path: Path) -> None:
    assert metricc("compile", "2*", "-o", tmp_path / "x.py").code == 1
    assert list(tmp_path.iterdir()) == []


def test_our_own_file_is_overwritten(metricc: Run, tmp_path: Path) -> None:
    path = tmp_path / "loss.py"
    metricc("compile", "f1", "-o", path)
    path.chmod(0o640)
    assert metricc("compile", "mcc", "-o", path).code == 0
    assert "class MccLoss" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_of_the_users_is_left_alone_without_force(metricc: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("precious = 1\n")
    result = metricc("compile", "f1", "-o", path)
    assert result.code == 1
    assert "was not made by metricc" in result.err
    assert path.read_text() == "precious = 1\n"
    assert metricc("compile", "f1", "-o", path, "--force").code == 0
    assert "class F1Loss" in path.read_text()


def test_a_place_that_cannot_be_written_is_refused(metricc: Run, tmp_path: Path) -> None:
    loop = tmp_path / "loop.py"
    loop.symlink_to(loop)
    for path in (tmp_path / ("x" * 300 + ".py"), loop):
        result = metricc("compile", "f1", "-o", path)
        assert (result.code, result.out) == (1, "")
        assert "cannot be written" in result.err


@pytest.mark.parametrize("name", ["true", "none", "value_error", "exception"])
def test_a_name_that_python_has_is_refused(metricc: Run, name: str) -> None:
    assert "one that Python does not have" in metricc("compile", "f1", "--name", name).err


@pytest.mark.parametrize("place", ["", "absent/loss.py"])
def test_a_place_without_a_file_is_refused(metricc: Run, tmp_path: Path, place: str) -> None:
    result = metricc("compile", "f1", "-o", tmp_path / place)
    assert result.code == 1
    assert "file in the way" in result.err


def test_a_dash_is_stdout_and_a_device_is_written_to(metricc: Run) -> None:
    assert metricc("compile", "f1", "-o", "-").out == metricc("compile", "f1").out
    assert metricc("compile", "f1", "-o", "/dev/null").code == 0


def test_a_fault_of_ours_is_a_message_too(metricc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise InternalError("a stage broke")

    monkeypatch.setattr("metricc.cli.compile.compile_source", fail)
    result = metricc("compile", "f1")
    assert (result.code, result.out) == (1, "")
    assert result.err == "metricc is wrong here, please report it: a stage broke\n"


def test_a_link_is_written_through(metricc: Run, tmp_path: Path) -> None:
    target, link = tmp_path / "real.py", tmp_path / "link.py"
    metricc("compile", "f1", "-o", target)
    link.symlink_to(target)
    assert metricc("compile", "mcc", "-o", link).code == 0
    assert link.is_symlink()
    assert "class MccLoss" in target.read_text()


def test_a_warning_goes_to_stderr_and_the_file_is_made(metricc: Run) -> None:
    result = metricc("compile", "(TP + 1)/(TP + FP + FN + 1)")
    assert result.code == 0
    assert result.err.startswith("warning: not scale-free")
    assert "class MetricLoss" in result.out


def test_list_shows_the_library_a_line_each(metricc: Run) -> None:
    lines = metricc("list").out.splitlines()
    assert len(lines) == len(load_library().metrics)
    (line,) = metricc("list", "matthews").out.splitlines()
    assert line.split("  ")[0] == "mcc"
    assert metricc("list", "f score").out == metricc("list", "f_score").out != ""
    assert "fbeta(beta = 1)" in metricc("list", "f_beta").out
    assert "[-1, 1]" in line
    assert "phi" in line


def test_version_and_help(metricc: Run) -> None:
    assert metricc("--version").out.startswith("metricc 0.")
    assert "compile" in metricc("--help").out
    assert metricc("compile", "--help").code == 0


def test_a_reader_that_stops_early_is_no_error() -> None:
    command = f"{sys.executable} -m metricc list | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, encoding="utf-8")
    assert result.stderr == ""
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize("code", ["import metricc; metricc.compile('f1')", "import metricc.cli"])
def test_torch_and_numpy_are_not_imported_before_they_are_needed(code: str) -> None:
    check = "import sys; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", f"{code}; {check}"], check=True)


def test_compiling_to_a_file_needs_no_torch(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')\n")
    code = "import metricc.cli; metricc.cli.main()"
    command = [sys.executable, "-c", code, "compile", "f1"]
    environment = {"PYTHONPATH": f"{tmp_path}:{Path(cli.__file__).parents[2]}"}
    result = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment)
    assert result.returncode == 0, result.stderr
    assert "class F1Loss" in result.stdout

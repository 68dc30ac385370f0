"""The examples run, from the command line as a newcomer would run them."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

import metricc

EXAMPLES = Path(__file__).parent.parent / "examples"
CELL = re.compile(r"(\d\.\d+) ± (\d\.\d+)(?: \*)?")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8")


def train(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run(EXAMPLES / "train_f1.py", *arguments)


def tables(text: str) -> list[dict[str, list[tuple[float, float]]]]:
    """Read the printed tables: by loss, mean and deviation of each metric."""
    found = []
    for line in text.splitlines():
        if line.startswith("loss "):
            assert re.split(r"  +", line) == ["loss", "F1", "balanced accuracy", "G-mean"]
            found.append({})
        elif CELL.search(line):
            name, *cells = re.split(r"  +", line)
            found[-1][name] = [tuple(map(float, CELL.fullmatch(cell).groups())) for cell in cells]
    return found


def assert_sound(table: dict[str, list[tuple[float, float]]], losses: list[str]) -> None:
    assert list(table) == losses
    for cells in table.values():
        assert len(cells) == 3
        assert all(0 <= number <= 1 for cell in cells for number in cell)


def assert_refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert all(word in result.stderr for word in words), result.stderr


def test_library_losses_on_both_data_sets() -> None:
    result = train("--quick")
    assert result.returncode == 0, result.stderr
    assert "393 cases, 36 of them positive" in result.stdout
    assert "10000 cases" in result.stdout
    ours = ["metricc f1", "metricc balanced_accuracy", "metricc gmean"]
    found = tables(result.stdout)
    assert len(found) == 2
    for table in found:
        assert_sound(table, ["BCE", "weighted BCE", *ours])


def test_emitted_losses(tmp_path: Path) -> None:
    first, second = tmp_path / "f1_loss.py", tmp_path / "cost_loss.py"
    for formula, path in (("2*TP/(2*TP+FP+FN)", first), (EXAMPLES / "cost.metric", second)):
        emitted = run("-m", "metricc", "compile", formula, "-o", path)
        assert emitted.returncode == 0, emitted.stderr
    result = train("--quick", "--data", "breast", "--loss", first, "--loss", second)
    assert result.returncode == 0, result.stderr
    (table,) = tables(result.stdout)
    assert_sound(table, ["BCE", "weighted BCE", str(first), str(second)])


def test_a_missing_loss_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "absent.py"
    assert_refused(train("--quick", "--loss", path), str(path), "No such file")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from torch.nn import BCELoss\n", ["name ends in Loss", "found none"]),
        (
            "import torch\n"
            "class ALoss(torch.nn.Module): pass\n"
            "class BLoss(torch.nn.Module): pass\n",
            ["found ALoss, BLoss"],
        ),
        ("this is no Python\n", ["does not run", "SyntaxError"]),
    ],
    ids=["none", "two", "broken"],
)
def test_a_file_without_one_loss_is_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(text)
    assert_refused(train("--quick", "--loss", path), str(path), *words)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.metric")), ids=lambda path: path.stem)
def test_metric_files_compile(path: Path) -> None:
    metric = metricc.compile(path)
    assert metric.name == path.stem
    assert "class " + f"{path.stem.title()}Loss" in metric.source()
    perfect, wrong = metric.value(10, 0, 0, 90), metric.value(0, 90, 10, 0)
    assert perfect != wrong


def test_screening_weighs_the_ill_by_its_parameter() -> None:
    path = EXAMPLES / "screening.metric"
    counts = {"tp": 8, "fp": 10, "fn": 2, "tn": 80}
    found, quiet = 8 / 10, 80 / 90
    for beta in (1, 3):
        expected = (1 + beta**2) * found * quiet / (found + beta**2 * quiet)
        metric = metricc.compile(path, params={"beta": beta})
        assert metric.value(**counts) == pytest.approx(expected)


def test_cost_is_paid_for_each_mistake() -> None:
    cost = metricc.compile(EXAMPLES / "cost.metric")
    assert cost.value(tp=8, fp=10, fn=2, tn=80) == pytest.approx((10 * 2 + 1 * 10) / 100)


def test_two_processes_train_on_their_global_batch() -> None:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    result = run(*torchrun, EXAMPLES / "train_distributed.py")
    assert result.returncode == 0, result.stderr
    *steps, last = result.stdout.splitlines()
    soft = [float(re.fullmatch(r"step \d+: soft F1 of the global batch (.+)", s)[1]) for s in steps]
    assert len(soft) == 4
    assert soft[0] < 0.2 < 0.4 < soft[-1]
    (unseen,) = re.findall(r"^F1 on new samples of all 2 processes: (0\.\d+)$", last)
    assert float(unseen) > 0.5


def cells_by_way(text: str) -> dict[str, list[str]]:
    """Read a Markdown table: the cells of each row by the first one."""
    rows = (line.strip("| ").split(" | ") for line in text.splitlines() if line[:1] == "|")
    return {name: cells for name, *cells in rows}


def test_small_batches_are_compared_as_documented() -> None:
    result = run(EXAMPLES / "small_batches.py", "--quick")
    assert result.returncode == 0, result.stderr
    printed = cells_by_way(result.stdout)
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    written = cells_by_way(text[text.index("| F1 with batches of") :])
    assert list(printed) == list(written)
    head, _, *ways = printed
    assert printed[head] == written[head]
    for way in ways:
        for cells in (printed[way], written[way]):
            assert len(cells) == 4
            assert all(CELL.fullmatch(cell) for cell in cells)
    assert written["two passes"] == written["large batch"]
    pairs = zip(printed["two passes"], printed["large batch"], strict=True)
    assert all(abs(float(a[:5]) - float(b[:5])) < 0.02 for a, b in pairs)


MEASURED = ("f1", "mcc", "gmean")
PATHS = [
    "**metricc**",
    *("metricc, logits", "metricc, portable", "metricc, portable, logits"),
    *("plain autograd", "plain autograd, torch.compile", "BCE", "BCE with logits"),
    *("MONAI Dice", "SMP-style Dice", "empty autograd.Function", "copy of the same bytes"),
]
LAYOUTS = {
    **{metric: lambda of, metric=metric: of.vector(metric, 300, "cpu") for metric in MEASURED},
    **{f"grouped {i}": lambda of, i=i: of.grouped("f1", "cpu", 64)[i]() for i in range(4)},
}


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module("benchmark")


def test_the_benchmark_prints_a_row_for_each_path(tmp_path: Path) -> None:
    script, picture = EXAMPLES / "benchmark.py", tmp_path / "times.png"
    known = "ignore:`torch.jit.script:DeprecationWarning"  # of torch.compile itself
    result = run("-W", known, script, "--quick", "--sizes", "64,300", "-o", picture)
    assert result.returncode == 0, result.stderr
    times, memory = map(cells_by_way, result.stdout.split("\n\n")[2:4])
    assert list(times) == ["µs a step", "---", *PATHS, "share of the copy's bandwidth"]
    assert list(memory)[2:] == ["metricc", *PATHS[1:], "the gradient itself"]
    assert all(
        cells == ["64", "300"] for cells in (times["µs a step"], memory["extra memory, MiB"])
    )
    cell = re.compile(r"[\d,.]+ \([\d,.]+×\)")
    assert all(cell.fullmatch(text) for path in PATHS[1:] for text in times[path])
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("make", LAYOUTS.values(), ids=LAYOUTS)
def test_the_benchmark_measures_losses_that_agree(make: Callable, benchmark: ModuleType) -> None:
    layout = make(benchmark)
    for path in layout.paths:
        if path.plain is None:
            continue
        input = layout.input(path.is_logits)
        found = benchmark.loss_and_gradient(path.loss, input, layout.target)
        target = layout.target.double() if layout.target.is_floating_point() else layout.target
        precise = input.detach().double().requires_grad_()
        expected = benchmark.loss_and_gradient(path.plain, precise, target)
        for ours, theirs in zip(found, expected, strict=True):
            assert (ours - theirs).abs().max() < 1e-5 * theirs.abs().max(), path.name


def test_the_benchmark_refuses_a_wrong_loss(benchmark: ModuleType) -> None:
    layout = benchmark.vector("f1", 300, "cpu")
    wrong = layout.paths[0]._replace(loss=metricc.compile("jaccard").loss(from_logits=False))
    with pytest.raises(click.ClickException, match="metricc, 300: loss is off by"):
        benchmark.check(wrong, layout)


def test_each_example_is_documented() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.iterdir():
        if path.suffix in (".py", ".metric"):
            assert f"`{path.name}`" in text

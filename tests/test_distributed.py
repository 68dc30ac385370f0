"""Ranks that sum their entries train as one process does that has the whole batch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from filelock import FileLock

import metricc

TESTS = Path(__file__).parent
Report = dict[str, dict[str, float]]


def launch(emitted: Path, world: int, backend: str = "gloo") -> str:
    """Return what rank 0 of tests/ranks.py prints."""
    torchrun = [sys.executable, "-W", "error", "-m", "torch.distributed.run", "--standalone"]
    script = [TESTS / "ranks.py", emitted, backend]
    result = subprocess.run(
        [*torchrun, f"--nproc-per-node={world}", *script],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def emit(path: Path) -> Path:
    """Return a loss that the command line made."""
    options = ["--task", "multilabel", "--sync", "mean", "-o", str(path)]
    command = [sys.executable, "-m", "metricc", "compile", "f1", *options]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture(scope="module", params=[2, 4], ids="{} ranks".format)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What the worst rank found in each case; one launch serves all workers of pytest-xdist."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path = folder / f"{request.param}_ranks.json"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            path.write_text(launch(emit(path.with_suffix(".py")), request.param))
    return json.loads(path.read_text())


def chosen(report: Report, *words: str) -> Report:
    found = {case: row for case, row in report.items() if all(word in case for word in words)}
    assert found, f"no case is about {words}"
    return found


def assert_equal(report: Report) -> None:
    """Compare parameters after five steps with those of one process, and losses and counts."""
    for case, row in report.items():
        bound = 1e-6 if "float32" in case else 1e-12
        differences = {name: value for name, value in row.items() if name != "collectives"}
        assert {name: v for name, v in differences.items() if not v <= bound} == {}, case


@pytest.mark.parametrize("cut", ["uneven", "empty", "sorted"])
def test_parameters_are_those_of_one_process_however_the_batch_is_cut(
    report: Report, cut: str
) -> None:
    cases = chosen(report, cut, "float64")
    assert len(cases) == 9
    assert_equal(cases)


def test_single_precision_agrees_too(report: Report) -> None:
    cases = chosen(report, "float32")
    assert len(cases) == 12
    assert_equal(cases)


def test_counts_are_the_global_total(report: Report) -> None:
    counted = {case: row for case, row in report.items() if "counts" in row}
    assert {*report} - {*counted} == {"emitted", "half", "two passes"}
    assert all(row["counts"] <= 1e-6 for row in counted.values())


@pytest.mark.parametrize("kind", ["sum", "group", "sharded"])
def test_gradients_are_summed_by_hand_or_averaged_by_torch(report: Report, kind: str) -> None:
    cases = chosen(report, f"{kind},")
    assert len(cases) == 2
    assert_equal(cases)


def test_an_emitted_file_needs_no_metricc(report: Report) -> None:
    assert_equal(chosen(report, "emitted"))


def test_two_passes_of_all_ranks_give_the_gradient_of_the_whole(report: Report) -> None:
    assert report["two passes"]["gradient"] <= 1e-12
    assert report["two passes"]["second pass"] == 0, "the total is known: nothing to exchange"


def test_half_of_the_ranks_are_a_batch_of_their_own(report: Report) -> None:
    assert report["half"]["loss"] <= 1e-12
    assert report["half"]["strangers"] == 0, "a group without this rank was taken"


def test_a_loss_takes_one_collective_forwards_and_backwards(report: Report) -> None:
    ours = {case: row for case, row in report.items() if "collectives" in row}
    assert len(ours) == len(report) - 2
    assert {case: row["collectives"] for case, row in ours.items() if row["collectives"] != 1} == {}


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_gpus_agree_as_well(tmp_path: Path) -> None:
    emitted = emit(tmp_path / "f1_loss.py")
    assert_equal(json.loads(launch(emitted, 2, "nccl")))


@pytest.mark.parametrize("sync", [True, "mean", "sum"])
def test_sync_without_a_process_group_is_refused(sync: bool | str) -> None:
    loss = metricc.compile("f1").loss(sync=sync)
    input, target = torch.zeros(3, requires_grad=True), torch.tensor([0, 1, 1])
    for method in (loss, loss.counts):
        with pytest.raises(ValueError, match=r"sync needs an initialised .* process group"):
            method(input, target)


def test_given_counts_are_summed_already() -> None:
    loss, plain = (metricc.compile("f1").loss(sync=sync) for sync in ("sum", False))
    input, target = torch.zeros(3), torch.tensor([0, 1, 1])
    total = plain.counts(input, target)
    assert loss(input, target, counts=total) == plain(input, target)


def test_what_is_not_asked_for_is_not_in_the_file() -> None:
    assert "distributed" not in metricc.compile("f1").source()
    assert "distributed" in metricc.compile("f1").source(sync="mean")

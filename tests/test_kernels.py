"""Kernels are built, kept and loaded, or a warning says why not: each case is a new process."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from machine import COMPILER, SOURCE, TOTAL, Machine, outcome

from metricc import kernels

fcntl = pytest.importorskip("fcntl", reason="Windows has neither locks nor kernels")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler here")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_package_imports_neither_the_compiler_nor_torch() -> None:
    code = "import sys, metricc.kernels; print({'sympy', 'lark', 'torch'} & sys.modules.keys())"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_the_environment_switches_kernels_while_a_process_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("METRICC_KERNELS", "off")
    assert not kernels.are_on()
    assert kernels.library(SOURCE) is None
    monkeypatch.delenv("METRICC_KERNELS")
    assert kernels.are_on()


@needs_compiler
def test_a_second_process_runs_no_compiler(machine: Machine) -> None:
    assert machine.use()["total"] == TOTAL
    assert machine.runs > 0
    machine.compiler.unlink()
    second = machine.use()
    assert second["total"] == TOTAL
    assert second["warnings"] == []
    assert not list(machine.temporary.iterdir())
    files = {path for path in machine.home.rglob("*") if path.is_file()}
    assert {path.name for path in files.difference(machine.libraries)} == {"lock"}


@needs_compiler
def test_macros_and_another_compiler_each_have_their_library(machine: Machine) -> None:
    assert machine.use()["total"] == TOTAL
    assert machine.use(macros={"FACTOR": "2 + 1"})["total"] == 3 * TOTAL
    before = machine.runs
    assert machine.use(CC=f"{machine.compiler} -DANOTHER")["total"] == TOTAL
    assert machine.runs > before


@needs_compiler
def test_the_words_of_cc_are_read_as_a_shell_reads_them(machine: Machine) -> None:
    compiler = machine.script("my 'own' compiler", f'exec {COMPILER} "$@"')
    command = shlex.join([str(compiler), "-DFACTOR=(4 - 2)"])
    assert machine.use(CC=command)["total"] == 2 * TOTAL


def below_a_file(machine: Machine) -> dict[str, str]:
    (machine.folder / "file").touch()
    return {"HOME": str(machine.folder / "file" / "home")}


def in_proc(machine: Machine) -> dict[str, str]:
    return {"HOME": "/proc/home"}


def read_only(machine: Machine) -> dict[str, str]:
    machine.home.chmod(0o500)
    if os.access(machine.home, os.W_OK):
        pytest.skip("this user may write everywhere")
    return {}


def written_by_others(machine: Machine) -> dict[str, str]:
    shared = machine.folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    return {"METRICC_CACHE": str(shared)}


def link_to_what_others_write(machine: Machine) -> dict[str, str]:
    link = machine.folder / "link"
    link.symlink_to(written_by_others(machine)["METRICC_CACHE"])
    return {"METRICC_CACHE": str(link)}


def owned_by_another(machine: Machine) -> dict[str, str]:
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    other = machine.folder / "other"
    other.mkdir(mode=0o700)
    os.chown(other, 12345, 12345)
    return {"METRICC_CACHE": str(other)}


def no_new_files(machine: Machine) -> dict[str, str]:
    (machine.home / ".cache/metricc/kernels/lock").mkdir(
        parents=True
    )  # no file can be of that name
    return {}


@needs_compiler
@pytest.mark.parametrize(
    "place",
    [
        below_a_file,
        in_proc,
        read_only,
        written_by_others,
        link_to_what_others_write,
        owned_by_another,
        no_new_files,
    ],
)
def test_where_nothing_can_be_kept_a_private_directory_serves_and_goes(
    place: Callable[[Machine], dict[str, str]], machine: Machine
) -> None:
    found = machine.use(**place(machine))
    assert found["total"] == TOTAL
    assert found["warnings"] == []
    assert machine.runs > 0
    assert not list(machine.folder.rglob("*.so"))
    assert not list(machine.temporary.iterdir())


@needs_compiler
@pytest.mark.parametrize("temporary", ["runs", "runs nothing"])
def test_a_file_system_that_runs_nothing(temporary: str, machine: Machine) -> None:
    there = machine.home if temporary == "runs" else machine.folder
    machine.within = [
        *("unshare", "--map-root-user", "--mount", "sh", "-c"),
        f'mount --bind {there} {there} && mount -o remount,bind,noexec {there} && exec "$@"',
        "sh",
    ]
    if not shutil.which("unshare") or subprocess.run([*machine.within, "true"]).returncode:
        pytest.skip("no file system can be mounted here")
    found = machine.use(CC=str(COMPILER))
    assert found["total"] == (TOTAL if temporary == "runs" else None)
    assert len(found["warnings"]) == (temporary == "runs nothing")
    assert not list(machine.folder.rglob("*.so"))
    assert not list(machine.temporary.iterdir())


def no_compiler(machine: Machine) -> dict[str, str]:
    return {"PATH": str(machine.home), "CC": " "}


def cc_is_not_there(machine: Machine) -> dict[str, str]:
    return {"CC": "nowhere/cc -O2"}


def cc_is_half_a_quote(machine: Machine) -> dict[str, str]:
    return {"CC": "cc '-O2"}


def cc_is_no_program(machine: Machine) -> dict[str, str]:
    path = machine.script("text", "")
    path.write_bytes(b"\x7fELF")
    return {"CC": str(path)}


def cc_fails(machine: Machine) -> dict[str, str]:
    return {"CC": str(machine.script("fails", "echo 'error: out of order' >&2; exit 1"))}


def cc_makes_nothing(machine: Machine) -> dict[str, str]:
    return {"CC": str(machine.script("idle", "exit 0"))}


def cc_makes_no_library(machine: Machine) -> dict[str, str]:
    text = 'while [ "$1" != -o ]; do shift; done; echo text > "$2"'
    return {"CC": str(machine.script("text", text))}


def cc_hangs(machine: Machine) -> dict[str, str]:
    return {"CC": str(machine.script("hangs", f"echo >> {machine.record}; sleep 1000; true"))}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (no_compiler, "neither cc nor gcc nor clang"),
        (cc_is_not_there, "CC=nowhere/cc -O2 is not there"),
        (cc_is_half_a_quote, "CC=cc '-O2 cannot be read: No closing quotation"),
        (cc_is_no_program, "Exec format error"),
        (cc_fails, "fails: error: out of order"),
        (cc_makes_nothing, "No such file"),
        (cc_makes_no_library, "file too short"),
        (cc_hangs, "hangs takes over 0.5 seconds"),
    ],
)
def test_without_a_library_one_warning_says_why(
    fault: Callable[[Machine], dict[str, str]], reason: str, machine: Machine
) -> None:
    limit = 0.5 if fault is cc_hangs else 60
    found = machine.use(limits=(limit, 60), **fault(machine))
    assert found["total"] is None
    (warning,) = found["warnings"]
    assert warning.startswith("KernelWarning: C kernels are off: ")
    assert reason in warning
    assert "METRICC_KERNELS=off" in warning
    assert not list(machine.temporary.iterdir())
    assert machine.runs == (fault is cc_hangs)  # once, though two sources ask for it


def test_off_means_neither_library_nor_warning_nor_trace(machine: Machine) -> None:
    found = machine.use(METRICC_KERNELS="off")
    assert (found["total"], found["warnings"], machine.runs) == (None, [], 0)
    assert not list(machine.home.iterdir())


@needs_compiler
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: b"", id="empty"),
        pytest.param(lambda whole: whole[: len(whole) // 2], id="cut short"),
        pytest.param(lambda whole: bytes(255 - byte for byte in whole), id="flipped"),
        pytest.param(lambda whole: whole[:-1] + bytes([255 - whole[-1]]), id="last byte"),
    ],
)
def test_a_damaged_library_is_built_again(
    damage: Callable[[bytes], bytes], machine: Machine
) -> None:
    machine.use()
    whole = {path: path.read_bytes() for path in machine.libraries}
    for path, contents in whole.items():
        path.write_bytes(damage(contents))
    before = machine.runs
    found = machine.use()
    assert (found["total"], found["warnings"]) == (TOTAL, [])
    assert machine.runs > before
    assert {path: path.read_bytes() for path in machine.libraries} == whole


@needs_compiler
def test_of_eight_processes_that_start_cold_one_builds(machine: Machine) -> None:
    outcomes = [outcome(one) for one in [machine.start() for _ in range(8)]]
    assert [one["total"] for one in outcomes] == [TOTAL] * 8
    assert [one["warnings"] for one in outcomes] == [[]] * 8
    together = machine.runs
    alone = Machine(machine.folder / "alone")
    alone.use()
    assert together == alone.runs


@needs_compiler
def test_who_has_waited_for_long_builds_alone(machine: Machine) -> None:
    directory = machine.home / "cache"
    directory.mkdir(mode=0o700)
    with (directory / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = machine.use(limits=(60, 0.1), METRICC_CACHE=str(directory))
    assert found["total"] == TOTAL
    assert machine.libraries


@needs_compiler
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/maps")
def test_threads_are_those_that_torch_has(machine: Machine) -> None:
    pytest.importorskip("torch")
    with_torch = machine.use("import torch; assert torch.ones(10**6).sum() == 10**6")
    assert (with_torch["total"], with_torch["threads"]) == (TOTAL, 2)
    (runtime,) = with_torch["runtimes"]
    assert "torch" in runtime
    without = machine.use()
    assert (without["total"], without["threads"], without["runtimes"]) == (TOTAL, 1, [])

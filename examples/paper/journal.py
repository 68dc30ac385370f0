"""The finished tasks of a study, a line of JSON each, so that an interruption loses none.

The first line holds what the numbers depend on. A line that an interruption cut short is dropped.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from tasks import Result, Row, Settings, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from problems import Problem

NAME = "journal.jsonl"
LIBRARIES = ("metricc", "numpy", "scikit-learn", "torch")


class JournalError(Exception):
    """A journal that belongs to another study, or to no study at all."""


def describe(settings: Settings, problems: Mapping[str, Problem]) -> dict[str, object]:
    """Return all that the numbers depend on: settings, data, versions, machine."""
    data = {name: _digest(problem) for name, problem in problems.items()}
    return {
        "settings": {**settings._asdict(), "schedule": settings.schedule._asdict()},
        "data": data,
        "versions": {name: version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def _digest(problem: Problem) -> str:
    """Return a fingerprint of a problem's numbers."""
    return hashlib.sha256(problem.features.tobytes() + problem.labels.tobytes()).hexdigest()[:16]


def claim(directory: Path) -> Path:
    """Return a directory for results, made if need be.

    Raises:
        JournalError: it holds files, none of which is a journal of ours.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()) and not (directory / NAME).exists():
        raise JournalError(f"{directory} holds other files: name another directory with --out")
    return directory


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Keep other runs out of a directory until this one ends, however it ends.

    Raises:
        JournalError: another run is at work there.
    """
    try:
        with FileLock(directory / "lock", timeout=0):
            yield
    except Timeout:
        raise JournalError(
            f"another run is at work in {directory}: let it end, or name another with --out"
        ) from None


class Journal:
    """Reads what is done, and writes what is done next."""

    def __init__(self, path: Path, settings: Mapping[str, object]) -> None:
        """Open a journal, or begin one.

        Raises:
            JournalError: the file is no journal, or one of a study with other settings.
        """
        self.path, self.done = path, dict[Task, Result]()
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        whole = [line for line in lines if line.endswith("\n")]
        if whole:
            self._check(whole[0], settings)
            self.done.update(map(_entry, whole[1:]))
        else:
            if lines:
                raise JournalError(f"{path} is not a journal of this study")
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = [json.dumps(settings) + "\n"]
        if whole != lines:
            _replace(path, "".join(whole))

    def _check(self, line: str, settings: Mapping[str, object]) -> None:
        try:
            known = _flat(json.loads(line))
        except (ValueError, AttributeError):
            raise JournalError(f"{self.path} is not a journal of this study") from None
        wanted = _flat(json.loads(json.dumps(settings)))
        for name in sorted(known.keys() & wanted.keys()):
            if known[name] != wanted[name]:
                raise JournalError(
                    f"{self.path} holds results with {name} {known[name]}, not {wanted[name]}: "
                    "name another directory with --out, or delete that one"
                )

    def add(self, task: Task, result: Result) -> None:
        """Write a finished task, so that it survives whatever comes next."""
        line = json.dumps({"task": task, "rows": result.rows, "curves": result.curves})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.done[task] = result


def _flat(nested: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return the leaves of nested mappings: settings.seed, versions.torch."""
    leaves = {}
    for name, value in nested.items():
        is_inner = isinstance(value, dict)
        leaves |= _flat(value, f"{prefix}{name}.") if is_inner else {prefix + name: value}
    return leaves


def _entry(line: str) -> tuple[Task, Result]:
    entry = json.loads(line)
    rows = [Row(*row) for row in entry["rows"]]
    return Task(*entry["task"]), Result(rows, entry["curves"])


def _replace(path: Path, text: str) -> None:
    """Write a file in one go: whoever reads it sees the old one or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)

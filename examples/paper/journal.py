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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

import metricc
from tasks import Result, Row, Settings, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from problems import Problem

NAME = "journal.jsonl"
LIBRARIES = ("metricc", "numpy", "scikit-learn", "torch")
STUDY = ("candidates", "folds", "losses", "networks", "stacked", "tasks", "train")
"""The modules here that the numbers come from."""


class JournalError(Exception):
    """A journal that belongs to another study, or to no study at all."""


def describe(settings: Settings, problems: Mapping[str, Problem]) -> dict[str, object]:
    """Return all that the numbers depend on: settings, data, code, versions, machine."""
    data = {
        name: _digest(problem.features.tobytes(), problem.labels.tobytes())
        for name, problem in problems.items()
    }
    return {
        "settings": {**settings._asdict(), "schedule": settings.schedule._asdict()},
        "data": data,
        "code": _digest(*(path.read_bytes() for path in sources())),
        "versions": {name: version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def sources() -> list[Path]:
    """Return the files whose code makes the numbers."""
    package = Path(metricc.__file__).parent
    return [
        *(Path(__file__).with_name(f"{name}.py") for name in STUDY),
        *sorted(path for path in package.rglob("*") if path.suffix in (".c", ".metric", ".py")),
    ]


def _digest(*parts: bytes) -> str:
    """Return a fingerprint."""
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


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
        wanted = json.loads(json.dumps(settings))
        known = self._header(whole[0] if whole else "{}" if not lines else "")
        if whole[1:]:  # without results there is nothing that other settings could spoil
            self._check(known, wanted)
            wanted["data"] = {**known.get("data", {}), **wanted["data"]}
        self.done.update(map(_entry, whole[1:]))
        whole[:1] = [json.dumps(wanted) + "\n"]
        if whole != lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, "".join(whole))

    def _header(self, line: str) -> dict[str, Any]:
        try:
            header = json.loads(line)
        except ValueError:
            header = None
        if not isinstance(header, dict):
            raise JournalError(f"{self.path} is not a journal of this study")
        return header

    def _check(self, header: Mapping[str, object], settings: Mapping[str, object]) -> None:
        """Refuse settings other than those of the results; further problems are welcome."""
        known, wanted = _flat(header), _flat(settings)
        for name in sorted(known.keys() | wanted.keys()):
            is_one_only = name not in known or name not in wanted
            if is_one_only and name.startswith("data."):
                continue
            if is_one_only or known[name] != wanted[name]:
                before, now = known.get(name, "unknown"), wanted.get(name, "unknown")
                raise JournalError(
                    f"{self.path} holds results with {name} {before}, not {now}: "
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

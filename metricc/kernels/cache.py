"""Built libraries, kept for the user's next process as `<what it is made of>-<choice>-<digest>.so`.

The digest of the contents stands in the name, so that a file and what proves it whole appear
together, by one rename.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import sys
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from . import compiler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WAIT = 60.0
"""Seconds that a process waits for another's build before it builds for itself."""


def find_directory() -> Path | None:
    """The user's directory of libraries, made if it is missing; None if it is not theirs alone.

    `$METRICC_CACHE`, else `$XDG_CACHE_HOME/metricc/kernels`, else the same below `~/.cache`
    (macOS: `~/Library/Caches`).
    """
    try:
        directory = _place().resolve()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found, system = directory.lstat(), os.statvfs(directory)
    except (OSError, RuntimeError):  # nowhere to write; no home; links in a circle
        return None
    private = found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return directory if private and not system.f_flag & getattr(os, "ST_NOEXEC", 0) else None


def _place() -> Path:
    if named := os.environ.get("METRICC_CACHE"):
        return Path(named)
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not caches.is_absolute():  # which the convention has us ignore
        caches = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return caches / "metricc" / "kernels"


def identify(source: str, macros: Mapping[str, str]) -> str:
    """A name for all that makes a library what it is, but for the compiler's version.

    A library stays right when the compiler is upgraded, or is no longer there. Setting `CC` to
    another compiler asks for a library of its own.
    """
    machine = (platform.machine(), platform.libc_ver(), _instructions())
    how = (compiler.FLAGS, compiler.CHOICES, compiler.LINK, os.environ.get("CC", ""))
    return sha256(json.dumps([source, dict(macros), how, machine]).encode()).hexdigest()[:32]


def _instructions() -> str:
    """What -march=native depends on: the instructions of this machine's processor."""
    with suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(("flags", "Features")):
                return line
    return platform.processor()


def load(directory: Path, name: str) -> ctypes.CDLL | None:
    """The first whole library of that name that this process can load, the best choice first.

    To load a file that was cut short or altered might end the process: it goes, to be built again.

    Raises:
        OSError: such a file cannot be removed.
    """
    for path in sorted(directory.glob(f"{name}-*.so")):
        if not path.stem.endswith(_digest(path)):
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):  # the next choice may need less of this process
            return ctypes.CDLL(str(path))
    return None


def keep(directory: Path, name: str, choice: int, built: Path) -> Path:
    """Moves a library that was built inside `directory` to where `load` finds it, in one step."""
    built.chmod(0o700)  # whatever the umask lets others do
    return built.replace(directory / f"{name}-{choice}-{_digest(built)}.so")


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:32]


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """One process builds and the rest wait; after `WAIT`, or where files have no locks, all build.

    That is safe too, only wasteful. The system drops the lock of a process that dies.
    """
    import fcntl  # which Windows lacks

    until = time.monotonic() + WAIT
    with (directory / "lock").open("w") as file:
        while time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.02)
            except OSError:
                break
        yield

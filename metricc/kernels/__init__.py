"""Kernels in C, built on first use with the system's compiler and kept for the next process.

The one part of metricc that emitted files import, and only where metricc is installed. It needs the
standard library alone.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from . import cache
from .compiler import BuildError, build

if TYPE_CHECKING:
    from .loops import Loops

__all__ = ["KernelWarning", "Loops", "are_on", "library"]


class KernelWarning(RuntimeWarning):
    """Kernels cannot be built or loaded here: portable operations do their work, more slowly."""


def are_on() -> bool:
    """Whether kernels are wanted: always, unless the environment has `METRICC_KERNELS=off`.

    The environment is read at each call, so that `os.environ` switches it in a running process.
    """
    return os.environ.get("METRICC_KERNELS", "").strip().lower() != "off"


def library(source: str, /, **macros: str) -> ctypes.CDLL | None:
    """The C source as a library, with -DNAME=VALUE for each macro.

    Built on first use, then found in the user's cache; later calls in a process return what the
    first found. OpenMP runs on the threads of torch if torch was imported before, else pragmas do
    nothing.

    Returns:
        The library; None if kernels are off, or if they cannot be built or loaded here, which one
        `KernelWarning` says once in a process.
    """
    if not are_on():
        return None
    found = _find(source, tuple(sorted(macros.items())))
    if isinstance(found, ctypes.CDLL):
        return found
    _warn(found)
    return None


@functools.cache
def _find(source: str, macros: tuple[tuple[str, str], ...]) -> ctypes.CDLL | str:
    """The library, or why there is none: the answer for the rest of the process."""
    if sys.platform == "win32":
        return "they are not supported on Windows"
    try:
        if directory := cache.find_directory():
            with suppress(OSError):  # full, read-only, …
                return _find_in(directory, source, dict(macros))
        # a library that is loaded needs its file no more
        with TemporaryDirectory(prefix="metricc-", ignore_cleanup_errors=True) as private:
            return _find_in(Path(private), source, dict(macros))
    except (BuildError, OSError) as error:
        return str(error)


def _find_in(directory: Path, source: str, macros: dict[str, str]) -> ctypes.CDLL:
    """The library from `directory`, built if it is not there.

    Raises:
        BuildError: the compiler makes none.
        OSError: nothing can be written there, or loaded from there.
    """
    name = cache.identify(source, macros)
    if found := cache.load(directory, name):
        return found
    with cache.locked(directory):
        if found := cache.load(directory, name):  # another process has built it meanwhile
            return found
        return _build_in(directory, name, source, macros)


def _build_in(directory: Path, name: str, source: str, macros: dict[str, str]) -> ctypes.CDLL:
    """The first library that the compiler makes and this process can load; it is kept."""
    refusals = []
    with TemporaryDirectory(prefix="build-", dir=directory, ignore_cleanup_errors=True) as folder:
        for choice, built in build(source, macros, Path(folder)):
            kept = cache.keep(directory, name, choice, built)
            try:
                return ctypes.CDLL(str(kept))
            except OSError as refusal:
                refusals.append(refusal)
    raise refusals[-1]


_INSTALL = "`xcode-select --install`" if sys.platform == "darwin" else "`apt install gcc libc6-dev`"

_warned = False


def _warn(reason: str) -> None:
    """Says once in a process why there are no kernels, and what to do."""
    global _warned
    if _warned:
        return
    _warned = True
    ways = (
        "" if sys.platform == "win32" else f"Install a C compiler ({_INSTALL}) or name it in CC. "
    )
    warnings.warn(
        f"C kernels are off: {reason}. Portable operations give the same results, more slowly. "
        f"{ways}METRICC_KERNELS=off in the environment silences this.",
        KernelWarning,
        stacklevel=3,
    )


if not TYPE_CHECKING:  # a type checker would take any name for an attribute

    def __getattr__(name: str) -> object:
        """What needs torch, imported when asked for."""
        if name != "Loops":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = getattr(import_module(".loops", __name__), name)
        return globals()[name]

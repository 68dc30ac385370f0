"""C source becomes a shared library, by the system's compiler, in a directory of the caller's."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FLAGS = ("-std=gnu11", "-O3", "-fPIC", "-fno-math-errno", "-fno-trapping-math")

# The best first. Compilers refuse some: Apple's takes OpenMP by way of -Xclang only.
CHOICES: tuple[tuple[str, ...], ...] = (
    ("-march=native", "-mprefer-vector-width=512", "-fopenmp"),
    ("-march=native", "-fopenmp"),
    ("-march=native", "-Xclang", "-fopenmp"),
    ("-fopenmp",),
    ("-Xclang", "-fopenmp"),
    ("-march=native",),
    (),
)

# OpenMP's runtime is never linked: its names are found in the one that torch has loaded, for a
# second one would keep a second pool of threads. Where there is none, a later choice is loaded.
LINK = ("-shared", "-Wl,-undefined,dynamic_lookup") if sys.platform == "darwin" else ("-shared",)

LIMIT = 30.0
"""Seconds that one run of the compiler may take."""

_HANGING: set[tuple[str, ...]] = set()


class BuildError(Exception):
    """No library can be built; the message says why, as the end of a sentence."""


def find_compiler() -> tuple[str, ...]:
    """The words that start the compiler: `$CC`, else the first of cc, gcc and clang.

    Raises:
        BuildError: there is none.
    """
    named = os.environ.get("CC", "").strip()
    try:
        candidates = [shlex.split(named)] if named else [["cc"], ["gcc"], ["clang"]]
    except ValueError as error:
        raise BuildError(f"CC={named} cannot be read: {error}") from None
    for program, *arguments in candidates:
        if path := shutil.which(program):
            return (os.path.abspath(path), *arguments)  # noqa: PTH100 (a link's name may matter)
    raise BuildError(
        f"CC={named} is not there"
        if named
        else "no C compiler is on the PATH: neither cc nor gcc nor clang"
    )


def build(source: str, macros: Mapping[str, str], folder: Path) -> Iterator[tuple[int, Path]]:
    """Builds the source into `folder`, once for each of `CHOICES` that the compiler takes.

    Yields:
        The choice's number and the library, the best first; each is built when it is asked for.

    Raises:
        BuildError: there is no compiler, it takes too long, or it refuses every choice.
        OSError: the folder cannot be written.
    """
    compiler = find_compiler()
    (folder / "kernels.c").write_text(source, encoding="utf-8")
    defined = [f"-D{name}={value}" for name, value in macros.items()]
    refusals = []
    for number, choice in enumerate(CHOICES):
        compiled, library = f"{number}.o", f"{number}.so"
        flags = [*FLAGS, *choice, *defined]
        refusal = _run(compiler, [*flags, "-c", "kernels.c", "-o", compiled], folder) or _run(
            compiler, [*LINK, compiled, "-lm", "-o", library], folder
        )
        if refusal:
            refusals.append(refusal)
        else:
            yield number, folder / library
    if len(refusals) == len(CHOICES):
        raise BuildError(f"{shlex.join(compiler)} fails: {refusals[-1]}")


def _run(compiler: tuple[str, ...], arguments: list[str], folder: Path) -> str:
    """Runs the compiler in `folder`, and lets it write there only; returns what it refuses."""
    if compiler in _HANGING:
        raise BuildError(f"{shlex.join(compiler)} hangs")
    with subprocess.Popen(
        [*compiler, *arguments],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # so that what the compiler starts ends with it
    ) as process:
        try:
            said, _ = process.communicate(timeout=LIMIT)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            _HANGING.add(compiler)
            raise BuildError(f"{shlex.join(compiler)} takes over {LIMIT:g} seconds") from None
    if process.returncode == 0:
        return ""
    lines = said.decode(errors="replace").splitlines() or [f"exit status {process.returncode}"]
    return next((line for line in lines if "error" in line), lines[-1]).strip()

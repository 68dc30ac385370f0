"""A home, a compiler and a temporary directory of a test's own, for processes that use a kernel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

COMPILER = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)

SOURCE = """
#ifdef _OPENMP
int omp_get_num_threads(void);
#endif
#ifndef FACTOR
#define FACTOR 1
#endif
double sum(const double *x, long n) {
    double s = 0;
    #pragma omp parallel for reduction(+ : s) num_threads(2)
    for (long i = 0; i < n; i++) s += x[i];
    return s * (FACTOR);
}
int threads(void) {
    int team = 1;
    #ifdef _OPENMP
    #pragma omp parallel num_threads(2)
    #pragma omp single
    team = omp_get_num_threads();
    #endif
    return team;
}
"""

USE = """
import ctypes, json, sys, warnings
from metricc import kernels
from metricc.kernels import cache, compiler
compiler.LIMIT, cache.WAIT = LIMITS
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for text in (SOURCE, SOURCE + "/* another */", SOURCE):
        library = kernels.library(text, **MACROS)
total = None
if library:
    library.sum.restype = ctypes.c_double
    total = library.sum((ctypes.c_double * 1000)(*range(1000)), ctypes.c_long(1000))
maps = open("/proc/self/maps").read() if sys.platform == "linux" else ""
print(json.dumps({
    "total": total,
    "warnings": [f"{one.category.__name__}: {one.message}" for one in said],
    "threads": library and library.threads(),
    "runtimes": sorted({one.split()[-1] for one in maps.splitlines() if "libgomp" in one}),
}))
"""
TOTAL = 499500.0
SETTINGS = ("CC", "METRICC_CACHE", "METRICC_KERNELS", "XDG_CACHE_HOME")


class Machine:
    """A home directory and a compiler that keeps a record of its runs, for processes of a test."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.home = folder / "home"
        self.temporary = folder / "temporary"
        for directory in (self.home, self.temporary):
            directory.mkdir()
        self.record = folder / "record"
        self.record.touch()
        self.within: list[str] = []
        work = f'echo >> {self.record}; echo > "$TMPDIR/left"; exec {COMPILER} "$@"'
        self.compiler = self.script("compiler", work)
        inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        self.environment = {
            **inherited,
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "CC": str(self.compiler),
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }

    def script(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def start(
        self,
        before: str = "",
        limits: tuple[float, float] = (60, 60),
        macros: dict[str, str] | None = None,
        **environment: str,
    ) -> subprocess.Popen[str]:
        setting = f"SOURCE, LIMITS, MACROS = {SOURCE!r}, {limits}, {macros or {}}"
        return subprocess.Popen(
            [*self.within, sys.executable, "-c", f"{before}\n{setting}\n{USE}"],
            env={**self.environment, **environment},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
        )

    def use(self, *arguments: str, **options: object) -> dict[str, object]:
        return outcome(self.start(*arguments, **options))

    @property
    def runs(self) -> int:
        return len(self.record.read_text().splitlines())

    @property
    def libraries(self) -> list[Path]:
        return sorted(self.home.rglob("*.so"))


def outcome(process: subprocess.Popen[str]) -> dict[str, object]:
    said, _ = process.communicate(timeout=100)
    assert process.returncode == 0
    return json.loads(said)

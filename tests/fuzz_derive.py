"""Fuzzes what is written about a metric: `python tests/fuzz_derive.py --seconds 60`.

Whatever the text is, explain, derive and what a notebook shows end within seconds of processor
time, in text or in a MetricError. The corpus comes first, then formulas that hypothesis draws.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import fuzz
import hypothesis
from formulas import hostile
from fuzz import BrokenPromiseError, TooSlowError

import metricc
from metricc.derivation.equations import Wrt
from metricc.formats import FORMATS

SECONDS = 2.0
PATIENCE = 20.0


def parameters(count: int) -> str:
    """Return a metric with many parameters."""
    names = [f"w{i}" for i in range(count)]
    given = ", ".join(f"{name} = {i + 1}" for i, name in enumerate(names))
    return f"metric many({given}) = TP/(TP + {' + '.join(f'{name}*FP' for name in names)} + FN)"


def examine(text: str) -> dict[str, float]:
    """Write about a text in all ways, and return how many seconds each took.

    Raises:
        BrokenPromiseError: something else came out than text or a MetricError, or nothing did.
    """
    try:
        metric = metricc.compile(text)
    except metricc.MetricError:
        return {}
    return {name: _seconds(name, step) for name, step in _steps(metric).items()}


def _steps(metric: metricc.Metric) -> dict[str, Callable[[], str]]:
    steps: dict[str, Callable[[], str]] = {"explain": metric.explain}
    for wrt in get_args(Wrt):
        steps[f"derive --wrt {wrt}"] = lambda wrt=wrt: metric.derivation("text", wrt=wrt)
    for format in FORMATS:
        steps[f"derive --format {format}"] = lambda format=format: metric.derivation(format)
    return steps | {"a page": metric._repr_html_, "a notebook": metric._repr_latex_}


def _seconds(name: str, step: Callable[[], str]) -> float:
    started = time.process_time()
    try:
        with fuzz.limited(PATIENCE):
            step()
    except metricc.MetricError:
        pass
    except (Exception, TooSlowError) as error:
        frames = traceback.extract_tb(error.__traceback__)
        where = next((f for f in reversed(frames) if "/metricc/" in f.filename), frames[-1])
        what = f"{name}: {type(error).__name__} in {Path(where.filename).name}:{where.lineno}"
        raise BrokenPromiseError(what) from error
    return time.process_time() - started


def _report(text: str) -> int:
    """Print what is wrong with a text, and return how much."""
    try:
        slow = {name: spent for name, spent in examine(text).items() if spent > SECONDS}
    except BrokenPromiseError as broken:
        print(f"{broken}\n    {text!r}", flush=True)
        return 1
    if slow:
        worst = max(slow, key=lambda name: slow[name])
        print(f"{worst} takes {slow[worst]:.2f} s\n    {text!r}", flush=True)
    return int(bool(slow))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started, count, found = time.monotonic(), 0, 0
    for path in sorted(fuzz.CORPUS.iterdir()):
        count, found = count + 1, found + _report(fuzz.read(path.read_bytes()))
    seed = given.seed
    while time.monotonic() - started < given.seconds:

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=50,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(hostile)
        def search(text: str) -> None:
            nonlocal count, found
            if time.monotonic() - started < given.seconds:
                count, found = count + 1, found + _report(text)

        search()
        seed += 1
    print(f"{count} texts, {found} of them broke a promise; {fuzz.peak():.0f} MB")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

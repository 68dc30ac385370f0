"""Fuzzes the compiler: `python tests/fuzz.py --mode bytes --seconds 60`.

Whatever the text is, only MetricError may come out, within a second of processor time and 300 MB;
what is emitted is a module of imports, functions and classes that uses its own names alone.
`grammar` draws formulas with hypothesis; `bytes` lets atheris change files until other lines of
the compiler run (pip install 'metricc[fuzz]'). What breaks the compiler goes into tests/corpus.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import hashlib
import io
import math
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

import metricc

CORPUS = Path(__file__).with_name("corpus")
SECONDS = 1.0
MEGABYTES = 300
PATIENCE = 20.0
ROOM = 2 * 1024**3
"""Bytes of addresses, so that a text which needs them all ends in a MemoryError."""
TOP = (ast.Import, ast.FunctionDef, ast.ClassDef)
MODULES = {"math", "functools", "numpy", "torch"}
CALLED = {
    *("OverflowError", "TypeError", "ValueError", "abs", "all", "any", "float", "hasattr"),
    *("isinstance", "len", "list", "map", "max", "min", "range", "repr", "reversed", "sorted"),
    *("staticmethod", "str", "super", "tuple", "type", "zip"),
}
COUNTS = ((7, 3, 5, 11), (0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 0), (0, 1, 0, 0), (1, 0, 0, 0))


class BrokenPromiseError(Exception):
    """The compiler did with a text what it may not do with any."""


class TooSlowError(BaseException):
    """Ends a compilation that takes too long; not an Exception, for nobody to catch it."""


def examine(text: str, seconds: float = PATIENCE) -> float:
    """Compile a text in all ways, and return how many seconds a loss took.

    Raises:
        BrokenPromiseError: something else came out than a MetricError or sound text.
    """
    try:
        with limited(seconds):
            return _examine(text)
    except TooSlowError as slow:
        raise BrokenPromiseError(f"takes more than {seconds:g} s") from slow
    except RecursionError as error:
        raise BrokenPromiseError(f"RecursionError in {_place(error)}") from error


def _examine(text: str) -> float:
    started = time.process_time()
    metric = _only_metric_error(lambda: metricc.compile(text))
    code = metric and _only_metric_error(lambda: metric.source(direction="max"))
    spent = time.process_time() - started
    if metric is not None:
        _check_code(code)
        _check_code(_only_metric_error(lambda: metric.source("numpy")))
        _check_values(metric)
    return spent


def _only_metric_error(step: Callable[[], object]) -> object:
    """Return what a step makes; None if it says why it does not."""
    try:
        return step()
    except metricc.MetricError as error:
        lines = str(error).splitlines()
        if len(lines) > 12 or not all(line.isprintable() for line in lines):
            raise BrokenPromiseError(f"a picture that nobody can read: {lines[0]}") from error
        return None
    except Exception as error:
        what = f"{type(error).__name__} in {_place(error)}"
        raise BrokenPromiseError(what) from error


def _place(error: BaseException) -> str:
    """Return the last line of metricc that an error went through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/metricc/" in f.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"


def _check_code(code: object) -> None:
    """Raise unless emitted text is a module of the expected parts, with no names but its own."""
    if code is None:
        return
    try:
        compile(str(code), "<emitted>", "exec")
        tree = ast.parse(str(code))
    except (SyntaxError, ValueError) as error:
        raise BrokenPromiseError(f"emits what is no Python: {error}") from error
    strange = [*unexpected(tree)]
    if strange:
        raise BrokenPromiseError(f"emits {strange[0]}")


def unexpected(tree: ast.Module) -> Iterator[str]:
    """Yield what no emitted file has: statements beside the docstring, names of elsewhere."""
    if not ast.get_docstring(tree):
        yield "a module without a docstring"
    yield from (ast.unparse(node) for node in tree.body[1:] if not isinstance(node, TOP))
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            yield from (a.name for a in node.names if a.name.partition(".")[0] not in MODULES)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in bound | CALLED:
            kind = "the builtin" if hasattr(builtins, node.id) else "the unbound name"
            yield f"{kind} {node.id}"


def _check_values(metric: metricc.Metric) -> None:
    is_joint = metric.compilation.typed.is_joint
    for tp, fp, fn, tn in COUNTS:
        given = [[tp, tn], [fp, fn], [fn, fp], [tn, tp]] if is_joint else [tp, fp, fn, tn]
        try:
            value = metric.value(*given)
        except Exception as error:
            what = f"{type(error).__name__} of a value in {_place(error)}"
            raise BrokenPromiseError(what) from error
        if math.isnan(value):
            raise BrokenPromiseError(f"is NaN of tp={tp}, fp={fp}, fn={fn}, tn={tn}")


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooSlowError after some seconds of processor time."""

    def stop(_signal: int, _frame: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 1)  # again if somebody drops the first
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def peak() -> float:
    """Return the most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Fuzzer:
    """Examines texts, and keeps what breaks the compiler: each slow one, of the others a kind."""

    def __init__(self, corpus: Path, seconds: float) -> None:
        """Begin to count; `seconds` is how long to go on."""
        self.corpus, self.seconds = corpus, seconds
        self.started = time.monotonic()
        self.executions = self.compiled = 0
        self.found: dict[str, Path] = {}
        self.suspected: set[str] = set()

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() - self.started > self.seconds

    def run(self, text: str) -> None:
        """Examine one text, in a process of its own where time or memory are in doubt."""
        self.executions += 1
        before = peak()
        try:
            spent = examine(text)
            self.compiled += spent > 0.005
        except BrokenPromiseError as broken:
            self.keep(str(broken), text)
            return
        is_larger = peak() > max(before, MEGABYTES)
        if (spent > SECONDS or is_larger) and text not in self.suspected:
            self.suspected.add(text)
            what = alone(text)
            if what:
                self.keep(what, text)

    def keep(self, what: str, text: str) -> None:
        """Write a text into the corpus, unless there is one that breaks at the same place."""
        kind = what if what.startswith("takes") else what.partition(":")[0]
        if kind in self.found:
            return
        name = hashlib.sha1(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        self.found[kind] = self.corpus / f"{name}.metric"
        self.found[kind].write_bytes(text.encode("utf-8", "surrogatepass"))
        print(f"found: {what}\n    {self.found[kind]}: {text[:200]!r}", flush=True)

    def report(self) -> int:
        """Print what was done, and return 1 if something broke."""
        spent = time.monotonic() - self.started
        rate = self.executions / max(spent, 1e-9)
        print(
            f"{self.executions} executions in {spent:.0f} s ({rate:.0f} per second),"
            f" {self.compiled} of them compilations; {peak():.0f} MB; {len(self.found)} found",
            flush=True,
        )
        return int(bool(self.found))


def alone(text: str) -> str | None:
    """Return what is wrong with a text in a new process: its time or memory; None if nothing."""
    command = [sys.executable, __file__, "--alone"]
    data = text.encode("utf-8", "surrogatepass")
    done = subprocess.run(command, input=data, capture_output=True)
    return done.stdout.decode().strip() or None if done.returncode else None


def _alone() -> int:
    """Examine the text on standard input, after what is loaded once."""
    examine("2*TP/(2*TP + FP + FN)")
    try:
        spent = examine(read(sys.stdin.buffer.read()))
    except BrokenPromiseError as broken:
        print(broken)
        return 1
    is_slow, is_large = spent > SECONDS, peak() > MEGABYTES
    if is_slow:
        print(f"takes too long: {spent:.2f} s of {SECONDS:g} s")
    elif is_large:
        print(f"takes too much: {peak():.0f} MB of {MEGABYTES} MB")
    return int(is_slow or is_large)


def read(data: bytes) -> str:
    """Return the text of any bytes: those that are not UTF-8 become lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def by_grammar(fuzzer: Fuzzer, seed: int) -> None:
    """Draw formulas until the time is up."""
    import hypothesis
    from formulas import hostile

    while not fuzzer.is_over:

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=300,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(hostile)
        def search(text: str) -> None:
            if not fuzzer.is_over:
                fuzzer.run(text)

        search()
        seed += 1


def by_bytes(fuzzer: Fuzzer, seed: int, folder: Path) -> None:
    """Let atheris change the texts in `folder`, where it adds each that runs other lines.

    Raises:
        SystemExit: atheris is not installed.
    """
    try:
        import atheris
    except ImportError:
        raise SystemExit("the mode bytes needs atheris: pip install 'metricc[fuzz]'") from None
    for name in [name for name in sys.modules if name.partition(".")[0] in ("metricc", "lark")]:
        del sys.modules[name]
    quiet = redirect_stderr(io.StringIO())  # a line for each module
    with quiet, atheris.instrument_imports(include=["metricc", "lark"]):
        globals()["metricc"] = __import__("metricc")
        examine("f1")
    words = folder.with_suffix(".words")
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in _dictionary()))
    flags = [f"-seed={seed}", "-max_len=4096", f"-dict={words}", "-timeout=120"]
    flags += ["-rss_limit_mb=4096", "-verbosity=0"]

    def run(data: bytes) -> None:
        if fuzzer.is_over:
            os._exit(fuzzer.report())  # atheris itself never returns
        fuzzer.run(read(data))

    atheris.Setup([sys.argv[0], *flags, str(folder)], run)
    atheris.Fuzz()


def _dictionary() -> list[str]:
    from formulas import NAMES, ONE_ARGUMENT, TOKENS

    words = {*NAMES, *ONE_ARGUMENT, *TOKENS}
    return sorted(word for word in words if len(word) < 60)


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mode", choices=("grammar", "bytes"), default="grammar")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="where to write what breaks")
    parser.add_argument("--grow", type=Path, help="where bytes adds what runs other lines")
    parser.add_argument("--alone", action="store_true", help="examine one text, standard input")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    if given.alone:
        return _alone()
    fuzzer = Fuzzer(given.corpus, given.seconds)
    fuzzer.corpus.mkdir(exist_ok=True)
    if given.mode == "bytes":
        by_bytes(fuzzer, given.seed, given.grow or fuzzer.corpus)
    else:
        by_grammar(fuzzer, given.seed)
    return fuzzer.report()


if __name__ == "__main__":
    sys.exit(main())

"""Emitted files with one expression changed: `python tests/mutations.py` says what check caught.

Each value and each slope of six metrics is negated, made 4 times as large, as a published
implementation has it, and 1 % larger; so is what counts, decides and scales in the F1 file.
"""

from __future__ import annotations

import ast
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import metricc
from metricc.cli.check import prove_file

if TYPE_CHECKING:
    from collections.abc import Iterator

METRICS = ("f1", "fbeta", "mcc", "gmean", "kappa", "jaccard")
PROGRAM = ("value_and_slopes",)
AROUND = (
    "soft_entries",
    "soft_counts",
    "count",
    "surrogate",
    "surrogate_backward",
    "linearize",
    "loss_and_slopes",
)
CHANGES = {"negated": "-({})", "4 times": "4 * ({})", "1 % more": "1.01 * ({})"}


@dataclass(frozen=True)
class Mutant:
    """A file's text with one change, and what was changed."""

    what: str
    text: str


def mutants(text: str, functions: tuple[str, ...]) -> Iterator[Mutant]:
    """Yield a text for each change of each expression that these functions assign or return."""
    lines = text.splitlines(keepends=True)
    for function in ast.parse(text).body:
        if not isinstance(function, ast.FunctionDef) or function.name not in functions:
            continue
        for node in ast.walk(function):
            for expression in changeable(node):
                yield from changed(text, lines, function.name, expression)


def changeable(node: ast.AST) -> list[ast.expr]:
    """Return the numbers that a statement makes, one by one if it makes several."""
    if not isinstance(node, ast.Assign | ast.Return) or node.value is None:
        return []
    value = node.value
    if isinstance(value, ast.Tuple):
        return value.elts
    if isinstance(value, ast.List | ast.ListComp):
        return [value.elt] if isinstance(value, ast.ListComp) else value.elts
    is_unpacked = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
    return [] if is_unpacked else [value]


def changed(text: str, lines: list[str], function: str, expression: ast.expr) -> Iterator[Mutant]:
    if expression.end_lineno is None or expression.end_col_offset is None:
        return
    start = sum(map(len, lines[: expression.lineno - 1])) + expression.col_offset
    stop = sum(map(len, lines[: expression.end_lineno - 1])) + expression.end_col_offset
    old = text[start:stop]
    for change, form in CHANGES.items():
        yield Mutant(f"{function}: {old}, {change}", text[:start] + form.format(old) + text[stop:])


def is_caught(mutant: Mutant, folder: Path) -> bool:
    """Tell whether a row fails; the first that does is enough."""
    file = folder / "mutant.py"
    file.write_text(mutant.text, encoding="utf-8")
    return any(row.holds is False for row in prove_file(file))


def main() -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in METRICS:
            text = metricc.compile(name).source()
            found = [*mutants(text, PROGRAM), *(mutants(text, AROUND) if name == "f1" else ())]
            survivors = [mutant.what for mutant in found if not is_caught(mutant, Path(folder))]
            missed += len(survivors)
            print(f"{name}: {len(found) - len(survivors)} of {len(found)} caught")
            print("".join(f"    {what}\n" for what in survivors), end="")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""How long printed slopes are beside what sympy's simplify makes of the same derivatives.

python tests/derivation_lengths.py            the whole library, some minutes
python tests/derivation_lengths.py f1 mcc     some of it
"""

from __future__ import annotations

import signal
import statistics
import sys
from typing import Any

import oracle
import sympy as sp

import metricc
from metricc.derivation.formulas import formulas
from metricc.formats import Notation
from metricc.formats.printer import Printer
from metricc.formats.text import ASCII

TIME_LIMIT = 120
ENTRIES = {name: sp.Symbol(name, positive=True) for name in oracle.ENTRIES}
NAMES = {name: getattr(sp, name) for name in ("sqrt", "log", "cos", "Abs", "Min", "Max", "pi")}


def simplified(row: oracle.Published) -> str:
    """Return both slopes as sympy's simplify writes them, without spaces."""
    parameters = {name: sp.Symbol(name, positive=True) for name in row.parameters}
    value = sp.nsimplify(oracle.evaluate(row.formula, {**NAMES, **ENTRIES, **parameters}))
    tp, tn, fp, fn = (sp.diff(value, entry) for entry in ENTRIES.values())
    return "".join(f"{sp.simplify(tp - fn)}{sp.simplify(fp - tn)}".split())


def printed(row: oracle.Published) -> str:
    """Return both slopes as metricc prints them, and what they name, without spaces."""
    found = formulas(metricc.compile(row.name).compilation)
    printer = Printer(ASCII, Notation())
    needed = found.needed("positive", "negative")
    parts = [f"{name}={printer.expr(part)}" for name, part in found.parts if name in needed]
    slopes = [printer.expr(found.of[name]) for name in ("positive", "negative")]
    return "".join("".join((*parts, *slopes)).split())


def give_up(*_: Any) -> None:
    raise TimeoutError


def main(wanted: list[str]) -> None:
    """Print a line for each metric, then the median of the ratios."""
    signal.signal(signal.SIGALRM, give_up)
    ratios = []
    for row in oracle.published():
        if wanted and row.name not in wanted:
            continue
        signal.alarm(TIME_LIMIT)
        try:
            theirs = len(simplified(row))
        except TimeoutError:
            print(f"{row.name:30}   sympy needs more than {TIME_LIMIT} s")
            continue
        finally:
            signal.alarm(0)
        ours = len(printed(row))
        ratios.append(ours / theirs)
        print(f"{row.name:30} {ours:5} {theirs:5}  {ratios[-1]:.2f}")
    print(f"median of {len(ratios)} ratios: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])

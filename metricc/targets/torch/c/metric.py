"""The metric, its slopes and its loss, in doubles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....passes.naming import free
from ..loss import form
from .functions import function_names
from .printers import OF_DOUBLES, declarations

if TYPE_CHECKING:
    from ..plan import Holes, Plan

_KEYWORDS = """
auto break case char const continue default do double else enum extern float for goto if inline int
long register restrict return short signed sizeof static struct switch typedef union unsigned void
volatile while asm typeof linux unix REAL INPUT TARGET WEIGHT ENTRIES R ABS LOG LOAD STORE LIMIT OF
PASTE BLOCK CHUNKS PLACE TRUTH result smooth zero_division sharpness threshold layout input target
weight threads loss slopes entries status value most
"""


def metric_holes(plan: Plan) -> Holes:
    """Return what templates/c/metric.c leaves open."""
    program = plan.program
    names = _names(plan)
    made = form(plan)
    parameters = [names.get(name, name) for name in program.parameters]
    arguments = [*plan.entries, *plan.policy, *parameters]
    return {
        "PROGRAM_ARGUMENTS": ", ".join(f"double {name}" for name in arguments),
        "PROGRAM_CALL": ", ".join(
            (*(f"entries[{k}]" for k in range(len(plan.entries))), *plan.policy, *parameters)
        ),
        "PROGRAM": declarations(program.assignments, OF_DOUBLES, names, arguments),
        "LOSS": made.code,
        "SIGN": made.sign,
        "POLICY": "".join(f", double {name}" for name in ("smooth", *plan.policy, *parameters)),
    }


def _names(plan: Plan) -> dict[str, str]:
    """Return what C must call otherwise: its own words, and the functions that are called."""
    program = plan.program
    own = [*program.parameters, *(a.name for a in program.assignments)]
    reserved = {*_KEYWORDS.split(), *function_names(), *program.functions()} - {"value"}
    return {name: free(name + "_", {*own, *reserved}) for name in own if name in reserved}

"""The metric and its slopes in doubles, for a batch that is one confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....passes.naming import free
from ..loss import form
from .entries import row
from .printers import lines

if TYPE_CHECKING:
    from ..plan import Holes, Plan

_RESERVED = """
tl triton parts_ptr loss_ptr slopes_ptr programs offsets mask value_and_slopes_in_doubles
LIMIT BLOCK_SIZE
"""


def metric_holes(plan: Plan) -> Holes:
    """Return what the kernel of the metric, and what launches all kernels, leave open."""
    program, made = plan.program, form(plan)
    names = _names(plan)
    parameters = [names.get(name, name) for name in program.parameters]
    numbers = ["smooth", *plan.policy, *parameters]
    read = "{} = smooth + tl.sum(tl.load({} + offsets, mask, other=0))"
    starts = [row(k, "parts_ptr", "programs") for k in range(len(plan.entries))]
    loads = [read.format(*pair) for pair in zip(plan.entries, starts, strict=True)]
    called = [*plan.surrogate_options, "smooth", *plan.policy]
    return {
        "FEW_CLASSES": "",
        "PROGRAM_ARGUMENTS": ", ".join((*plan.entries, *plan.policy, *parameters)),
        "VALUE": "\n".join(lines(program.value, names)),
        "SLOPES": "\n".join(lines(program.slopes, names)),
        "LOSS": made.code,
        "SIGN": made.sign,
        "DOUBLES_OF_METRIC": "\n".join(f"{name}: tl.float64," for name in numbers),
        "FULL_DOUBLES": "\n".join(f"{name} = tl.full((), {name}, tl.float64)" for name in numbers),
        "LOAD_ENTRIES": "\n".join(loads),
        **_launch_holes(plan, called),
    }


def _launch_holes(plan: Plan, called: list[str]) -> Holes:
    """Return how the autograd function passes its numbers on."""
    size = len(plan.surrogate_options)
    decision = f", *options[:{size}]" if size else ""
    counted = f"launch_counts(input, target, sample_weight{decision})"
    given = "counts.to(torch.float64).reshape(-1, 1)"
    parts = [f"parts = {counted}"]
    if plan.takes_counts:
        parts = ["if counts is None:", f"    parts = {counted}", "else:", f"    parts = {given}"]
    rest = called[size:]
    own = ["*parameters"] if plan.own else []
    options = "".join(f", {name}" for name in plan.surrogate_options)
    return {
        "PARTS": "\n".join(parts),
        "METRIC_NUMBERS": f", *options[{size}:]" if size else ", *options",
        "LAUNCH_METRIC_ARGUMENTS": ", ".join(("input", "parts", *rest, *own)),
        "LAUNCH_METRIC": "\n".join(f"{name}," for name in (*rest, *own)),
        "LAUNCH_GRADIENT_ARGUMENTS": "grad_output, slopes, input, target, sample_weight" + options,
    }


def _names(plan: Plan) -> dict[str, str]:
    """Return what must be called otherwise: the kernels' own words."""
    program, reserved = plan.program, {*_RESERVED.split()}
    own = [*program.parameters, *(a.name for a in program.assignments)]
    return {name: free(name + "_", {*own, *reserved}) for name in own if name in reserved}

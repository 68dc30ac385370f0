"""Puts the Triton fragment of one file together: kernels, what launches them, the function."""

from __future__ import annotations

import ast
import textwrap
from functools import cache
from typing import TYPE_CHECKING

from ...passes.naming import free
from ..target import fill, read_template, wrap_call
from ..torch.arguments import argument_holes
from ..torch.loss import form
from .decision import decision_holes
from .printers import lines

if TYPE_CHECKING:
    from ..torch.plan import Holes, Plan

_KERNELS = ("decide", "soft", "count_kernel", "program", "metric_kernel", "gradient_kernel")
_RESERVED = """
tl triton parts_ptr loss_ptr slopes_ptr programs offsets mask value_and_slopes_in_doubles
LIMIT BLOCK_SIZE
"""
_INDENT = 4  # of what stands below `if triton is not None:`


def fits(plan: Plan) -> bool:
    """Tell whether there are kernels for a loss: those of one confusion matrix."""
    return not plan.options.is_grouped and not plan.has_log_loss


def triton_code(plan: Plan) -> str:
    """Return the fragment: imports, kernels, the autograd function and the predicate of a batch."""
    surrogate = plan.surrogate
    assert surrogate is not None  # of a binary task
    decision = decision_holes(surrogate, from_logits=plan.options.from_logits)
    holes = {**argument_holes(plan), **decision, **_count_holes(plan), **_metric_holes(plan)}
    kernels = [
        fill(read_template(f"triton/{name}.py"), holes, _break_line).strip("\n")
        for name in _KERNELS
        if name != "decide" or surrogate.parameters
    ]
    code = "\n\n\n".join([*_functions("\n".join(kernels)), *kernels])
    return "\n\n".join(
        (
            read_template("triton/imports.py"),
            read_template("triton/constants.py"),
            "if triton is not None:\n\n" + textwrap.indent(_closer(code), " " * _INDENT),
            "\n" + fill(read_template("triton/function.py"), holes),
        )
    )


def _closer(code: str) -> str:
    """Return functions with one line between them, as formatters have it in a block."""
    return code.replace("\n\n\n", "\n\n")


def _break_line(line: str) -> list[str]:
    """Break a call or signature that is too long below `if triton is not None:`."""
    own = line[: len(line) - len(line.lstrip())]
    return textwrap.indent(wrap_call(line, _INDENT), own).split("\n")


def _count_holes(plan: Plan) -> Holes:
    entries = plan.entries
    weight = "tl.load(weight_ptr + offsets, mask, other=0).to(DTYPE)"
    blank = [f"    {x} = tl.where(weight == 0, 0, {x})" for x in ("input", "target")]
    counts = []
    for positive, negative, soft in (("tp", "fp", "pred"), ("fn", "tn", "rest")):
        if positive in entries:
            counts.append(f"{positive} += tl.sum(target * {soft}).to(tl.float64)")
        if negative in entries:
            counts.append(f"{negative} += tl.sum({soft} - target * {soft}).to(tl.float64)")
    return {
        "ENTRIES": ", ".join(entries),
        "ROWS": str(len(entries)),
        "ZEROS": "\n".join(f"{entry} = tl.full((), 0, tl.float64)" for entry in entries),
        "BLANK": "\n".join(
            ["if weight_ptr is not None:", f"    weight = {weight}", *blank * plan.arranges]
        ),
        "COUNTS": "\n".join(counts),
        "STORE_PARTS": "\n".join(
            f"tl.store({_row('parts_ptr', k)} + program, {entry})"
            for k, entry in enumerate(entries)
        ),
    }


def _row(pointer: str, k: int) -> str:
    """Return the code of where the k-th row of the parts begins."""
    return pointer if k == 0 else f"{pointer} + {k} * programs".replace(" 1 * ", " ")


def _metric_holes(plan: Plan) -> Holes:
    program, made = plan.program, form(plan)
    names = _names(plan)
    parameters = [names.get(name, name) for name in program.parameters]
    numbers = ["smooth", *plan.policy, *parameters]
    loads = [
        f"{entry} = smooth + tl.sum(tl.load({_row('parts_ptr', k)} + offsets, mask, other=0))"
        for k, entry in enumerate(plan.entries)
    ]
    called = [*plan.surrogate_options, "smooth", *plan.policy]
    return {
        "NAME": plan.title,
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


def _functions(code: str) -> list[str]:
    """Return the template's functions that `code` and these functions call, in their order."""
    known = _templates()
    wanted: set[str] = set()
    found = _called(code) & known.keys()
    while found - wanted:
        wanted |= found
        found = {name for w in wanted for name in _called(known[w])} & known.keys()
    return [text for name, text in known.items() if name in wanted]


def _called(code: str) -> set[str]:
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return {called.id for called in calls if isinstance(called, ast.Name)}


@cache
def _templates() -> dict[str, str]:
    """Return the text of each function of the template, with its decorator."""
    text = read_template("triton/functions.py")
    found = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    rows = text.splitlines()
    return {f.name: "\n".join(rows[f.lineno - 2 : f.end_lineno]) for f in found}

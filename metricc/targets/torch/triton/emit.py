"""Puts the Triton fragment of one file together: kernels, what launches them, the function."""

from __future__ import annotations

import ast
import textwrap
from functools import cache
from typing import TYPE_CHECKING

from ...target import fill, read_template, wrap_call
from ..arguments import argument_holes
from .decision import decision_holes, is_joint
from .entries import entries_holes
from .groups import group_holes
from .metric import metric_holes

if TYPE_CHECKING:
    from ..plan import Plan

_INDENT = 4  # of what stands below `if triton is not None:`


def fits(plan: Plan) -> bool:
    """Tell whether there are kernels for a loss: they know no cross entropy."""
    return not plan.has_log_loss and (plan.takes_counts or not plan.options.is_grouped)


def triton_code(plan: Plan) -> str:
    """Return the fragment: imports, kernels, the autograd function and the predicate of a batch."""
    holes = {
        **argument_holes(plan),
        "NAME": plan.title,
        **decision_holes(plan),
        **entries_holes(plan),
        **(group_holes(plan) if plan.options.is_grouped else metric_holes(plan)),
    }
    kernels = [
        fill(read_template(f"triton/{name}.py"), holes, _break_line).strip("\n")
        for name in _kernels(plan)
    ]
    code = "\n\n\n".join([*_functions("\n".join(kernels)), *kernels])
    function = "function_groups" if plan.options.is_grouped else "function"
    return "\n\n".join(
        (
            read_template("triton/constants.py"),
            "if triton is not None:\n\n" + textwrap.indent(_closer(code), " " * _INDENT),
            "\n" + fill(read_template(f"triton/{function}.py"), holes),
            fill(read_template("triton/fits.py"), holes),
        )
    )


def _kernels(plan: Plan) -> list[str]:
    decision = ["decide"] if plan.surrogate_options else []
    decision += ["softmax" if is_joint(plan) else "soft"]
    if plan.options.is_grouped:
        return [*decision, "count_groups_kernel", "gradient_groups_kernel"]
    return [*decision, "count_kernel", "program", "metric_kernel", "gradient_kernel"]


def _closer(code: str) -> str:
    """Return functions with one line between them, as formatters have it in a block."""
    return code.replace("\n\n\n", "\n\n")


def _break_line(line: str) -> list[str]:
    """Break a call or signature that is too long below `if triton is not None:`."""
    own = line[: len(line) - len(line.lstrip())]
    return textwrap.indent(wrap_call(line, _INDENT), own).split("\n")


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

"""Puts the fragments of a torch module together, each where the plan asks for it."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from functools import cache
from typing import TYPE_CHECKING

from ... import diagnostics as d
from ..header import mathematics, provenance
from ..target import Artifact, fill, read_template
from .arguments import argument_holes
from .batch import batch_holes
from .eager import eager_holes
from .fused import fused_holes
from .layout import chosen, layout_holes
from .loss import form, gather_holes, loss_holes
from .module import methods, module_holes
from .plan import Plan
from .surrogate import surrogate_code
from .triton import triton_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...ir.compilation import Compilation
    from ...ir.program import Program
    from ..options import LossOptions
    from .plan import Holes


def _always(_: Plan) -> bool:
    """Every file has it."""
    return True


_FRAGMENTS: tuple[tuple[str, Callable[[Plan], bool]], ...] = (
    ("count", lambda plan: not plan.has_floats),
    ("soft_entries", lambda plan: plan.has_floats),
    ("entries", _always),
    ("sites", lambda plan: plan.options.is_grouped),
    ("beside", lambda plan: plan.options.is_grouped),
    ("blank", lambda plan: plan.arranges),
    ("positives", lambda plan: plan.options.is_softmax),
    ("log_loss", lambda plan: plan.has_log_loss and not plan.mixes_by_slopes),
    ("log_loss_by_slopes", lambda plan: plan.mixes_by_slopes),
    ("program", _always),
    ("metric_value", lambda plan: plan.compilation.evaluated is not None),
    ("pull_back", _always),
    ("", _always),  # the surrogate, and the functions that all of these call
    ("gather", lambda plan: plan.options.is_grouped or plan.options.extended),
    ("spread", lambda plan: plan.selects),
    ("between", lambda plan: plan.has_floats and not plan.has_log_loss),
    ("constant", lambda plan: plan.mixes_by_slopes),
    ("loss_and_slopes", lambda plan: plan.has_floats),
    ("linearize", lambda plan: not plan.has_floats),
    ("arithmetic", _always),
    ("rounded", _always),
    ("total_over_ranks", lambda plan: bool(plan.options.sync)),
    ("function", _always),
    ("compiled", lambda plan: plan.has_tangent),
    ("blocks", _always),
    ("count_blocks", lambda plan: plan.has_floats and not plan.takes_totals),
    ("pull_back_blocks", _always),
    ("constants", lambda plan: plan.has_constants),
    ("is_plain", _always),
    ("eager", _always),
    ("fused", lambda plan: plan.has_loops),
    ("triton", lambda plan: plan.has_triton),
    ("choose", _always),
    ("counts_of", lambda plan: plan.counts_by_loops),
    ("module", _always),
    ("arrange", lambda plan: plan.arranges),
    ("both", lambda plan: plan.options.extended or plan.options.ignore_index is not None),
    ("as_number", _always),
    ("check_values", _always),
    ("blank", lambda plan: not plan.arranges),  # which check_values alone calls
    ("check_shares", lambda plan: plan.options.is_softmax and plan.options.validate),
    ("check_weights", _always),
    ("check_classes", lambda plan: bool(chosen(plan))),
    ("align", lambda plan: plan.options.has_classes),
    ("check_data", _always),
    ("check_input", lambda plan: plan.options.has_classes),
    ("check", lambda plan: not plan.options.has_classes),
    ("check_counts", lambda plan: plan.options.extended),
    ("check_multilabel", lambda plan: plan.options.task == "multilabel"),
    ("check_multiclass", lambda plan: plan.options.is_softmax),
    ("loops", lambda plan: plan.has_loops),
)
"""The parts of a file in order, each a template of that name, and when the file has it."""


def emit(compilation: Compilation, options: LossOptions, name: str = "") -> Artifact:
    """Return the module's text; `name` overrides the metric's own.

    Raises:
        MetricError: the metric has no direction or no gradient, or its name is no identifier.
    """
    plan = Plan(compilation, options, class_name(name or compilation.typed.name))
    holes = _holes(plan)
    surrogate = _surrogate(plan, holes)
    made = {"": surrogate, "triton": triton_code(plan) if plan.has_triton else ""}
    texts = [
        made.get(name) or fill(read_template(f"torch/{name}.py"), holes)
        for name, is_wanted in _FRAGMENTS
        if is_wanted(plan)
    ]
    place = texts.index(surrogate) + 1
    texts[place:place] = _functions(plan.programs, "\n".join(texts))
    code = "\n\n\n".join(text.strip("\n") for text in texts)
    used = [name for name in ("functools", "math") if re.search(rf"\b{name}\.(?!h>)", code)]
    imports = "".join(f"import {name}\n" for name in used) + "\n" * bool(used) + "import torch"
    optional = {"torch/kernels": plan.has_loops, "triton/imports": plan.has_triton}
    for template, is_wanted in optional.items():
        imports += "\n\n" + read_template(f"{template}.py").strip("\n") if is_wanted else ""
    verb = {"max": "raises", "min": "lowers"}[plan.direction]
    docstring = mathematics(compilation, f"{plan.title} as a loss: training {verb} M, the metric.")
    head = f"{provenance(compilation, options, name)}\n{docstring}\n\n{imports}"
    summary = f"{plan.title}Loss gives {form(plan).formula}; training {verb} the metric M"
    return Artifact(plan.title, f"{head}\n\n\n{code}\n", summary)


def class_name(name: str) -> str:
    """balanced_accuracy → BalancedAccuracy, and f1_loss → F1, since Loss is appended to it."""
    joined = "".join(part[:1].upper() + part[1:] for part in (name or "metric").split("_"))
    joined = joined.removesuffix("Loss").removesuffix("loss") or "Metric"
    if not joined.isidentifier() or not joined.isascii():
        raise d.MetricError(d.WrongValue(None, "name", repr(name), "letters, digits and _ only"))
    if keyword.iskeyword(joined) or hasattr(builtins, joined):
        raise d.MetricError(d.WrongValue(None, "name", repr(name), "one that Python does not have"))
    return joined


def _holes(plan: Plan) -> Holes:
    holes = {
        **argument_holes(plan),
        **batch_holes(plan),
        **layout_holes(plan),
        **loss_holes(plan),
        **gather_holes(plan),
        **module_holes(plan),
        **eager_holes(plan),
        **fused_holes(plan),
    }
    holes["JVP"] = "\n" + fill(read_template("torch/jvp.py"), holes) if plan.has_tangent else ""
    holes["METHODS"] = methods(plan, holes)
    return holes


def _surrogate(plan: Plan, holes: Holes) -> str:
    if plan.surrogate is not None:
        return surrogate_code(plan.surrogate, from_logits=plan.options.from_logits)
    is_given = not plan.options.from_logits and plan.options.surrogate == "identity"
    return fill(read_template(f"torch/{'probabilities' if is_given else 'softmax'}.py"), holes)


def _functions(programs: tuple[Program, ...], code: str) -> list[str]:
    """Return the template's functions that programs, code, and these functions call."""
    known = _templates()
    called = {name for program in programs for name in program.functions()}
    wanted = {{"min": "minimum", "max": "maximum"}.get(name, name) for name in called}
    wanted |= _calls(ast.parse(code))
    for name in sorted(wanted & known.keys()):
        wanted |= known[name][1]
    return [text for name, (text, _) in known.items() if name in wanted]


@cache
def _templates() -> dict[str, tuple[str, set[str]]]:
    """Return the text of each function of the template, and what it calls."""
    text = read_template("torch/functions.py")
    found = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return {f.name: (ast.get_source_segment(text, f) or "", _calls(f)) for f in found}


def _calls(code: ast.AST) -> set[str]:
    """Return the names that are called like functions."""
    calls = (node.func for node in ast.walk(code) if isinstance(node, ast.Call))
    return {called.id for called in calls if isinstance(called, ast.Name)}

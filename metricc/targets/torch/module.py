"""The module: its documentation, its forward, and the methods that were asked for."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ..printer import number
from ..target import fill, read_template, wrap_call
from .arguments import call_with_attributes, count_call
from .batch import counts_shape
from .layout import arrangement, look, look_always

if TYPE_CHECKING:
    from .plan import Holes, Plan

_ALL = {
    "macro": "the classes, averaged",
    "micro": "all classes together",
    "weighted": "the classes, weighted by their positives",
    "none": "each class",
}
_INDENT = 8  # of a method's body
_SAME_CLASSES = """if self.running.dim() and self.running.shape != counts.shape:
    size, found = self.running.shape[-1], counts.shape[-1]
    raise ValueError(f"the running average is of {size} classes, not {found}")"""
_OVER_RANKS = "total_over_ranks(counts, self.process_group)"


def module_holes(plan: Plan) -> Holes:
    """Return what the module leaves open."""
    options = plan.options
    arguments = ["self", "input", "target", "sample_weight=None"]
    arguments += ["mask=None"] if options.extended else []
    counts = ["counts=None"] if options.extended else []
    return {
        "ALL": _subject(plan),
        "GROUPS": "each confusion matrix" if options.is_grouped else "a batch",
        "INPUTS": "logits" if options.from_logits else "probabilities",
        "TARGETS": "targets of class indices or shares"
        if options.is_softmax
        else "a target of 0, 1 or between",
        "AS": _result(plan),
        "WEIGHTS": "weights fit the samples" if options.has_classes else "weights broadcast",
        "METHOD_ARGUMENTS": ", ".join(arguments),
        "FORWARD_ARGUMENTS": ", ".join((*arguments, *counts)),
        "COMPILED": f"{plan.title}Compiled" if plan.has_tangent else plan.title,
        "ARRANGE": wrap_call(arrangement(plan), _INDENT),
        "LOOK": "\n".join(look(plan)),
        "LOOK_ALWAYS": "\n".join(look_always()),
        "CHOOSE": "\n".join(_choice(plan)),
        "CHOICE": _chosen_by(plan),
        "AND_KERNELS": ": kernels, where they can be had" if _kernels(plan) else "",
        "CHOOSE_KERNELS": "\n".join(_kernels(plan)),
        "COUNT_FIRST": "\n".join((*_check_counts(plan), *_count_first(plan))),
        "APPLY": "\n".join(_apply(plan)),
        "SAME_CLASSES": _SAME_CLASSES if options.has_classes else "",
        "TOTALS": "\n".join(wrap_call(line, _INDENT) for line in _totals(plan)),
        **_metric_holes(plan),
    }


def methods(plan: Plan, holes: Holes) -> str:
    """Return the methods that were asked for, one after the other."""
    names = ["counts_method", "metric_method"] if plan.options.extended else []
    names += ["momentum_method"] if plan.options.momentum > 0 else []
    return "".join(f"{fill(read_template(f'torch/{name}.py'), holes)}\n" for name in names)


def _subject(plan: Plan) -> str:
    options = plan.options
    if not options.is_grouped:
        return "all elements"
    of_sample = "each sample" if options.per_sample else ""
    if not options.has_classes:
        return of_sample
    classes = _ALL.get(options.average or "", "all classes")
    return f"{classes}, {of_sample}" if of_sample else classes


def _result(plan: Plan) -> str:
    options = plan.options
    if options.average != "none":
        return " as a 0-dim tensor"
    parts = ["sample"] * options.per_sample + ["class"] * options.has_classes
    return f", a number per {' and '.join(parts)}"


def _reduced(plan: Plan, name: str) -> str:
    """Return the code that makes the result of what keeps its dimensions."""
    options = plan.options
    if not options.is_grouped:
        return name
    if options.average == "none":
        return name if options.classes is None else f"{name}[..., list(self.classes)]"
    if options.per_sample:
        return f"precise({name}).sum() / max({name}.numel(), 1)"
    return f"{name}.sum()"


def _choice(plan: Plan) -> list[str]:
    """Return the line that chooses the autograd function."""
    return [f"function = choose({_chosen_by(plan)})"]


def _chosen_by(plan: Plan) -> str:
    return "input, target, sample_weight" if plan.has_loops or plan.has_triton else "input"


def _kernels(plan: Plan) -> list[str]:
    """Return the lines that choose kernels, where they can be had."""
    triton = "if fits_triton(input, target, sample_weight):", f"    return {plan.title}Triton"
    fit = "if LOOPS and LOOPS.fit((input, target, sample_weight)):"
    loops = fit, f"    return {plan.title}Fused"
    return [*triton * plan.has_triton, *loops * plan.has_loops]


def _check_counts(plan: Plan) -> list[str]:
    if not plan.options.extended:
        return []
    return wrap_call(f"check_counts(counts, {counts_shape(plan)})", _INDENT).split("\n")


def _count_first(plan: Plan) -> list[str]:
    """Return the lines that make counts before value and slopes are taken at them."""
    if not plan.takes_totals:
        return []
    summed = _summed(plan)
    if plan.options.momentum > 0:
        summed.append("counts = self.average(counts)")
    depth = _INDENT + (8 if plan.options.extended else 4)
    inner = textwrap.indent("\n".join(wrap_call(line, depth) for line in summed), "    ")
    lines = f"with torch.no_grad():\n{inner}"
    if plan.options.extended:
        lines = "if counts is None:\n" + textwrap.indent(lines, "    ")
    return lines.split("\n")


def _counted(plan: Plan) -> str:
    function = "counts_of" if plan.counts_by_loops else "soft_counts"
    return f"counts = {count_call(plan, 'self.', function)}"


def _summed(plan: Plan) -> list[str]:
    lines = [_counted(plan)]
    return [*lines, f"counts = {_OVER_RANKS}"] if plan.options.sync else lines


def _totals(plan: Plan) -> list[str]:
    counts = _counted(plan)
    return [counts, f"return {_OVER_RANKS if plan.options.sync else 'precise(counts)'}"]


def _apply(plan: Plan) -> list[str]:
    is_given = plan.options.extended or plan.takes_totals
    known = {"weight": "self.weight", "counts": "counts" if is_given else "None"}
    tensors = (known.get(name, name) for name in plan.tensors)
    call = f"function.apply({', '.join((*tensors, 'options'))})"
    given = wrap_call(f"loss = {call}", _INDENT)
    if not plan.options.is_grouped and not plan.options.sync:
        return [f"return {call}"]
    lines = [given]
    if plan.options.sync in (True, "mean"):
        lines += [
            "ranks = torch.distributed.get_world_size(self.process_group)",
            "# Trainers that average the gradients of all ranks divide by their number.",
            "loss = loss.detach() + ranks * (loss - loss.detach())",
        ]
    result = _reduced(plan, "loss")
    is_mean = plan.options.per_sample and plan.options.average != "none"
    return [*lines, f"return {f'rounded({result}, input)' if is_mean else result}"]


def _metric_holes(plan: Plan) -> Holes:
    options = plan.options
    has_threshold = "threshold" in plan.numbers
    threshold = "self.threshold" if has_threshold else number(options.threshold)
    prob = "prob" if options.from_logits else "input"
    decide = [
        *["prob = torch.sigmoid(input)"] * options.from_logits,
        f"hard = {prob} > {threshold}",
        f"pred = torch.where({prob}.isnan(), {prob}, hard).to(torch.float32)",
    ]
    if options.is_softmax:
        decide = [
            "pred = positives(input.argmax(1), input).to(torch.float32)",
            "pred = pred.masked_fill(input.isnan().any(1, keepdim=True), torch.nan)",
        ]
    subset = ", self.classes" if plan.selects else ""
    value = f"value, *_ = {call_with_attributes(plan, 'value_and_slopes', plan.program)}"
    if plan.compilation.evaluated is not None:
        call = call_with_attributes(plan, "metric_value", plan.compilation.evaluated)
        value = f"value = {call}"
    lines = (f"entries = gather(counts{subset})", value, f"return {_reduced(plan, 'value')}")
    metric = [wrap_call(line, _INDENT) for line in lines]
    return {
        "DECISION": "the most probable class" if options.is_softmax else "p > threshold",
        "LOCAL": ", on this rank alone" if options.sync else "",
        "DECIDE": "\n".join(decide),
        "METRIC": "\n".join(metric),
    }

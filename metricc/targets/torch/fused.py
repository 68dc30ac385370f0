"""The part of a torch module that asks for compiled loops, and the source that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..target import wrap_call
from .c import c_source, has_metric

if TYPE_CHECKING:
    from .plan import Holes, Plan


def fused_holes(plan: Plan) -> Holes:
    """Return what templates/torch/fused.py and loops.py leave open."""
    if not plan.has_loops:
        return {}
    few = len(plan.surrogate_options)
    options = f"[:{few}]" if few < len(plan.numbers) else ""
    numbers = f"options{options}" if few else "()"
    saved = f"ctx.options{options}" if few else "()"
    slopes = "(*ctx.slopes[:2], grad_output, *ctx.slopes[2:])"
    if not plan.has_log_loss:
        slopes = "(*ctx.slopes, grad_output)"
    backward = f"LOOPS.pull_back({slopes}, batch, {saved})"
    if has_metric(plan):
        backward = f"LOOPS.backward(grad_output, ctx.slopes, batch, {saved})"
    given = "".join(f"{name}, " for name in plan.surrogate_options)
    return {
        "NUMBERS": f"({given.rstrip()})" if len(plan.surrogate_options) == 1 else f"({given[:-2]})",
        "FUSED_FORWARD": "\n".join(_forward(plan, numbers)),
        "FUSED_BACKWARD": wrap_call(f"gradient = {backward}", 8),
        "LOOPS": wrap_call(
            f"LOOPS = kernels and kernels.Loops({', '.join(('C_SOURCE', *_loops(plan)))})", 0
        ),
        "C_SOURCE": c_source(plan).rstrip("\n"),
    }


def _forward(plan: Plan, numbers: str) -> list[str]:
    """Return the lines that make the loss, and the slopes for backward."""
    few = len(plan.surrogate_options)
    rest = f"*options[{few}:]" if few else "*options"
    counts = f"LOOPS.counts(batch, {numbers})"
    if has_metric(plan):
        made = ["loss, ctx.slopes = LOOPS.forward(batch, options)", "return loss"]
    elif plan.has_floats:
        loss = f"loss, *ctx.slopes = loss_and_slopes(entries, {rest})"
        made = [f"entries = {counts}.tolist()", loss, "return rounded(loss, input)"]
    else:
        made = [f"counts = {counts}"]
    made = ["batch = input, target, sample_weight", *made]
    if not plan.takes_counts:
        return made
    call = ", ".join((*plan.tensors, "*options"))
    lines = [f"loss, *ctx.slopes = linearize({call})", "return rounded(loss, input)"]
    if plan.takes_totals:
        return lines
    return ["if counts is None:", *(f"    {line}" for line in made), *lines]


def _loops(plan: Plan) -> list[str]:
    """Return what the loops are to know of the source."""
    options = plan.options
    sizes = (len(plan.surrogate_options), len(plan.numbers))
    rows = len(plan.entries) + len(plan.log_loss_counts)
    found = [f"entries={rows}", f"numbers={sizes}", "check=check_values"]
    found += ["per_sample=True"] if options.per_sample else []
    return found + (["has_classes=True"] if options.has_classes else [])

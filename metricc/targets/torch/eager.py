"""The autograd function of eager steps: part by part, and on a CPU with floats for scalars."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ..target import wrap_call

if TYPE_CHECKING:
    from .plan import Holes, Plan

_DEPTH = 8  # of a method's body


def eager_holes(plan: Plan) -> Holes:
    """Return what templates/torch/eager.py and what it calls leave open."""
    return {
        "ENTRY_COUNT": str(len(plan.entries) + len(plan.log_loss_counts)),
        "EAGER_FORWARD": "\n".join(_forward(plan)),
        "EAGER_BACKWARD": "\n".join(_backward(plan)),
    }


def _numbers(plan: Plan, owner: str, tensor: str) -> str:
    """Return the code of what the soft decision takes beside the batch."""
    few = len(plan.surrogate_options)
    numbers = f"{owner}options[:{few}]" if few else "()"
    return f"constants({numbers}, {tensor}.dtype)" if plan.has_constants else numbers


def _forward(plan: Plan) -> list[str]:
    """Return the lines that make the loss, and keep its slopes for backward."""
    whole = f"loss, *ctx.slopes = linearize({', '.join((*plan.tensors, '*options'))})"
    if plan.takes_totals:
        lines = ["ctx.soft = None"] if plan.has_floats else []
        return [*lines, wrap_call(whole, _DEPTH)]
    numbers = _numbers(plan, "", "input")
    if not plan.has_floats:
        given = ", *numbers" if plan.surrogate_options else ""
        counted = (
            *([f"numbers = {numbers}"] if given else []),
            "parts = blocks(input, target, sample_weight)",
            f"counts = [precise(soft_counts(*part{given})) for part in parts]",
            "counts = torch.stack(counts).sum(0)",
        )
        return ["if counts is None:", _inner(*counted), wrap_call(whole, _DEPTH)]
    few = len(plan.surrogate_options)
    rest = f"*options[{few}:]" if few else "*options"
    is_given = " and counts is None" if plan.takes_counts else ""
    floats = (
        "batch = input, target, sample_weight",
        f"entries, ctx.soft = count_blocks(batch, {numbers})",
        f"loss, *ctx.slopes = loss_and_slopes(entries, {rest})",
    )
    inner = _inner("ctx.soft = None", wrap_call(whole, _DEPTH + 4))
    return [f"if input.is_cpu{is_given}:", _inner(*floats), "else:", inner]


def _backward(plan: Plan) -> list[str]:
    """Return the lines that make the gradient."""
    numbers = _numbers(plan, "ctx.", "batch[0]")
    if not plan.has_floats:
        call = f"gradient = pull_back_blocks(grad_output, ctx.slopes, batch, {numbers})"
        return [wrap_call(call, _DEPTH)]
    return [
        f"numbers = {numbers}",
        "scale = grad_output.item() if grad_output.is_cpu else grad_output",
        "soft, ctx.soft = ctx.soft, None  # which a second pass makes again",
        "gradient = pull_back_blocks(scale, ctx.slopes, batch, numbers, soft)",
    ]


def _inner(*lines: str) -> str:
    return textwrap.indent("\n".join(lines), "    ")

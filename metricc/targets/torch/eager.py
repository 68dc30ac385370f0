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
        "ENTRY_COUNT": str(len(plan.entries)),
        "STAR_NUMBERS": ", *numbers" if plan.surrogate_options else "",
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
    call = f"loss, *ctx.slopes = linearize({', '.join((*plan.tensors, '*options'))})"
    whole = [wrap_call(call, _DEPTH)]
    if plan.takes_totals:
        return ["ctx.soft = None", *whole] if plan.has_floats else whole
    numbers = f"numbers = {_numbers(plan, '', 'input')}"
    if not plan.has_floats:
        return ["if counts is None:", _inner(numbers, *_COUNTED), *whole]
    few = len(plan.surrogate_options)
    rest = f"*options[{few}:]" if few else "*options"
    is_given = " and counts is None" if plan.takes_counts else ""
    floats = (
        numbers,
        "entries, ctx.soft = count_blocks(input, target, sample_weight, numbers)",
        f"loss, *ctx.slopes = loss_and_slopes(entries, {rest})",
    )
    inner = _inner("ctx.soft = None", wrap_call(call, _DEPTH + 4))
    return [f"if input.is_cpu{is_given}:", _inner(*floats), "else:", inner]


_COUNTED = (
    "parts = blocks(input, target, sample_weight)",
    "counts = sum(precise(soft_counts(*part, *numbers)) for part in parts)",
)


def _backward(plan: Plan) -> list[str]:
    """Return the lines that make the gradient."""
    numbers = f"numbers = {_numbers(plan, 'ctx.', 'batch[0]')}"
    if not plan.has_floats:
        call = "gradient = pull_back_blocks(grad_output, ctx.slopes, batch, numbers)"
        return [numbers, call]
    return [
        numbers,
        "scale = grad_output.item() if grad_output.is_cpu else grad_output",
        "soft, ctx.soft = ctx.soft, None  # which a second pass makes again",
        "gradient = pull_back_blocks(scale, ctx.slopes, batch, numbers, soft)",
    ]


def _inner(*lines: str) -> str:
    return textwrap.indent("\n".join(lines), "    ")

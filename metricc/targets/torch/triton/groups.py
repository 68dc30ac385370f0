"""What a batch of several confusion matrices asks for: its layout, and its slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..batch import counts_shape

if TYPE_CHECKING:
    from ..plan import Holes, Plan

_MOST_CLASSES = 2048
_SHARED_ROOT = """
# softmax mixes the slopes of all classes
root = tl.max(root, 1, keep_dims=True)
""".strip()


def group_holes(plan: Plan) -> Holes:
    """Return what the kernels of groups, and what launches them, leave open."""
    options = plan.options
    sizes = "len(input), 1, input.shape[1:].numel()"
    if options.has_classes:
        sizes = "*input.shape[:2], input.shape[2:].numel()"
    decision = f", *options[:{len(plan.surrogate_options)}]" if plan.surrogate_options else ""
    is_early = options.is_softmax and options.average == "none"
    numbers = "".join(f", {name}" for name in plan.surrogate_options)
    shape = counts_shape(plan)
    return {
        "COUNT_CALL": f"input, target, sample_weight{decision}",
        "SHAPE": shape,
        "GROUPS_SHAPE": f"{shape}[1:]",
        "SIZES": f"samples, classes, sites = {sizes}",
        "GROUP_SIZES": "samples, 1" if options.per_sample else "1, samples",
        "FEW_CLASSES": f"if input.shape[1] > {_MOST_CLASSES}:\n    return False"
        if options.has_classes
        else "",
        "SHARED_ROOT": _SHARED_ROOT if options.is_softmax else "",
        "SCALE_FIRST": "grad = grad * scale" if is_early else "",
        "SCALE_LAST": "" if is_early else " * scale",
        "LAUNCH_GRADIENT_ARGUMENTS": f"slopes, input, target, sample_weight{numbers}",
    }

"""The edge batches, in every dtype, by each path: finite, on the graph, and NaN only for a NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .edge import in_dtype
from .edges import edges
from .row import passed
from .samples import class_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .claim import Claim
    from .edge import Edge
    from .emitted import Emitted
    from .row import Row

_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def of_edges(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield a row of each path that runs here."""
    options = claim.options
    batches = [
        edge
        for edge in edges(options.task or "binary")
        if edge.logits.dim() or not options.per_sample  # a number has no samples
    ]
    cases = [(edge, dtype) for edge in batches for dtype in _DTYPES]
    for path in emitted.runnable:
        failures = []
        with emitted.only(path):
            for edge, dtype in cases:
                what = _failure(emitted, claim, edge, dtype, path.device)
                name = str(dtype).removeprefix("torch.")
                failures += [f"{edge.name}, {name}: {what}"] if what else []
        yield passed(f"{path.name}: edge batches in 4 dtypes", "finite", failures, len(cases))


def _failure(emitted: Emitted, claim: Claim, edge: Edge, dtype: torch.dtype, device: str) -> str:
    """Return what is wrong with a step on one batch; nothing if all is well."""
    input, target = _arguments(claim, edge, dtype)
    input = input.to(device).requires_grad_()
    weight = edge.weight
    if weight is not None:  # those of a half precision are float32, in which they are finite
        weight = weight.to(torch.promote_types(dtype, torch.float32)).to(device)
    loss = emitted.make()(input, target.to(device), sample_weight=weight)
    if input.isnan().any():  # a softmax of infinities is, too
        return "" if loss.isnan().any() else "hides a NaN"
    if not loss.isfinite().all():
        return f"a loss of {loss[~loss.isfinite()].max().item()}"
    if not loss.requires_grad:
        return "a loss without a graph"
    (gradient,) = torch.autograd.grad(loss.sum(), input)
    return "" if gradient.isfinite().all() else "a gradient that is not finite"


def _arguments(claim: Claim, edge: Edge, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Return input and target as the task takes them, with as many classes as the options need."""
    options, target = claim.options, edge.target
    input = in_dtype(edge.logits, dtype)
    if options.weight is not None or options.classes is not None:
        input, target = _fitted(class_count(claim), input, target)
    if not options.from_logits:
        input = input.softmax(1) if options.is_softmax else input.sigmoid()
    if options.has_classes:
        input = _moved(input, options.class_dim)
        index_dims = input.dim() - 1
        if not options.is_softmax:
            target = _moved(target, options.class_dim)
        else:
            target = target.reshape(*target.shape, *[1] * (index_dims - target.dim()))
    return input, target


def _moved(x: torch.Tensor, class_dim: int) -> torch.Tensor:
    """Bring the classes from dimension 1 to another, which may need more dimensions."""
    missing = max(class_dim + 1, -class_dim) - x.dim()
    return x.reshape(*x.shape, *[1] * missing).movedim(1, class_dim)


def _fitted(
    classes: int, input: torch.Tensor, target: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a batch of this many classes: some twice, or the first alone."""
    taken = [c % input.shape[1] for c in range(classes)]
    if target.shape == input.shape:
        return input[:, taken], target[:, taken]
    return input[:, taken], target.clamp(max=classes - 1)

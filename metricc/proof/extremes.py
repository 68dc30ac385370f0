"""The edge batches, in every dtype, by each path: finite, on the graph, and NaN only for a NaN."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from ..evaluate import LOG_ZERO
from .edge import in_dtype
from .edges import edges
from .row import passed
from .samples import class_count
from .truth import exactly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .claim import Claim
    from .edge import Edge
    from .emitted import Emitted
    from .numbers import Array
    from .row import Row

_FEW = 200
_FAR = 30.0
_NEAR = 1e-5  # of bounds that are float32
_OVER_NOTHING = 1e37  # by what would be 0 but for rounding, at 50 digits as well
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
    ordinary = [edge for edge in batches if _is_ordinary(edge, claim)]
    wrong = [what for edge in ordinary if (what := _difference(emitted, claim, edge))]
    yield passed("as called: losses of edge batches", "50 digits", wrong, len(ordinary))


def _is_ordinary(edge: Edge, claim: Claim) -> bool:
    """Tell whether nothing of a batch rounds away in float64, and it is small enough for digits."""
    x, weight = edge.logits, edge.weight
    sizes = torch.cat([abs(part[part != 0].double()) for part in (x, edge.target)])
    is_plain = bool(((sizes > _NEAR) & (sizes < _FAR)).all())
    counts = weight is None or bool((weight > 0).all()) or not claim.options.mix
    return 0 < x.numel() < _FEW and is_plain and counts  # a mean of nothing has no definition


def _difference(emitted: Emitted, claim: Claim, edge: Edge) -> str:
    """Return how far the loss is from its definition; nothing if it is near."""
    input, target = _arguments(claim, edge, torch.float64)
    loss = emitted.make()(input.requires_grad_(), target, sample_weight=edge.weight)
    found = loss.detach().sum().item()
    definition, (x, truth, weight) = exactly(claim), _as_batch(claim, edge)
    entries = definition.entries(definition.decisions(x), truth, weight)
    at_zero = claim.options.log and (definition.losses(entries) >= -LOG_ZERO).any()
    if at_zero and claim.options.mix_weights:  # the slopes that weigh are a convention there
        return ""
    wanted = float(definition.loss_at(entries, x, truth, weight))
    if abs(wanted) > _OVER_NOTHING or abs(found - wanted) <= _NEAR * max(1, abs(wanted)):
        return ""
    return f"{edge.name}: a loss of {found:.6g}, not {wanted:.6g}"


def _as_batch(claim: Claim, edge: Edge) -> tuple[Array, Array, Array]:
    """Return input, truth and weight as (N, C, S) at 50 digits."""
    options = claim.options
    plain = replace(claim, options=replace(options, class_dim=1))
    input, target = _arguments(plain, edge, torch.float64)
    classes = input.shape[1] if options.has_classes else 1
    if options.is_softmax:
        target = torch.nn.functional.one_hot(target, classes).movedim(-1, 1).double()
    weight = torch.ones_like(input) if edge.weight is None else edge.weight
    if weight.dim() < input.dim():  # of samples, or sites
        weight = weight.reshape(
            len(weight), 1, *weight.shape[1:], *[1] * (input.dim() - weight.dim() - 1)
        )
    parts = (input, target, weight.expand_as(input))
    shape = (len(input) if input.dim() else 1, classes, -1)
    array = exactly(claim).numbers.array
    first, second, third = (array(x.reshape(shape)) for x in parts)
    return first, second, third


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

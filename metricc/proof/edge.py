"""An edge batch, and what such batches are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    Number = float | Sequence[float] | torch.Tensor

SINGLE = 3.4028234663852886e38
"""The largest float32."""


@dataclass(frozen=True)
class Edge:
    """One batch in float64, and why it is an edge.

    `logits` and `target` have the shapes that the task takes: of classes that exclude each other
    the target is an index. One that `has_nan` must give a NaN loss, any other a finite one.
    """

    name: str
    why: str
    logits: torch.Tensor
    target: torch.Tensor
    weight: torch.Tensor | None = None
    has_nan: bool = False


def float64(x: Number) -> torch.Tensor:
    """Return numbers as a tensor."""
    return torch.as_tensor(x, dtype=torch.float64)


def varied(*shape: int) -> torch.Tensor:
    """Return ordinary logits between -4 and 4, no two alike."""
    size = torch.Size(shape).numel()
    return 4 * torch.sin(torch.arange(1, size + 1, dtype=torch.float64) ** 2).reshape(shape)


def mixed(*shape: int, every: int = 3) -> torch.Tensor:
    """Return targets of which one in `every` is positive, the first one too."""
    size = torch.Size(shape).numel()
    return (torch.arange(size) % every == 0).double().reshape(shape)


def edge_of(
    name: str, why: str, logits: Number, target: Number | None = None, weight: Number | None = None
) -> Edge:
    """Return an edge of elements; without a target, one in three is positive."""
    x = float64(logits)
    y = mixed(*x.shape) if target is None else float64(target)
    return Edge(name, why, x, y, None if weight is None else float64(weight))


def facing(target: torch.Tensor, size: float) -> torch.Tensor:
    """Return logits of a size, each on the side of its target."""
    return torch.where(target > 0, size, -size).double()


def in_dtype(x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return x in a dtype, laid out in memory as it was: `to` would put a view in order."""
    size = x.untyped_storage().nbytes() // x.element_size()
    memory = x.as_strided((size,), (1,), 0).to(dtype)
    return memory.as_strided(x.shape, x.stride(), x.storage_offset())

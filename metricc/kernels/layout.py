"""Layouts: how a compiled loop walks tensors of any shape and strides, in three nested loops."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from math import prod

_Numbers = ctypes.c_int64 * 15
_SHORT = 16

Strides = tuple[int, ...]
_Dim = tuple[int, Strides]
"""A size, and the strides of input, target, weight and gradient."""


@dataclass(frozen=True)
class Layout:
    """The sizes of three loops, over samples, classes and sites, and the strides of four tensors.

    `numbers` is the struct Layout of templates/c/batch.c. `gradient` are the strides of a gradient,
    those of the input wherever it is dense.
    """

    numbers: ctypes.Array[ctypes.c_int64]
    gradient: Strides


@lru_cache(maxsize=256)
def flat(size: int) -> Layout:
    """Return the layout of one class, all tensors contiguous and of `size` elements."""
    return Layout(_Numbers(1, 1, size, *(0, 0, 1) * 4), ())


@lru_cache(maxsize=256)
def layout_of(
    shape: tuple[int, ...],
    strides: tuple[Strides, Strides, Strides],
    *,
    per_sample: bool,
    has_classes: bool,
) -> Layout | None:
    """Return the layout of a batch; None if its sites are more than two nested loops.

    `shape` is (N, C, ...) with classes, else any; `strides` are those of input, target and weight,
    each expanded to it. Unless each sample is a group, samples are sites like the rest.
    """
    gradient = _dense(shape, strides[0])
    dims: list[_Dim] = list(zip(shape, zip(*strides, gradient, strict=True), strict=True))
    one: _Dim = (1, (0, 0, 0, 0))
    samples = [dims.pop(0)] if per_sample else []
    classes = dims.pop(1 - per_sample) if has_classes else one
    sites = _merged(dims)
    if len(samples) + len(sites) > 2:
        return None
    inner = sites.pop() if sites else one
    outer = (samples or sites or [one])[0]
    if not per_sample and inner[0] < _SHORT < outer[0]:
        inner, outer = outer, inner
    loops = (outer, classes, inner)
    of_tensors = (loop[1][k] for k in range(4) for loop in loops)
    return Layout(_Numbers(*(loop[0] for loop in loops), *of_tensors), gradient)


def _dense(shape: tuple[int, ...], strides: Strides) -> Strides:
    """Return strides without gaps or overlaps: as they are, or those of contiguous memory."""
    expected = 1
    for stride, size in sorted(zip(strides, shape, strict=True)):
        if size != 1 and stride != expected:
            return tuple(prod(shape[k + 1 :]) for k in range(len(shape)))
        expected *= size
    return strides


def _merged(dims: list[_Dim]) -> list[_Dim]:
    """Return the dimensions from the slowest, with those joined that are one in every tensor."""
    merged: list[_Dim] = []
    for size, strides in sorted(dims, key=lambda dim: -dim[1][0]):
        if size == 1:
            continue
        if merged and all(a == b * size for a, b in zip(merged[-1][1], strides, strict=True)):
            merged[-1] = (merged[-1][0] * size, strides)
        else:
            merged.append((size, strides))
    return merged

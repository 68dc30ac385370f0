"""The metric over the ROC plane: values, the direction in which they rise, singular curves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..compiler import compile_source
from ..diagnostics import MetricError
from ..evaluate import arrays, run
from ..source import Source

if TYPE_CHECKING:
    from ..ir.compilation import Compilation

Array = NDArray[np.float64]

CASES = 1000.0
"""How many cases the plane stands for; it matters only to metrics that are not scale-free."""

_MARGIN = 1e-4
"""How far inside of the plane its edges are taken, so that they show limits."""


@dataclass(frozen=True)
class Plane:
    """A grid: axis[j] is the false positive rate of column j and axis[i] the recall of row i.

    `along_fpr` and `along_tpr` are the derivatives of the value at a fixed prevalence.
    """

    axis: Array
    value: Array
    along_fpr: Array
    along_tpr: Array


def grid(size: int) -> Array:
    """Return points from edge to edge."""
    return np.linspace(0, 1, size).clip(_MARGIN, 1 - _MARGIN)


def inner_grid(size: int) -> Array:
    """Return the middles of `size` equal parts."""
    return (np.arange(size) + 0.5) / size


def sample(compilation: Compilation, prevalence: float, axis: Array) -> Plane:
    """Return the metric of `CASES` cases at every pair of rates."""
    fpr, tpr = np.meshgrid(axis, axis)
    positives, negatives = prevalence * CASES, (1 - prevalence) * CASES
    entries = {
        "tp": positives * tpr,
        "fn": positives * (1 - tpr),
        "fp": negatives * fpr,
        "tn": negatives * (1 - fpr),
    }
    with np.errstate(all="ignore"):
        found = run(compilation.program, arrays(np), {**entries, **_parameters(compilation)})
    value, grad_pos, grad_neg = (
        np.broadcast_to(np.asarray(found[name], dtype=float), fpr.shape)
        for name in ("value", "grad_pos", "grad_neg")
    )
    return Plane(axis, value, negatives * grad_neg, positives * grad_pos)


def _parameters(compilation: Compilation) -> dict[str, Any]:
    given = (float(parameter.default) for parameter in compilation.typed.parameters)
    return dict(zip(compilation.program.parameters, given, strict=True))


def surface(
    compilation: Compilation, equation: str, prevalence: float, axis: Array
) -> Array | None:
    """Return left minus right side of an equation over the entries, or None if it is too long."""
    left, _, right = equation.partition("=")
    words = set(re.findall(r"\w+", equation))
    parameters = compilation.typed.parameters
    given = {p.name: float(p.default) for p in parameters if p.name in words}
    try:
        difference = compile_source(Source("<equation>", f"({left}) - ({right})"), given)
    except MetricError:
        return None
    return sample(difference, prevalence, axis).value

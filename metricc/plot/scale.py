"""Which colour stands for which value: a plain, a logarithmic or a cut scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

Array = NDArray[np.float64]

_BOUND = 1e30  # beyond stands what the policy of singular places says, not the metric
_FAR, _TOO_FAR = 3.0, 1e6  # times what is usual: a plain scale would show little else
_NOISE = 1e-9
_MOST, _DECADES = 0.98, 4
_SEQUENTIAL, _DIVERGING = "viridis", "PuOr_r"
_WHITE = 0.3  # is mixed with the colours, so that ink can be read on the darkest


@dataclass(frozen=True)
class Scale:
    """The limits between colours, the colours, and what a reader must know about them."""

    levels: Array
    colours: ListedColormap
    norm: Normalize
    note: str = ""


def choose_scale(value: Array, *, is_bounded: bool) -> Scale:
    """Choose a scale that shows most of the plane, and says where it is cut."""
    finite = value[np.abs(value) < _BOUND]
    if finite.size == 0:
        finite = np.zeros(1)
    low, high = float(finite.min()), float(finite.max())
    size = np.abs(finite)
    far = _TOO_FAR if is_bounded else _FAR
    if size.max() <= far * np.quantile(size, 0.9):
        return _plain(low, high)
    if low > 0:
        return _logarithmic(*np.quantile(finite, (1 - _MOST, _MOST)))
    cut = float(np.quantile(size, 0.8))
    return _plain(max(low, -cut), min(high, cut), is_cut=True)


def _plain(low: float, high: float, *, is_cut: bool = False) -> Scale:
    """Equal steps; two colours that meet at 0 only where the range is symmetric about it."""
    if high - low <= _NOISE * max(abs(low), abs(high), 1e-300):
        low, high = low - 0.5, high + 0.5
    locator = MaxNLocator(nbins=10, steps=[1, 2, 2.5, 5, 10])
    levels = np.asarray(locator.tick_values(low, high), dtype=float)
    is_symmetric = low < 0 < high and abs(low + high) < 0.02 * (high - low)
    colours = _colours(_DIVERGING if is_symmetric else _SEQUENTIAL)
    note = f"cut at {levels[0]:g} and {levels[-1]:g}" if is_cut else ""
    return Scale(levels, colours, Normalize(levels[0], levels[-1]), note)


def _logarithmic(low: float, high: float) -> Scale:
    """A step for each power of ten, or three if there are few."""
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    steps = (1, 2, 5) if last - first <= _DECADES else (1,)
    levels = np.array([k * 10.0**power for power in range(first, last) for k in steps])
    levels = np.append(levels, 10.0**last)
    note = f"logarithmic, cut at {levels[0]:g} and {levels[-1]:g}"
    return Scale(levels, _colours(_SEQUENTIAL), LogNorm(levels[0], levels[-1]), note)


def _colours(name: str) -> ListedColormap:
    colours = colormaps[name](np.linspace(0, 1, 256))
    return ListedColormap(_WHITE + (1 - _WHITE) * colours, name=f"light {name}")

"""The surrogate and its derivative, over the probability and over the logit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..evaluate import arrays, run
from ..surrogate import compile_surrogate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .view import View

Array = NDArray[np.float64]

_POINTS = 801
_LOGITS = 8.0
_VALUE_COLOUR, _SLOPE_COLOUR = "#0072b2", "#d55e00"  # blue and vermilion, told apart by all


def surrogate_curve(view: View, p: Array) -> tuple[Array, Array]:
    """Return A(p) and A'(p)."""
    program = compile_surrogate(view.surrogate, rescaled=view.rescaled).program
    given = {"p": p, "q": 1 - p, "sharpness": view.sharpness, "threshold": view.threshold}
    with np.errstate(all="ignore"):
        found = run(program, arrays(np), given)
    soft, slope = (np.asarray(found[name], dtype=float) for name in ("soft", "slope"))
    return np.broadcast_to(soft, p.shape), np.broadcast_to(slope, p.shape)


def draw_over_probability(ax: Axes, view: View) -> None:
    """Draw A and A' over p."""
    p = np.linspace(0, 1, _POINTS)
    _draw(ax, p, *surrogate_curve(view, p), names=("A(p)", "A′(p)"))
    ax.axvline(view.threshold, color="0.6", linewidth=0.8, linestyle=":")
    ax.set_xlabel("probability p")


def draw_over_logit(ax: Axes, view: View) -> None:
    """Draw A and its derivative over z, of which p is the sigmoid."""
    z = np.linspace(-_LOGITS, _LOGITS, _POINTS)
    p, q = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(z))
    soft, slope = surrogate_curve(view, p)
    _draw(ax, z, soft, slope * p * q, names=("A(σ(z))", "dA/dz"))
    ax.axvline(np.log(view.threshold / (1 - view.threshold)), color="0.6", lw=0.8, ls=":")
    ax.set_xlabel("logit z")


def _draw(ax: Axes, x: Array, soft: Array, slope: Array, names: tuple[str, str]) -> None:
    """Draw both with an axis each, in the colour of the curve."""
    right = ax.twinx()
    sides = (
        (ax, soft, _VALUE_COLOUR, "-", names[0], 1.0),
        (right, slope, _SLOPE_COLOUR, "--", names[1], float(slope.max())),
    )
    for side, y, colour, style, name, top in sides:
        side.plot(x, y, color=colour, linestyle=style, linewidth=1.6)
        side.set_ylabel(name, color=colour)
        side.tick_params(axis="y", colors=colour)
        side.set_ylim(-0.03 * top, 1.06 * top)
    ax.set_xlim(x[0], x[-1])
    ax.grid(color="0.92", linewidth=0.6)

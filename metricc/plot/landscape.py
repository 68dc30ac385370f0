"""Draws the ROC plane: colours and isolines, which way training moves, the singular places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from .plane import grid, inner_grid, sample
from .scale import choose_scale
from .singular import draw_singular_places

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet

    from ..ir.compilation import Compilation
    from .plane import Plane
    from .scale import Scale
    from .view import View

GRID, ARROWS = 201, 13
_INK = "0.15"
_ARROW: dict[str, Any] = {"headwidth": 4.0, "headlength": 4.0, "headaxislength": 3.5}
_NOISE = 1e-9  # of the range: what rounding may add to a constant
_LEAST = 0.03  # isolines nearer to the frame, or shorter than three times this, get no label
_WORDS = {"max": "training raises {0}", "min": "training lowers {0}"}


def draw_landscape(
    ax: Axes, compilation: Compilation, view: View
) -> tuple[ContourSet, Scale, list[Line2D]]:
    """Draw all of it; return what a colour bar needs, and the lines of a legend."""
    plane = sample(compilation, view.prevalence, grid(GRID))
    scale = choose_scale(plane.value, is_bounded=not compilation.behaviour.unbounded)
    filled = _draw_value(ax, plane, scale)
    ax.plot((0, 1), (0, 1), color=_INK, linewidth=1.0, linestyle=(0, (5, 4)))
    legend = [
        Line2D([], [], color=_INK, linewidth=1.0, linestyle=(0, (5, 4)), label="chance"),
        *([] if compilation.behaviour.is_constant else [_draw_arrows(ax, compilation, view)]),
        *draw_singular_places(ax, compilation, view),
    ]
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set_xlabel("false positive rate")
    ax.set_ylabel("true positive rate")
    return filled, scale, legend


def _draw_value(ax: Axes, plane: Plane, scale: Scale) -> ContourSet:
    axis, levels = plane.axis, scale.levels
    shown = plane.value.clip(levels[0], levels[-1])
    filled = ax.contourf(axis, axis, shown, levels=levels, cmap=scale.colours, norm=scale.norm)
    inside = np.ma.masked_outside(plane.value, levels[0], levels[-1])
    noise = _NOISE * (levels[-1] - levels[0])
    lines = [x for x in levels if inside.min() + noise < x < inside.max() - noise]
    if lines:
        drawn = ax.contour(
            axis, axis, inside, lines, colors=_INK, linewidths=0.5, linestyles="solid"
        )
        places = _label_places(drawn)
        if places:
            labels = ax.clabel(drawn, fmt="%g", fontsize=7, manual=places, zorder=4)
            for label in labels:  # upright, and readable where an arrow crosses
                label.set_rotation(0)
                label.set_path_effects([withStroke(linewidth=1.8, foreground="white", alpha=0.7)])
    return filled


def _label_places(drawn: ContourSet) -> list[tuple[float, float]]:
    """Return the middle of each isoline that is long enough, and not at the frame."""
    places = []
    for pieces in drawn.allsegs:
        longest = max((np.zeros((1, 2)), *pieces), key=len)
        middle = longest[len(longest) // 2]
        is_inside = bool(((middle > _LEAST) & (middle < 1 - _LEAST)).all())
        if is_inside and np.ptp(longest, axis=0).max() > 3 * _LEAST:
            places.append((float(middle[0]), float(middle[1])))
    return places


def _draw_arrows(ax: Axes, compilation: Compilation, view: View) -> Line2D:
    """Draw which way training moves, as directions of one length."""
    plane = sample(compilation, view.prevalence, inner_grid(ARROWS))
    direction, name = compilation.behaviour.direction, compilation.typed.name or "m"
    sign = -1.0 if direction == "min" else 1.0
    size = np.hypot(plane.along_fpr, plane.along_tpr)
    moves = (size > 0) & np.isfinite(size)
    x, y = np.meshgrid(plane.axis, plane.axis)
    u, v = (sign * s[moves] / size[moves] for s in (plane.along_fpr, plane.along_tpr))
    ax.quiver(x[moves], y[moves], u, v, color=_INK, alpha=0.6, scale=30, width=0.0028, **_ARROW)
    label = _WORDS.get(direction or "", "{0} rises").format(name)
    return Line2D([], [], color=_INK, alpha=0.6, ls="", marker=r"$\rightarrow$", ms=9, label=label)

"""Draws where the metric, or its slope, is singular: corners, edges and curves of the ROC plane."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from .plane import grid, surface

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..ir.compilation import Compilation
    from .view import View

Face = tuple[frozenset[str], str]
"""The entries that are 0, and that in words."""

Style = dict[str, Any]
_COLOUR = "#d81b60"
_GRID = 201
_WIDTH = 88  # of a line of the legend, in characters
_CORNER: Style = {"marker": "o", "markersize": 8, "linestyle": ""}
_EDGE: Style = {"linewidth": 4, "solid_capstyle": "butt"}
_CURVE: Style = {"linewidth": 2}
_NOWHERE: Style = {"linestyle": ""}
_PLACES = {
    frozenset({"TP"}): ((0, 1), (0, 0)),
    frozenset({"FN"}): ((0, 1), (1, 1)),
    frozenset({"FP"}): ((0, 0), (0, 1)),
    frozenset({"TN"}): ((1, 1), (0, 1)),
    frozenset({"TP", "FP"}): ((0,), (0,)),
    frozenset({"TN", "FN"}): ((1,), (1,)),
    frozenset({"FP", "FN"}): ((0,), (1,)),
    frozenset({"TP", "TN"}): ((1,), (0,)),
}
"""Where these entries are 0: the two ends of an edge, or a corner; first x, then y."""


def draw_singular_places(ax: Axes, compilation: Compilation, view: View) -> list[Line2D]:
    """Draw them, and return a line for the legend for all places of one look."""
    on_faces = (
        _draw_faces(ax, style, kinds, faces)
        for style in (_CORNER, _EDGE, _NOWHERE)
        for kinds, faces in _faces(compilation, style).items()
    )
    on_curves = (
        _draw_curve(ax, compilation, found.kind, found.equation, view)
        for found in compilation.singularities
        if found.equation is not None
    )
    return [*on_faces, *on_curves]


def _style(face: frozenset[str]) -> Style:
    if face not in _PLACES:
        return _NOWHERE
    return _CORNER if len(face) > 1 else _EDGE


def _faces(compilation: Compilation, style: Style) -> dict[str, list[Face]]:
    """Return the faces that look like `style`, with their words, by kinds of singularity."""
    kinds: dict[Face, list[str]] = {}
    for found in compilation.singularities:
        for face, words in zip(found.faces, found.words.split(", or "), strict=False):
            if _style(frozenset(face)) is style:
                kinds.setdefault((frozenset(face), words), []).append(found.kind)
    together: dict[str, list[Face]] = {}
    for place, names in kinds.items():
        together.setdefault(" and ".join(names), []).append(place)
    return together


def _draw_faces(ax: Axes, style: Style, kinds: str, faces: list[Face]) -> Line2D:
    for face, _ in faces:
        if face in _PLACES:
            ax.plot(*_PLACES[face], color=_COLOUR, clip_on=False, zorder=5, **style)
    words = f"{kinds}: {', or '.join(words for _, words in faces)}"
    is_elsewhere = style is _NOWHERE and all(face for face, _ in faces)
    return _line(f"{words} (outside of this plane)" if is_elsewhere else words, style)


def _draw_curve(ax: Axes, compilation: Compilation, kind: str, equation: str, view: View) -> Line2D:
    axis = grid(_GRID)
    difference = surface(compilation, equation, view.prevalence, axis)
    if difference is None or not difference.min() < 0 < difference.max():
        return _line(f"{kind}: {equation} (outside of this plane)", _NOWHERE)
    for colour, width in (("white", 4.0), (_COLOUR, 2.0)):
        ax.contour(axis, axis, difference, [0], colors=colour, linewidths=width)
    return _line(f"{kind}: {equation}", _CURVE)


def _line(label: str, style: Style) -> Line2D:
    words = textwrap.fill(label, _WIDTH, break_on_hyphens=False)
    return Line2D([], [], color=_COLOUR, label=words, **style)

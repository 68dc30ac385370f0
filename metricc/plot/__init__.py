"""A picture of a metric: its landscape over the ROC plane, and the surrogate it is trained with."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from .. import diagnostics as d

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..ir.compilation import Compilation
    from .view import View


def make_figure(compilation: Compilation, view: View) -> Figure:
    """Return the figure, without any state of pyplot's.

    Raises:
        MetricError: matplotlib is missing, or there is no such surrogate.
    """
    _check(compilation)
    from .figure import draw

    return draw(compilation, view)


def make_picture(compilation: Compilation, view: View, suffix: str) -> bytes:
    """Return a file of the kind that `suffix` names; the same bytes every time.

    Raises:
        MetricError: matplotlib is missing, or there is no such surrogate.
    """
    _check(compilation)
    from .figure import render

    return render(compilation, view, suffix)


def _check(compilation: Compilation) -> None:
    """Refuse what cannot be drawn."""
    if compilation.typed.is_joint:
        raise d.MetricError(d.NotOfClasses(compilation.typed.span, "plot"))
    if importlib.util.find_spec("matplotlib") is None:
        raise d.MetricError(d.MissingPackage(None, "a plot", "matplotlib", "plot"))

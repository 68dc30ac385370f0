"""Puts the picture together, and writes it as a file that says who made it."""

from __future__ import annotations

import io
import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .. import __version__
from ..diagnostics import NotScaleFree
from ..targets.header import one_line
from .curves import draw_over_logit, draw_over_probability
from .landscape import draw_landscape
from .plane import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..ir.compilation import Compilation
    from .view import View

_SIZE = (11.2, 6.2)
_DPI = 130
_LONGEST = 2 * 92
_MADE_BY = f"made by metricc {__version__}"
METADATA: dict[str, dict[str, Any]] = {
    ".png": {},
    ".svg": {"Creator": _MADE_BY, "Date": None},
    ".pdf": {"Creator": _MADE_BY, "Producer": None, "CreationDate": None},
}
"""What matplotlib writes into each kind of file: no date, so that the bytes stay the same."""


@contextmanager
def _style() -> Iterator[None]:
    """Draw in matplotlib's own style, whatever the user's is, and with names that stay."""
    own = {"font.size": 9, "axes.titlesize": 10, "legend.fontsize": 8}
    with style.context(["default", own]), mpl.rc_context({"svg.hashsalt": "metricc"}):
        yield


def draw(compilation: Compilation, view: View) -> Figure:
    """Return the landscape on the left, the surrogate over p and over z on the right."""
    with _style():
        figure = Figure(figsize=_SIZE, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.06))
        axes = figure.subplot_mosaic(
            [["plane", "probability"], ["plane", "logit"]], width_ratios=[1.45, 1]
        )
        name = compilation.typed.name or "m"
        filled, scale, legend = draw_landscape(axes["plane"], compilation, view)
        bar = figure.colorbar(filled, ax=axes["plane"], shrink=0.9, format="%g")
        bar.set_label(f"{name} ({scale.note})" if scale.note else name)
        axes["plane"].set_title(f"{name} over the ROC plane at {_where(compilation, view)}")
        figure.legend(handles=legend, loc="outside lower left", ncols=2, frameon=False)
        draw_over_probability(axes["probability"], view)
        draw_over_logit(axes["logit"], view)
        axes["probability"].set_title(_of_surrogate(view))
        figure.suptitle(_title(compilation), parse_math=False, fontsize=11)
    return figure


def render(compilation: Compilation, view: View, suffix: str) -> bytes:
    """Return the bytes of a picture."""
    file = io.BytesIO()
    with _style():
        draw(compilation, view).savefig(
            file, format=suffix.removeprefix("."), dpi=_DPI, metadata=METADATA[suffix]
        )
    return _with_a_palette(file) if suffix == ".png" else file.getvalue()


def _with_a_palette(picture: io.BytesIO) -> bytes:
    """Return a PNG of 256 colours, which takes a third of the bytes and looks the same."""
    file, info = io.BytesIO(), PngInfo()
    info.add_text("Software", _MADE_BY)
    image = Image.open(picture).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(file, format="png", optimize=True, pnginfo=info, dpi=(_DPI, _DPI))
    return file.getvalue()


def _title(compilation: Compilation) -> str:
    """f1 = 2*TP / (2*TP + FP + FN), with the values of its parameters, on two lines at most."""
    typed = compilation.typed
    values = ", ".join(f"{p.name} = {float(p.default):g}" for p in typed.parameters)
    formula = f"{typed.name or 'm'} = {one_line(typed.text)}"
    shown = textwrap.shorten(formula, _LONGEST - len(values), placeholder=" …")
    return textwrap.fill(f"{shown},  {values}" if values else shown, _LONGEST // 2)


def _where(compilation: Compilation, view: View) -> str:
    """The prevalence, and the number of cases where it matters."""
    is_scale_free = not any(isinstance(w, NotScaleFree) for w in compilation.warnings)
    return f"prevalence {view.prevalence:g}" + ("" if is_scale_free else f", {CASES:g} cases")


def _of_surrogate(view: View) -> str:
    """The surrogate sigmoid, with its options."""
    words = f"surrogate {view.surrogate}{', rescaled' if view.rescaled else ''}"
    return f"{words}: sharpness {view.sharpness:g}, threshold {view.threshold:g}"

"""Derivations as text: for a terminal, a paper, a code host, a page.

Adding a format: a module with a table of operators and a `write`, and a row in `FORMATS`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import diagnostics as d
from . import html, latex, markdown, text, typst
from .layout import Options
from .notation import Notation
from .symbols import read_notation

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ir.derivation import Derivation

__all__ = ["FORMATS", "Notation", "Options", "read_notation", "render"]

FORMATS: dict[str, Callable[[Derivation, Notation, Options], str]] = {
    "text": text.write,
    "latex": latex.write,
    "markdown": markdown.write,
    "typst": typst.write,
    "html": html.write,
}
"""(derivation, notation, options) → text, by the name that --format takes."""


def render(
    derivation: Derivation,
    format: str,
    *,
    notation: Notation | None = None,
    ascii: bool = False,
    document: bool = False,
    bibtex: bool = False,
) -> str:
    """Return a derivation in one of the formats.

    Args:
        derivation: what to write.
        format: one of `FORMATS`.
        notation: the signs of names, by default the paper's.
        ascii: write text without any other characters.
        document: write LaTeX as a complete file; the other formats are complete as they are.
        bibtex: append what to cite.

    Raises:
        MetricError: the format is unknown, has no such option, or cannot show one of the signs.
    """
    write = FORMATS.get(format.lower())
    if write is None:
        raise d.MetricError(d.UnknownFormat(None, format, ", ".join(FORMATS)))
    for option, is_given, owner in (("ascii", ascii, "text"), ("document", document, "latex")):
        if is_given and format.lower() != owner:
            wanted = f'it with the format "{owner}" only'
            raise d.MetricError(d.WrongValue(None, option, "True", wanted))
    signs = replace(notation or Notation(), indices=derivation.indices)
    return write(derivation, signs, Options(ascii, document, bibtex))

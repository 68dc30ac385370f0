r"""What names look like: the paper's signs, or those that the user gives.

A sign is a piece of LaTeX, \hat{y}. LaTeX takes it as it stands, other formats draw it (signs.py).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..frontend.spelling import latin
from ..ir.derivation import CLASS_LETTERS, LETTERS, OF_SAMPLES
from .signs import GREEK, Drawing, NotSimpleError, draw, read_sign

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULTS = {
    **{name: name for name in (*LETTERS, *CLASS_LETTERS) if len(name) == 1},
    **{name: rf"\mathrm{{{name}}}" for name in ("TP", "TN", "FP", "FN")},
    **{name: rf"\{name}" for name in GREEK},
    "yhat": r"\hat{y}",
    "loss": r"\ell",
}
_NUMBERED = re.compile(r"([A-Za-z]+)(\d+)")
_SUBSCRIPTS = dict(
    zip("0123456789aehijklmnoprstuvx+-", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋", strict=True)
)
_WORDS = {"mathrm": "#1", "mathbf": "#1"}
_UNICODE = Drawing({"hat": "#1\u0302", "bar": "#1\u0304", "tilde": "#1\u0303", **_WORDS})
_ASCII = Drawing({"hat": "#1hat", "bar": "#1bar", "tilde": "#1tilde", **_WORDS}, spells_greek=True)


@dataclass(frozen=True)
class Notation:
    """The signs of names: `symbols` are the user's, by name, the others the paper's.

    `indices` are the endings of names that are indices: y_k, and of several classes TP_c, y_kc.
    """

    symbols: Mapping[str, str] = field(default_factory=dict)
    indices: tuple[str, ...] = OF_SAMPLES

    def latex(self, name: str) -> str:
        r"""yhat_k → \hat{y}_k, beta → \beta, D_2 → D_2, my_name → \mathrm{my\_name}."""
        known = self.symbols.get(name) or _DEFAULTS.get(name)
        if known:
            return known
        base, index = self._split(name)
        if not index:
            return _word(name)
        below = self._side_by_side(index) if index in self.indices else _index(index)
        return f"{_base(self.latex(base))}_{below if len(below) == 1 else f'{{{below}}}'}"

    def drawn(self, name: str, drawing: Drawing, format: str) -> str:
        """Return the sign as another format draws it.

        Raises:
            MetricError: the user's sign uses more of LaTeX than can be drawn.
        """
        try:
            return draw(read_sign(self.latex(name)), drawing)
        except NotSimpleError as error:
            mistake = d.UntranslatableSign(None, name, self.latex(name), format, str(error))
            raise d.MetricError(mistake) from None

    def text(self, name: str, *, ascii: bool = False) -> str:
        """Return a sign for a terminal: a name of our language, unless the user chose otherwise.

        D_2 stays D_2, as D₂ would be another name; only the index of a sample is lowered.
        """
        drawing = _ASCII if ascii else _UNICODE
        if name in self.symbols:
            given = self.symbols[name]
            drawn = self._plain(given, drawing) if "\\" in given else given
            return latin(drawn) if ascii else drawn
        if name in _DEFAULTS:
            return self._plain(_DEFAULTS[name], drawing)
        base, index = self._split(name)
        if index not in self.indices:
            is_split = index and name == f"{base}_{index}"
            return f"{self.text(base, ascii=ascii)}_{index}" if is_split else name
        below = "".join(self.text(letter, ascii=ascii) for letter in index)
        is_lowered = index in OF_SAMPLES and not ascii
        return self.text(base, ascii=ascii) + (subscript(below) if is_lowered else f"_{below}")

    def _side_by_side(self, index: str) -> str:
        r"""kc → kc, or \kappa c where k is \kappa."""
        signs = [self.latex(letter) for letter in index]
        return (" " if any("\\" in sign for sign in signs) else "").join(signs)

    def _split(self, name: str) -> tuple[str, str]:
        """yhat_k → (yhat, k), w1 → (w, 1), my_name → (my_name, "")."""
        base, _, index = name.rpartition("_")
        if index not in self.indices or not base:
            base, _, index = name.partition("_")
        if index and (self._is_letter(base) or index in self.indices):
            return base, index
        found = _NUMBERED.fullmatch(name)
        return (found[1], found[2]) if found and self._is_letter(found[1]) else (name, "")

    def _is_letter(self, name: str) -> bool:
        return len(name) == 1 or name in _DEFAULTS or name in self.symbols

    def _plain(self, sign: str, drawing: Drawing) -> str:
        """Return a sign drawn for a terminal, or as it is where it cannot be."""
        try:
            return unicodedata.normalize("NFC", draw(read_sign(sign), drawing))
        except NotSimpleError:
            return sign


def subscript(text: str) -> str:
    """k → ₖ, or _b, as there is no such letter below the line."""
    below = [_SUBSCRIPTS.get(character) for character in text]
    return "".join(filter(None, below)) if all(below) else f"_{text}"


def _word(name: str) -> str:
    r"""n → n, pos → \mathrm{pos}, and its underscores escaped."""
    escaped = name.replace("_", r"\_")
    return name if len(name) == 1 and name != "_" else rf"\mathrm{{{escaped}}}"


def _index(name: str) -> str:
    return _DEFAULTS.get(name) or (name if name.isdigit() else _word(name))


def _base(sign: str) -> str:
    """n_+ → {n_+}, so that it can have another subscript."""
    return f"{{{sign}}}" if "_" in sign or "^" in sign else sign

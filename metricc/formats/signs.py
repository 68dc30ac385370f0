r"""Signs such as \hat{y} or n_{+}: read from a simple part of LaTeX, drawn in other formats."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

GREEK = {
    **dict(zip(("alpha", "beta", "gamma", "delta", "epsilon"), "αβγδε", strict=True)),
    **dict(zip(("zeta", "eta", "theta", "iota", "kappa", "lambda"), "ζηθικλ", strict=True)),
    **dict(zip(("mu", "nu", "xi", "pi", "rho", "sigma", "tau"), "μνξπρστ", strict=True)),
    **dict(zip(("upsilon", "phi", "chi", "psi", "omega"), "υφχψω", strict=True)),
    **dict(zip(("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi"), "ΓΔΘΛΞΠ", strict=True)),
    **dict(zip(("Upsilon", "Phi", "Psi", "Omega"), "ΥΦΨΩ", strict=True)),
}
"""The letters that LaTeX names, but Σ, which would be taken for a sum."""

_LETTERS = {
    **GREEK,
    "Sigma": "Σ",
    "ell": "ℓ",
    "varepsilon": "ε",
    "vartheta": "ϑ",
    "varphi": "φ",
    "varrho": "ϱ",
}
_SYMBOLS = {"star": "⋆", "ast": "∗", "prime": "′", "circ": "∘", "pm": "±", "_": "_"}
_COMMANDS = ("hat", "bar", "tilde", "mathrm", "mathbf")
_TOKEN = re.compile(r"\s*(\\[A-Za-z]+|\\_|[A-Za-z0-9Α-Ωα-ω{}_^+\-*'])\s*")


class NotSimpleError(ValueError):
    """A sign outside the part of LaTeX that other formats can draw; it says which piece."""


@dataclass(frozen=True)
class Glyph:
    r"""A character; `name` is what LaTeX calls it: \beta is β."""

    character: str
    name: str = ""


@dataclass(frozen=True)
class Styled:
    """What a command draws differently: hat, bar, tilde, mathrm, mathbf."""

    command: str
    inner: Sign


@dataclass(frozen=True)
class Script:
    """A base with something below or above its end."""

    base: Sign
    mark: str
    script: Sign


@dataclass(frozen=True)
class Series:
    """Signs side by side."""

    parts: tuple[Sign, ...]


Sign = Glyph | Styled | Script | Series


@dataclass(frozen=True)
class Drawing:
    """How a format draws signs: #1 is what is inside, #2 a script."""

    styled: Mapping[str, str]
    letter: str = "#1"
    digit: str = "#1"
    symbol: str = "#1"
    scripts: Mapping[str, str] = field(default_factory=lambda: {"_": "#1_#2", "^": "#1^#2"})
    series: str = "#1"
    between: str = ""
    spells_greek: bool = False


def draw(sign: Sign, drawing: Drawing) -> str:
    """Return a sign in one format."""
    match sign:
        case Glyph(character, name):
            shown = name if name and drawing.spells_greek else character
            return _template(character, drawing).replace("#1", shown)
        case Styled("mathrm" | "mathbf" as command, inner):
            return drawing.styled[command].replace("#1", letters(inner, drawing))
        case Styled(command, inner):
            return drawing.styled[command].replace("#1", draw(inner, drawing))
        case Script(base, mark, script):
            below = draw(script, drawing)
            return drawing.scripts[mark].replace("#1", draw(base, drawing)).replace("#2", below)
        case Series(parts):
            inside = drawing.between.join(draw(part, drawing) for part in parts)
            return drawing.series.replace("#1", inside)


def _template(character: str, drawing: Drawing) -> str:
    if character.isalpha():
        return drawing.letter
    return drawing.digit if character.isdigit() else drawing.symbol


def letters(sign: Sign, drawing: Drawing) -> str:
    """Return the characters of an upright or bold word, which hold nothing else."""
    match sign:
        case Glyph(character, name):
            return name if name and drawing.spells_greek else character
        case Series(parts):
            return "".join(letters(part, drawing) for part in parts)
        case _:
            raise NotSimpleError("a script or an accent inside a word")


def read_sign(text: str) -> Sign:
    r"""Return a sign as a tree: \hat{y}_k → Script(Styled(hat, y), _, k).

    Raises:
        NotSimpleError: the sign uses more of LaTeX than the simple part.
    """
    tokens: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise NotSimpleError(f"the character {text[at]}")
        tokens.append(found[1])
        at = found.end()
    return _Reader(tokens).series("")


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*reversed(tokens)]

    def series(self, end: str) -> Sign:
        """Return all signs up to `end`; one alone is itself."""
        parts: list[Sign] = []
        while self.tokens and self.tokens[-1] != end:
            mark = self.tokens[-1]
            if mark in ("_", "^") and parts:
                self.tokens.pop()
                parts.append(Script(parts.pop(), mark, self.one()))
            else:
                _append(parts, self.one())
        if not parts:
            raise NotSimpleError("an empty pair of braces")
        return parts[0] if len(parts) == 1 else Series(tuple(parts))

    def one(self) -> Sign:
        """Return the next sign without its scripts."""
        token = self.tokens.pop() if self.tokens else ""
        if token == "{":
            inner = self.series("}")
            self._close()
            return inner
        name = token.removeprefix("\\")
        if name in _COMMANDS and token != name:
            return Styled(name, self.one())
        known = _LETTERS.get(name) or _SYMBOLS.get(name)
        if token != name:
            if known is None:
                raise NotSimpleError(f"the command {token}")
            return Glyph(known, {"ell": "l", "_": ""}.get(name, name))
        if token in ("", "}", "_", "^"):
            raise NotSimpleError(f"{token or 'the end'} where a letter is wanted")
        return Glyph({"*": "∗", "'": "′", "-": "−"}.get(token, token), token)

    def _close(self) -> None:
        if not self.tokens:
            raise NotSimpleError("an unclosed brace")
        self.tokens.pop()


def _append(parts: list[Sign], sign: Sign) -> None:
    """Add a sign; a digit after a digit makes one number."""
    match parts[-1:], sign:
        case [Glyph(before)], Glyph(digit) if before.isdigit() and digit.isdigit():
            parts[-1] = Glyph(before + digit)
        case _:
            parts.append(sign)

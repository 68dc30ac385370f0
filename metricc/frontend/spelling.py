"""How people spell what the language means: pasted signs, Greek letters, exact literals."""

from __future__ import annotations

import unicodedata
from fractions import Fraction
from functools import cache

MAX_DIGITS = 40

_LOOKS = ("<font>", "<wide>", "<sub>", "<compat>")
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def plain(text: str) -> str:
    """Return `text` with other looks of a character made plain, each in its place: 𝑇𝑃₁ → TP1."""
    return text if text.isascii() else "".join(map(_plain_character, text))


@cache
def _plain_character(character: str) -> str:
    *look, code = unicodedata.decomposition(character).split() or [""]
    if code and (not look or (look[0] in _LOOKS and len(look) == 1)):
        return _plain_character(chr(int(code, 16)))
    return character


def latin(name: str) -> str:
    """Return a name in Latin letters: β → beta."""
    return "".join(map(_latin_letter, name))


@cache
def _latin_letter(letter: str) -> str:
    words = unicodedata.name(letter, "").split()
    if letter.isascii() or words[:1] != ["GREEK"]:
        return letter
    spelled = "lambda" if words[-1] == "LAMDA" else words[-1].lower()
    return spelled.capitalize() if "CAPITAL" in words else spelled


def literal(text: str) -> Fraction | None:
    """Return the exact value of a number, or None if it has too many digits: ½ → 1/2."""
    if not text.isascii():
        return Fraction(unicodedata.normalize("NFKC", text).replace("⁄", "/"))
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > MAX_DIGITS:
        return None
    return Fraction(text) if abs(int(exponent or 0)) <= MAX_DIGITS else None


def superscript(text: str) -> Fraction | None:
    """Return the value of raised digits, or None if there are too many: ⁻² → -2."""
    return Fraction(text.translate(_SUPERSCRIPTS)) if len(text) <= MAX_DIGITS else None

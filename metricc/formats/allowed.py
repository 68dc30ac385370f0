r"""Which pieces of LaTeX can be one sign: those that compile wherever a formula has it.

sign: one or more of a base, each with at most one subscript and one superscript
base: a letter, a digit, + - * and the like, a symbol, an accent or a font with its {…}, {sign}
"""

from __future__ import annotations

import re

from .signs import GREEK

ALLOWED = (
    r"letters, digits, Greek letters, _ and ^ once each behind a letter, with {…} around what is"
    r" longer, accents such as \hat{y}, fonts such as \mathrm{y} and symbols such as \star"
)
ACCENTS = (
    *("hat", "bar", "tilde", "vec", "dot", "ddot", "check", "breve", "acute", "grave"),
    *("widehat", "widetilde", "overline", "underline", "boldsymbol"),
)
FONTS = ("mathrm", "mathbf", "mathcal", "mathit", "mathsf", "mathtt")
WORDS = ("text", "operatorname")
SYMBOLS = (
    *(*GREEK, "Sigma", "varepsilon", "vartheta", "varphi", "varrho", "varsigma", "varpi"),
    *("ell", "hbar", "imath", "jmath", "wp", "Re", "Im", "aleph", "partial", "nabla", "infty"),
    *("star", "ast", "prime", "circ", "bullet", "pm", "mp", "dagger", "ddagger", "sharp", "flat"),
    *("natural", "perp", "top", "bot", "times", "cdot", "oplus", "ominus", "otimes", "emptyset"),
)
_TOKEN = re.compile(r" *(\\[A-Za-z]+|\\[_%&#$]|[A-Za-z0-9{}_^+\-*/=.,:;!?()|<>]|'+)")
_WORD = re.compile(r" *\{[A-Za-z0-9 .+-]+\}")


class _NoSignError(Exception):
    """The reason why a text is no sign."""


def objection(text: str) -> str | None:
    """Return why a text cannot be a sign of a formula, if it cannot."""
    reader = _Reader(text)
    try:
        reader.sign()
    except _NoSignError as wrong:
        return str(wrong)
    return "its braces do not match" if reader.next() else None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text.rstrip(" ")
        self.at = 0

    def next(self) -> str:
        """Return the token at this place, empty at the end."""
        if self.at == len(self.text):
            return ""
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            character = self.text[self.at :].lstrip()[0]
            raise _NoSignError(f"{character!r} has no place in a sign")
        return found[1]

    def take(self) -> str:
        """Return the token at this place, and go on behind it."""
        token = self.next()
        found = _TOKEN.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return token

    def sign(self) -> None:
        """Bases with their scripts, up to the end or a closing brace."""
        if self.next() in ("", "}"):
            raise _NoSignError(
                "nothing would be seen" if self.at == 0 else "a pair of braces is empty"
            )
        while self.next() not in ("", "}"):
            self.base()
            self.scripts()

    def base(self) -> None:
        """What a script can stand behind."""
        token = self.take()
        if token == "{":
            self.group()
        elif token[0] in "_^'":
            raise _NoSignError(f"{token[0]} stands behind nothing")
        elif token.startswith("\\") and token[1:] in (*ACCENTS, *FONTS):
            self.argument(token)
        elif token.startswith("\\") and token[1:] in WORDS:
            self.word(token)
        elif token[1:].isalpha() and token[1:] not in SYMBOLS:
            raise _NoSignError(f"{token} has no place in a sign")

    def group(self) -> None:
        """A sign up to its closing brace."""
        self.sign()
        if self.take() != "}":
            raise _NoSignError("its braces do not match")

    def argument(self, command: str) -> None:
        r"""What an accent or a font is of: one letter, or \hat{…}."""
        if self.next() in ("", "}", "_", "^") or self.next()[0] == "'":
            raise _NoSignError(f"{command} is of nothing")
        if self.next() == "{":
            self.take()
            self.group()
        elif self.next()[1:] in (*ACCENTS, *FONTS, *WORDS):
            raise _NoSignError(f"what {command} is of needs braces: {command}{{{self.next()}…}}")
        else:
            self.base()

    def word(self, command: str) -> None:
        r"""\text{…}, which holds no mathematics."""
        found = _WORD.match(self.text, self.at)
        if found is None:
            raise _NoSignError(f"{command} needs a word in braces")
        self.at = found.end()

    def scripts(self) -> None:
        """At most one below and one above; a prime is above."""
        seen: set[str] = set()
        while self.next() and self.next()[0] in "_^'":
            mark = self.take()[0]
            place = "subscript" if mark == "_" else "superscript"
            if place in seen:
                raise _NoSignError(
                    f"it has a second {place}; put braces around what the second is of"
                )
            seen.add(place)
            if mark != "'":
                self.script(mark)

    def script(self, mark: str) -> None:
        """One character, symbol or word in a font, or a group."""
        if self.next() in ("", "}", "_", "^") or self.next()[0] == "'":
            raise _NoSignError(f"nothing stands behind its {mark}")
        if self.next()[1:] in (*ACCENTS, "operatorname"):
            raise _NoSignError(
                f"what stands behind its {mark} needs braces: {mark}{{{self.next()}…}}"
            )
        self.base()

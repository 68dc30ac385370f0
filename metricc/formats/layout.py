"""What all formats share: options, titles with signs in them, equations as lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from .. import __version__
from ..ir.program import Ref, walk
from ..targets.header import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ir.derivation import Derivation, DerivationStep, Equation
    from .printer import Printer

COLUMN = 68
"""How many characters, as `Piece.width` counts them, fit into the text column of an article."""

_CONDITION = 14
"""About how wide a condition is, with the space before it: for y_k = 1."""

_SIGN_WORD = re.compile(r"\b((?:TP|TN|FP|FN|tau|[A-Z]|[b-z])(?:_\w+)?)\b")


@dataclass(frozen=True)
class Options:
    """`ascii` is for text, `document` for LaTeX; `bibtex` appends what to cite."""

    ascii: bool = False
    document: bool = False
    bibtex: bool = False


@dataclass(frozen=True)
class Line:
    """One line: `left` is empty in a chain, `relation` in the rest of a broken equation."""

    left: str
    relation: str
    right: str
    where: str = ""


def provenance(derivation: Derivation) -> str:
    """Return who made the text, and from what, on one line."""
    return f"made by metricc {__version__} from {one_line(derivation.formula)}"


def html_comment(derivation: Derivation) -> str:
    """Return the provenance as a comment, which a -- within would end."""
    shown = escape(provenance(derivation), quote=False)
    return f"<!-- {re.sub('-(?=-)', '- ', shown)} -->"


def equation_lines(equation: Equation, printer: Printer, limit: int) -> list[Line]:
    """a = b = c → a = b and = c; a sum wider than `limit` takes several lines."""
    left = printer.piece(equation.left)
    room = limit - left.width - 3
    lines = [
        Line("", "" if at else "=", piece.text)
        for right in equation.rights
        for at, piece in enumerate(printer.lines(right, room))
    ]
    lines[0] = replace(lines[0], left=left.text)
    if equation.where is None:
        return lines
    condition = printer.style.equals.join(map(printer.expr, equation.where))
    if printer.lines(equation.rights[-1], room)[-1].width + _CONDITION > room:
        return [*lines, Line("", "", "", condition)]
    return [*lines[:-1], replace(lines[-1], where=condition)]


def step_lines(step: DerivationStep, printer: Printer, limit: int = COLUMN) -> list[Line]:
    """Return the lines of all equations of a step."""
    return [line for eq in step.equations for line in equation_lines(eq, printer, limit)]


def title(step: DerivationStep, sign: Callable[[str], str], words: Callable[[str], str]) -> str:
    """Return a step's title, a letter that its equations use as its sign: the sums $T$ and $Q$."""
    text = step.title.rstrip(".:")
    used = {
        e.name
        for equation in step.equations
        for side in (equation.left, *equation.rights)
        for e in walk(side)
        if isinstance(e, Ref)
    }
    first, *others = _SIGN_WORD.split(text)
    pieces = [words(first)]
    for word, behind in zip(others[::2], others[1::2], strict=True):
        is_sign = word in used and bool(first or len(pieces) > 1)
        pieces += [sign(word) if is_sign else words(word), words(behind)]
    return "".join(pieces)

"""Prints the expressions of a derivation: one precedence printer, a table of operators per format.

Sums, products and names are printed here, everything else by a row of the format's table. A row
is a template in the manner of TeX: #1 is the first operand, (#1) the same in parentheses that
are as tall as it, #* all operands with commas between, @i the sign of the letter i.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from ..diagnostics import InternalError
from ..ir.program import Expr, Num, Op, Ref
from .spell import factors, spell, terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .notation import Notation

ANY, SUM, TERM, PRODUCT, FRACTION, POWER, ATOM = range(7)
"""How strongly a text holds together. A TERM (Σ x, x log x) can be a factor only at the end, and
a FRACTION, drawn with a bar, is as good as an atom until it is raised to a power."""

Edge = Literal["number", "letter", "word", "bar", "other"]
_HOLE = re.compile(r"\(#(\d|\*)\)|#(\d|\*)|@(\w+)")
_UNSEEN = re.compile(r"<[^>]*>|[\\#@{}]")
_BEGINS_WITH_OPERAND = re.compile(r"(<[^>]*>)*#1")
_NEEDS_SPACE = tuple(map(frozenset, (("word",), ("word", "letter"), ("bar",))))


@dataclass(frozen=True)
class Row:
    """How an operator is printed; `operands` is how strongly each must hold, the last repeated.

    `tall` says that the result is higher than a line, `stacked` that it is as wide as its widest
    operand.
    """

    template: str
    strength: int = ATOM
    operands: tuple[int, ...] = (ANY,)
    tall: bool = False
    stacked: bool = False

    @property
    def extra(self) -> int:
        """About how many characters the template itself adds."""
        return len(_UNSEEN.sub("", self.template)) // 2

    def at_least(self, index: int) -> int:
        """Return how strongly operand `index` must hold together."""
        return self.operands[min(index, len(self.operands) - 1)]


@dataclass(frozen=True)
class Piece:
    """A printed expression; `head` and `tail` are what a factor before and behind it meets."""

    text: str
    strength: int
    width: int
    tall: bool = False
    head: Edge = "other"
    tail: Edge = "other"


@dataclass(frozen=True)
class Style:
    """What a format is made of.

    `touch`, `thin` and `dot` stand between factors: usually; between fractions, and names one of
    which has several letters; before a number. `power_of_ten` is for 1.5e-7, and for 1e-7.
    """

    rows: Mapping[str, Row]
    name: Callable[[Notation, str], str]
    power_of_ten: tuple[str, str]
    parentheses: tuple[str, str] = ("(#1)", "(#1)")
    number: str = "#1"
    plus: str = " + "
    minus: str = " - "
    negative: str = "-"
    touch: str = " "
    thin: str = " "
    dot: str = " "
    comma: str = ", "
    equals: str = " = "
    hyphen: str = "-"
    tidy: Callable[[str], str] = str


@dataclass(frozen=True)
class Printer:
    """Prints in one style, with the signs of one notation."""

    style: Style
    notation: Notation

    def expr(self, expr: Expr) -> str:
        """Return `expr` with the fewest parentheses."""
        return self.piece(expr).text

    def name(self, name: str) -> str:
        """Return the sign of a name."""
        return self.style.name(self.notation, name)

    def piece(self, expr: Expr) -> Piece:
        """Return `expr` printed, with what its surroundings must know of it."""
        spelled = spell(expr)
        match terms(spelled):
            case [(True, only)]:
                return self._term(only)
            case signed:
                return self._join(signed)

    def _term(self, expr: Expr) -> Piece:
        match expr:
            case Num(value):
                return self._number(value)
            case Ref(name):
                return self._name(name)
            case Op("mul"):
                return self._product(expr)
            case Op(op, args):
                return self._row(self._row_of(op), [self.piece(arg) for arg in args])

    def lines(self, expr: Expr, limit: int) -> list[Piece]:
        """Break what is wider than `limit` characters at + and - of its outermost sum."""
        whole = self.piece(expr)
        if whole.width <= limit:
            return [whole]
        lines: list[list[tuple[bool, Expr]]] = []
        for term in terms(spell(expr)):
            if lines and self._join([*lines[-1], term]).width <= limit:
                lines[-1].append(term)
            else:
                lines.append([term])
        first, *others = lines
        return [self._join(first), *(self._join(line, goes_on=True) for line in others)]

    def _number(self, value: Fraction | float) -> Piece:
        text = str(value) if isinstance(value, Fraction) else _decimal(value)
        mantissa, _, exponent = text.partition("e")
        shown = self.style.number.replace("#1", mantissa)
        if not exponent:
            return Piece(shown, ATOM, len(text), head="number", tail="number")
        template = self.style.power_of_ten[mantissa == "1"]
        power = template.replace("#1", shown).replace(
            "#2", exponent.replace("-", self.style.hyphen)
        )
        return Piece(power, POWER if template == "1e#2" else PRODUCT, len(text) + 2, head="number")

    def _name(self, name: str) -> Piece:
        sign = self.notation.latex(name)
        edge: Edge = "word" if r"\mathrm{" in sign else "letter"
        width = len(self.notation.text(name))
        strength = POWER if "^" in sign or "'" in sign else ATOM  # b^* squared is (b^*)^2
        return Piece(self.name(name), strength, width, head=edge, tail=edge)

    def _product(self, expr: Expr) -> Piece:
        *before, last = factors(expr)
        pieces = [*(self._operand(x, PRODUCT) for x in before), self._operand(last, TERM)]
        text = pieces[0].text
        for left, right in pairwise(pieces):
            text += self._times(left.tail, right.head) + right.text
        return replace(
            _around(pieces, text, len(before) // 2),
            strength=min(PRODUCT, pieces[-1].strength),
            head=pieces[0].head,
            tail=pieces[-1].tail,
        )

    def _times(self, left: Edge, right: Edge) -> str:
        if right == "number":
            return self.style.dot
        return self.style.thin if {left, right} in _NEEDS_SPACE else self.style.touch

    def _join(self, signed: list[tuple[bool, Expr]], *, goes_on: bool = False) -> Piece:
        """Return terms with their signs; the first shows a + only where a line `goes_on`."""
        pieces = [self._operand(x, TERM) for _, x in signed]
        infix = [self.style.plus if positive else self.style.minus for positive, _ in signed]
        first = "" if signed[0][0] else self.style.negative
        marks = [infix[0].lstrip() if goes_on else first, *infix[1:]]
        text = "".join(mark + piece.text for mark, piece in zip(marks, pieces, strict=True))
        return replace(_around(pieces, text, 3 * len(pieces) - 2), strength=SUM)

    def _row_of(self, op: str) -> Row:
        if op not in self.style.rows:
            raise InternalError(f"no format has a row for the operator {op}")
        return self.style.rows[op]

    def _row(self, row: Row, operands: list[Piece]) -> Piece:
        pieces = [self._held(piece, row.at_least(at)) for at, piece in enumerate(operands)]
        text = _HOLE.sub(lambda hole: self._fill(hole, pieces), row.template)
        widths = [piece.width for piece in pieces]
        begins = _BEGINS_WITH_OPERAND.match(row.template)
        return Piece(
            self.style.tidy(text),
            row.strength,
            max(widths) if row.stacked else sum(widths) + row.extra,
            row.tall or row.stacked or any(piece.tall for piece in pieces),
            head="bar" if row.stacked else pieces[0].head if begins else "other",
            tail="bar" if row.stacked else "other",
        )

    def _fill(self, hole: re.Match[str], pieces: list[Piece]) -> str:
        enclosed, bare, name = hole.groups()
        if name:
            return self.name(name)
        which = enclosed or bare
        chosen = pieces if which == "*" else [pieces[int(which) - 1]]
        inside = _around(chosen, self.style.comma.join(piece.text for piece in chosen))
        return self._enclosed(inside) if enclosed else inside.text

    def _operand(self, expr: Expr, at_least: int) -> Piece:
        return self._held(self.piece(expr), at_least)

    def _held(self, piece: Piece, at_least: int) -> Piece:
        if piece.strength >= at_least:
            return piece
        return Piece(self._enclosed(piece), ATOM, piece.width + 2, piece.tall)

    def _enclosed(self, piece: Piece) -> str:
        return self.style.parentheses[piece.tall].replace("#1", piece.text)


def _around(pieces: Iterable[Piece], text: str, more: int = 0) -> Piece:
    pieces = tuple(pieces)
    width = sum(piece.width for piece in pieces) + more
    return Piece(text, ANY, width, any(piece.tall for piece in pieces))


def _decimal(value: float) -> str:
    """2.0 → 2; 1e-07 → 1e-7."""
    return re.sub(r"\.0$|(?<=e)\+?(-?)0*", r"\1", repr(value))

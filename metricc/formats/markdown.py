r"""Markdown for code hosts: headings, and fences that keep Markdown's hands off the formulas.

GitHub reads $$…$$ as Markdown first, which halves \\ and eats the backslash of \_ and \{; what
is inside a ```math fence arrives as written. Fences stand outside lists, where they are safest, and
\operatorname, which GitHub does not allow, is \mathrm.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..targets.header import one_line
from . import latex
from .bibtex import BIBTEX
from .layout import Options, html_comment, title
from .printer import Printer, Row

if TYPE_CHECKING:
    from ..ir.derivation import Derivation, DerivationStep
    from .notation import Notation

STYLE = replace(
    latex.STYLE,
    rows={
        **latex.ROWS,
        "sign": Row(r"\mathrm{sgn}(#1)"),
        "clamp": Row(r"\mathrm{clamp}(#*)"),
    },
)


def write(derivation: Derivation, notation: Notation, options: Options) -> str:
    """Return a page: a heading per step, its equations in a fence."""
    printer = Printer(STYLE, notation)
    formula = one_line(derivation.formula)
    parts = [
        html_comment(derivation),
        f"## {escape(derivation.title)}",
        f"Derived by metricc from the formula {_code(formula)}.",
        *(_step(number, step, printer) for number, step in enumerate(derivation.steps, 1)),
    ]
    cited = [f"### To cite\n\n```bibtex\n{BIBTEX}```"] if options.bibtex else []
    return "\n\n".join([*parts, *cited]) + "\n"


def _step(number: int, step: DerivationStep, printer: Printer) -> str:
    words = title(step, lambda name: f"$`{printer.name(name)}`$", escape)
    rows = latex.align(step, printer, "aligned")  # a fence is a display already
    fence = f"\n\n```math\n{rows}\n```" if step.equations else ""
    return f"### {number}. {words}{fence}"


def escape(words: str) -> str:
    """Return words in which Markdown sees no mark of its own."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~&])", r"\\\1", words)


def _code(text: str) -> str:
    """Return a code span; one with a backtick inside has longer ones around it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}"

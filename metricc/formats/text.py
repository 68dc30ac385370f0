"""Text for a terminal: Unicode or ASCII, formulas that metricc itself reads."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..frontend.spelling import latin
from ..ir.program import Ref, walk
from .bibtex import BIBTEX
from .layout import Line, Options, equation_lines, provenance, title
from .notation import Notation, subscript
from .printer import ANY, ATOM, FRACTION, POWER, PRODUCT, TERM, Printer, Row, Style

if TYPE_CHECKING:
    from ..ir.derivation import Derivation, DerivationStep, Equation
    from ..ir.program import Expr

_UNBROKEN = 10**6
_SCREEN = 88
_ALIGNED = 14
_RAISED = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOW = "\N{THIN SPACE}"
"""Stands behind the index of a sample until that is lowered; there is no lower c."""
_SPELLED = ("abs", "min", "max", "clamp", "exp", "log", "log2", "log10", "xlogx", "sign", "step")
_CALLS = {
    name: Row(f"{name}(#*)")
    for name in (*_SPELLED, "sin", "cos", "asin", "atan", "tanh", "sigmoid", "normal_cdf")
}
_SHARED = {
    **_CALLS,
    **dict.fromkeys(("div", "slash"), Row("#1/#2", PRODUCT, (PRODUCT, POWER))),
    "pow": Row("#1^#2", POWER, (ATOM,)),
    "call": Row("#1(#2)", ATOM, (ATOM, ANY)),
    "min_over": Row("min_#2 #1", TERM, (PRODUCT, ANY)),
    "max_over": Row("max_#2 #1", TERM, (PRODUCT, ANY)),
    "equal": Row("1[#1 = #2]"),
}
_ASCII_ROWS = {
    **_SHARED,
    "sqrt": Row("sqrt(#1)"),
    "cbrt": Row("cbrt(#1)"),
    "sum": Row("sum_@i #1", TERM, (PRODUCT,)),
    "sum_over": Row("sum_#2 #1", TERM, (PRODUCT, ANY)),
    "prod_over": Row("prod_#2 #1", TERM, (PRODUCT, ANY)),
    "partial": Row("d#1/d#2", FRACTION, (ATOM,)),
    "transpose": Row("#1^T", POWER, (ATOM,)),
}
_UNICODE_ROWS = {
    **_SHARED,
    "sqrt": Row("√(#1)", POWER),  # √(x)² is not of the language, (√(x))² is
    "cbrt": Row("∛(#1)", POWER),
    "sum": Row(f"Σ_@i{_LOW}#1", TERM, (PRODUCT,)),
    "sum_over": Row("Σ_#2 #1", TERM, (PRODUCT, ANY)),
    "prod_over": Row("Π_#2 #1", TERM, (PRODUCT, ANY)),
    "partial": Row("∂#1/∂#2", FRACTION, (ATOM,)),
    "transpose": Row("#1ᵀ", POWER, (ATOM,)),
}


def _raise(text: str) -> str:
    """β^2 → β², x^(−1) → x⁻¹, Σ_i → Σᵢ."""
    text = re.sub(rf"Σ_(\w+){_LOW}", lambda index: f"Σ{subscript(index[1])} ", text)
    return re.sub(
        r"\^(?:(\d+)(?![\d.e])|\((−\d+)\))",
        lambda power: (power[1] or power[2]).translate(_RAISED),
        text,
    )


_SPELLED_OUT = {
    **{"·": "*", "×": "*", "−": "-", "–": "-", "⁄": "/", "÷": "/", "…": "..."},
    **{"√": "sqrt", "∛": "cbrt", "∂": "d", "Σ": "sum", "ℓ": "l", "’": "'"},
}
ASCII = Style(
    _ASCII_ROWS,
    lambda notation, name: notation.text(name, ascii=True),
    ("#1e#2", "1e#2"),
    tidy=partial(re.sub, r"\^\((-\d+)\)", r"^\1"),
    touch="*",
    thin="*",
    dot="*",
)
UNICODE = Style(
    _UNICODE_ROWS,
    lambda notation, name: notation.text(name),
    ("#1e#2", "1e#2"),
    plus=" + ",
    minus=" − ",
    negative="−",
    touch="·",
    thin="·",
    dot="·",
    tidy=_raise,
)
_PAPER = replace(
    UNICODE, rows={**_UNICODE_ROWS, "sigmoid": Row("σ(#1)"), "normal_cdf": Row("Φ(#1)")}
)


def write(derivation: Derivation, notation: Notation, options: Options) -> str:
    """Return numbered steps, a line for each equation that fits on one."""
    style, words = (ASCII, _plain) if options.ascii else (UNICODE, str)
    printer = Printer(style, notation)
    steps = [
        f"{number}. {title(step, printer.name, words)}\n{_equations(step, printer)}"
        for number, step in enumerate(derivation.steps, 1)
    ]
    head = f"# {words(provenance(derivation))}\n{words(derivation.title)}\n"
    return "\n".join([head, *steps, *([BIBTEX] if options.bibtex else [])])


def _equations(step: DerivationStep, printer: Printer) -> str:
    """Return a step's equations, aligned at = if their left sides are about as long."""
    chains = [line for equation in step.equations for line in _chain(equation, printer)]
    lengths = [len(line.left) for line in chains if line.left]
    is_aligned = bool(lengths) and max(lengths) - min(lengths) <= _ALIGNED
    return "".join(_line(line, max(lengths) if is_aligned else 0) for line in chains)


def _chain(equation: Equation, printer: Printer) -> list[Line]:
    """Return a chain on one line if it fits, m = a = b, else a line for each of its = signs."""
    if any(is_of_a_sample(side) for side in equation.rights):
        printer = replace(printer, style=_of_paper(printer.style))
    lines = equation_lines(equation, printer, _UNBROKEN)
    right = " = ".join(line.right for line in lines)
    if len(lines[0].left) + len(right) > _SCREEN:
        return lines
    return [Line(lines[0].left, "=", right, lines[-1].where)]


def is_of_a_sample(expr: Expr) -> bool:
    """Return whether letters with an index occur, so that it is no formula over the entries."""
    return any(isinstance(e, Ref) and e.name.endswith(("_k", "_i")) for e in walk(expr))


def _of_paper(style: Style) -> Style:
    """Return the style for what need not be read again: σ(x) for sigmoid(x)."""
    return style if style is ASCII else _PAPER


def _line(line: Line, width: int) -> str:
    where = f"   for {line.where}" if line.where else ""
    return f"   {line.left:<{width}} = {line.right}{where}\n"


def _plain(words: str) -> str:
    """β·x² → beta*x^2, and ? for what has no such spelling."""
    raised = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: f"^{power[0]}", words)
    spelled = "".join(latin(_SPELLED_OUT.get(c, c)) for c in unicodedata.normalize("NFKD", raised))
    bare = "".join(c for c in spelled if not unicodedata.combining(c))
    return bare.encode("ascii", "replace").decode()

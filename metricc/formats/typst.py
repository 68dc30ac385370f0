"""Typst: a document as it stands, whose steps paste into another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..targets.header import one_line
from .bibtex import BIBTEX
from .layout import Line, Options, provenance, step_lines, title
from .printer import ANY, ATOM, FRACTION, POWER, PRODUCT, TERM, Printer, Row, Style
from .signs import Drawing

if TYPE_CHECKING:
    from ..ir.derivation import Derivation, DerivationStep
    from .notation import Notation

_OPERATORS = {
    **{name: name for name in ("min", "max", "exp", "log", "sin", "cos", "tanh")},
    "asin": "arcsin",
    "atan": "arctan",
    "log2": "log_2",
    "log10": "log_10",
    "sigmoid": "σ",
    "normal_cdf": "Φ",
    "sign": 'op("sgn")',
    "clamp": 'op("clamp")',
}
_ROWS = {
    **{name: Row(f"{shown}(#*)") for name, shown in _OPERATORS.items()},
    "div": Row("frac(#1, #2)", FRACTION, stacked=True),
    "slash": Row(r"#1 \/ #2", PRODUCT, (ATOM,)),
    "pow": Row("#1^(#2)", POWER, (ATOM, ANY)),
    "sqrt": Row("sqrt(#1)", FRACTION),
    "cbrt": Row("root(3, #1)", FRACTION),
    "abs": Row("abs(#1)"),
    "xlogx": Row("#1 log #1", TERM, (FRACTION,)),
    "step": Row("bold(1)[#1 > 0]"),
    "sum": Row("sum_(@i) #1", TERM, (PRODUCT,), tall=True),
    "sum_over": Row("sum_(#2) #1", TERM, (PRODUCT, ANY), tall=True),
    "prod_over": Row("product_(#2) #1", TERM, (PRODUCT, ANY), tall=True),
    "min_over": Row("min_(#2) #1", TERM, (PRODUCT, ANY)),
    "max_over": Row("max_(#2) #1", TERM, (PRODUCT, ANY)),
    "equal": Row("bold(1)[#1 = #2]"),
    "partial": Row("frac(∂ #1, ∂ #2)", FRACTION, (ATOM,), stacked=True),
    "call": Row("#1(#2)", ATOM, (ATOM, ANY)),
    "transpose": Row("#1^⊤", POWER, (ATOM,)),
}
_SIGNS = Drawing(
    {
        "hat": "hat(#1)",
        "bar": "macron(#1)",
        "tilde": "tilde(#1)",
        "mathrm": 'upright("#1")',
        "mathbf": 'bold("#1")',
    },
    scripts={"_": "#1_(#2)", "^": "#1^(#2)"},
    between=" ",
)


def _tidy(text: str) -> str:
    """x^(2) → x^2, but where a parenthesis follows, which would be raised too."""
    return re.sub(r"(?<=[_^])\((\w)\)(?!\()", r"\1", text)


def _name(notation: Notation, name: str) -> str:
    """Words of several letters are upright as they are: upright("TP") → "TP"."""
    drawn = _tidy(notation.drawn(name, _SIGNS, "typst"))
    return re.sub(r'upright\(("[^"]{2,}")\)', r"\1", drawn)


STYLE = Style(
    _ROWS,
    _name,
    ("#1 ⋅ 10^(#2)", "10^(#2)"),
    thin=" thin ",
    dot=" ⋅ ",
    tidy=_tidy,
)


def write(derivation: Derivation, notation: Notation, options: Options) -> str:
    """Return a document of numbered steps; what to cite is a comment."""
    printer = Printer(STYLE, notation)
    formula = one_line(derivation.formula).replace("\\", "\\\\").replace('"', '\\"')
    parts = [
        f"// {provenance(derivation)}",
        "#show math.equation: set block(breakable: true)",
        f"= {escape(derivation.title)}",
        f'Derived by metricc from the formula #raw("{formula}").',
        *(_step(number, step, printer) for number, step in enumerate(derivation.steps, 1)),
    ]
    cited = "".join(f"// {line}".rstrip() + "\n" for line in BIBTEX.splitlines())
    return "\n\n".join(parts) + "\n" + (f"\n{cited}" if options.bibtex else "")


def _step(number: int, step: DerivationStep, printer: Printer) -> str:
    words = title(step, lambda name: f"${printer.name(name)}$", escape)
    rows = " \\\n  ".join(_row(line) for line in step_lines(step, printer))
    return f"*{number}.* {words}" + (f":\n$ {rows} $" if rows else ".")


def _row(line: Line) -> str:
    where = f' quad "for" {line.where}' if line.where else ""
    if line.relation:
        return f"{line.left} &= {line.right}{where}".lstrip()
    return f"&quad {line.right}{where}" if line.right else f"&{where}"


def escape(words: str) -> str:
    """Return words in which Typst sees no mark of its own."""
    return re.sub(r"([\\#$*_`<>@\[\]~/=+\-\"'])", r"\\\1", words)

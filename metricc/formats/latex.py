r"""LaTeX: a sentence and one align* per step, for pasting; it needs amsmath only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..targets.header import one_line
from .bibtex import BIBTEX
from .layout import Line, Options, provenance, step_lines, title
from .printer import ANY, ATOM, FRACTION, POWER, PRODUCT, TERM, Printer, Row, Style
from .signs import GREEK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ir.derivation import Derivation, DerivationStep
    from .notation import Notation

_OPERATORS = {
    **{name: rf"\{name}" for name in ("min", "max", "exp", "log", "sin", "cos", "tanh")},
    "asin": r"\arcsin",
    "atan": r"\arctan",
    "log2": r"\log_2",
    "log10": r"\log_{10}",
    "sigmoid": r"\sigma",
    "normal_cdf": r"\Phi",
    "sign": r"\operatorname{sgn}",
    "clamp": r"\operatorname{clamp}",
}
ROWS: dict[str, Row] = {
    **{name: Row(f"{shown}(#*)") for name, shown in _OPERATORS.items()},
    "div": Row(r"\frac{#1}{#2}", FRACTION, stacked=True),
    "slash": Row("#1/#2", PRODUCT, (ATOM,)),
    "pow": Row("#1^{#2}", POWER, (ATOM, ANY)),
    "sqrt": Row(r"\sqrt{#1}", FRACTION),
    "cbrt": Row(r"\sqrt[3]{#1}", FRACTION),
    "abs": Row(r"\left|#1\right|"),
    "xlogx": Row(r"#1 \log #1", TERM, (FRACTION,)),
    "step": Row(r"\mathbf{1}[#1 > 0]"),
    "sum": Row(r"\sum_{@i} #1", TERM, (PRODUCT,), tall=True),
    "sum_over": Row(r"\sum_{#2} #1", TERM, (PRODUCT, ANY), tall=True),
    "prod_over": Row(r"\prod_{#2} #1", TERM, (PRODUCT, ANY), tall=True),
    "min_over": Row(r"\min_{#2} #1", TERM, (PRODUCT, ANY)),
    "max_over": Row(r"\max_{#2} #1", TERM, (PRODUCT, ANY)),
    "equal": Row(r"\mathbf{1}[#1 = #2]"),
    "partial": Row(r"\frac{\partial #1}{\partial #2}", FRACTION, (ATOM,), stacked=True),
    "call": Row("#1(#2)", ATOM, (ATOM, ANY)),
    "transpose": Row(r"#1^\top", POWER, (ATOM,)),
}


def _tidy(text: str) -> str:
    """x^{2} → x^2."""
    return re.sub(r"(?<=[_^])\{(\w)\}", r"\1", text)


STYLE: Style = Style(
    ROWS,
    lambda notation, name: notation.latex(name),
    (r"#1 \cdot 10^{#2}", "10^{#2}"),
    parentheses=("(#1)", r"\left(#1\right)"),
    thin=r"\,",
    dot=r" \cdot ",
    tidy=_tidy,
)
_DOCUMENT = r"""\documentclass{article}
\usepackage{amsmath}
\allowdisplaybreaks
\sloppy
\title{<title>}
\author{}
\date{}
\begin{document}
\maketitle
\noindent Derived by metricc from the formula {\ttfamily <formula>}.
\medskip

<steps>
\end{document}
"""
_ESCAPES = {
    **{sign: f"\\{sign}" for sign in "{}_&%#$"},
    **{letter: rf"$\{name}$" for name, letter in GREEK.items()},
    **{"·": r"$\cdot$", "×": r"$\times$", "−": "$-$", "⁄": "/", "√": r"$\surd$", "ℓ": r"$\ell$"},
    **{"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"},
    **{sign: rf"\textsuperscript{{{at}}}" for at, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{"<": "$<$", ">": "$>$", "|": "$|$", '"': "''", "½": "1/2", "∂": r"$\partial$"},
}


def escape(words: str) -> str:
    """Return words that print as they are; ? for what the standard fonts do not have."""
    return "".join(_ESCAPES.get(c) or (c if c.isascii() or _is_latin(c) else "?") for c in words)


def _is_latin(character: str) -> bool:
    return character.isalpha() and character < "\u0100" and character not in "ªµºÐðÞþ"


def align(step: DerivationStep, printer: Printer, environment: str = "align*") -> str:
    """Return a step's equations as rows of an environment."""
    rows = [_row(line) for line in step_lines(step, printer)]
    inside = " \\\\\n  ".join(rows)
    return f"\\begin{{{environment}}}\n  {inside}\n\\end{{{environment}}}"


def block(steps: Iterable[DerivationStep], notation: Notation) -> str:
    """Return the equations of several steps as one display, for a notebook."""
    printer = Printer(STYLE, notation)
    rows = [_row(line) for step in steps for line in step_lines(step, printer)]
    body = " \\\\\n  ".join(rows)
    return f"$$\\begin{{aligned}}\n  {body}\n\\end{{aligned}}$$"


def _row(line: Line) -> str:
    where = rf" \quad \text{{for }} {line.where}" if line.where else ""
    if line.relation:
        return f"{line.left} &= {line.right}{where}".lstrip()
    return rf"&\quad {line.right}{where}" if line.right else f"&{where}"


def write(derivation: Derivation, notation: Notation, options: Options) -> str:
    """Return the steps, or a document of them; what to cite is a comment."""
    printer = Printer(STYLE, notation)
    steps = "\n\n".join(
        f"\\noindent\\textbf{{{number}.}} {_title(step, printer)}{_shown(step, printer)}"
        for number, step in enumerate(derivation.steps, 1)
    )
    head = f"% {provenance(derivation)}\n"
    cited = "".join(f"% {line}".rstrip() + "\n" for line in BIBTEX.splitlines())
    tail = f"\n{cited}" if options.bibtex else ""
    if not options.document:
        return f"{head}% needs \\usepackage{{amsmath}}\n{steps}\n{tail}"
    formula = _breakable(escape(one_line(derivation.formula)))
    holes = {"<title>": escape(derivation.title), "<formula>": formula, "<steps>": steps}
    return head + re.sub("<(title|formula|steps)>", lambda hole: holes[hole[0]], _DOCUMENT) + tail


def _breakable(formula: str) -> str:
    """Let a formula that is longer than a line end it behind its signs."""
    return re.sub(r"(?<=[-+*/,])|(?<=\))(?=\()", r"\\allowbreak{}", formula)


def _shown(step: DerivationStep, printer: Printer) -> str:
    return f":\n{align(step, printer)}" if step.equations else "."


def _title(step: DerivationStep, printer: Printer) -> str:
    return title(step, lambda name: f"${printer.name(name)}$", escape)

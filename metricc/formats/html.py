"""A page for a browser: MathML without script or network, in light and dark, for print too."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ..targets.header import one_line
from .bibtex import BIBTEX
from .layout import Line, Options, html_comment, step_lines, title
from .printer import ANY, ATOM, FRACTION, POWER, PRODUCT, TERM, Printer, Row, Style
from .signs import Drawing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ir.derivation import Derivation, DerivationStep
    from .notation import Notation

_OPERATORS = {
    **{name: name for name in ("min", "max", "exp", "log", "sin", "cos", "tanh", "clamp")},
    "asin": "arcsin",
    "atan": "arctan",
    "sigmoid": "σ",
    "normal_cdf": "Φ",
    "sign": "sgn",
}
_THIN = '<mspace width="0.17em"/>'
_OPEN, _CLOSE = (f'<mo stretchy="false">{bracket}</mo>' for bracket in "[]")
_APPLY = "<mo>&#x2061;</mo>"


def _call(shown: str) -> Row:
    return Row(f"<mrow>{shown}{_APPLY}(#*)</mrow>")


def _log(base: str) -> str:
    return f"<msub><mi>log</mi><mn>{base}</mn></msub>"


def _over(sign: str) -> Row:
    shown = f"<munder>{sign}<mrow>#2</mrow></munder>#1"
    return Row(shown, TERM, (PRODUCT, ANY), tall="mo" in sign)


_REDUCTIONS = {
    "sum_over": "<mo>∑</mo>",
    "prod_over": "<mo>∏</mo>",
    "min_over": '<mi mathvariant="normal">min</mi>',
    "max_over": '<mi mathvariant="normal">max</mi>',
}
_ROWS = {
    **{name: _call(f"<mi>{shown}</mi>") for name, shown in _OPERATORS.items()},
    "log2": _call(_log("2")),
    "log10": _call(_log("10")),
    "div": Row("<mfrac><mrow>#1</mrow><mrow>#2</mrow></mfrac>", FRACTION, stacked=True),
    "slash": Row('#1<mo lspace="0" rspace="0">/</mo>#2', PRODUCT, (ATOM,)),
    "pow": Row("<msup><mrow>#1</mrow><mrow>#2</mrow></msup>", POWER, (ATOM, ANY)),
    "sqrt": Row("<msqrt>#1</msqrt>", FRACTION),
    "cbrt": Row("<mroot><mrow>#1</mrow><mn>3</mn></mroot>", FRACTION),
    "abs": Row("<mrow><mo>|</mo>#1<mo>|</mo></mrow>"),
    "xlogx": Row(f"#1{_THIN}<mi>log</mi>{_THIN}#1", TERM, (FRACTION,)),
    "step": Row(f"<mrow><mn>𝟏</mn>{_OPEN}#1<mo>&gt;</mo><mn>0</mn>{_CLOSE}</mrow>"),
    **{name: _over(sign) for name, sign in _REDUCTIONS.items()},
    "equal": Row(f"<mrow><mn>𝟏</mn>{_OPEN}#1<mo>=</mo>#2{_CLOSE}</mrow>"),
    "sum": Row("<munder><mo>∑</mo><mrow>@i</mrow></munder>#1", TERM, (PRODUCT,), tall=True),
    "partial": Row(
        "<mfrac><mrow><mo>∂</mo>#1</mrow><mrow><mo>∂</mo>#2</mrow></mfrac>",
        FRACTION,
        (ATOM,),
        stacked=True,
    ),
    "call": Row(f"<mrow>#1{_APPLY}(#2)</mrow>", ATOM, (ATOM, ANY)),
    "transpose": Row("<msup><mrow>#1</mrow><mo>⊤</mo></msup>", POWER, (ATOM,)),
}


def _accent(mark: str) -> str:
    return f'<mover accent="true"><mrow>#1</mrow><mo stretchy="false">{mark}</mo></mover>'


_SIGNS = Drawing(
    {
        "hat": _accent("^"),
        "bar": _accent("¯"),
        "tilde": _accent("~"),
        "mathrm": '<mi mathvariant="normal">#1</mi>',
        "mathbf": '<mi class="bold">#1</mi>',
    },
    letter="<mi>#1</mi>",
    digit="<mn>#1</mn>",
    symbol="<mo>#1</mo>",
    scripts={
        "_": "<msub><mrow>#1</mrow><mrow>#2</mrow></msub>",
        "^": "<msup><mrow>#1</mrow><mrow>#2</mrow></msup>",
    },
    series="<mrow>#1</mrow>",
)


_FLAT = '<mrow><mo stretchy="false">(</mo>#1<mo stretchy="false">)</mo></mrow>'
_TEN = "<msup><mn>10</mn><mn>#2</mn></msup>"


def _tidy(text: str) -> str:
    """A row of one leaf is the leaf."""
    return re.sub(r"<mrow>(<(m[ino])\b[^>]*>[^<]*</\2>)</mrow>", r"\1", text)


def _operator(sign: str) -> str:
    return f'<mo form="infix">{sign}</mo>'


STYLE = Style(
    _ROWS,
    lambda notation, name: _tidy(notation.drawn(name, _SIGNS, "html")),
    (f"#1<mo>·</mo>{_TEN}", _TEN),
    parentheses=(_FLAT, _FLAT.replace(' stretchy="false"', "")),
    number="<mn>#1</mn>",
    plus=_operator("+"),
    minus=_operator("−"),
    negative='<mo form="prefix">−</mo>',
    touch="<mo>&#x2062;</mo>",
    thin=_THIN,
    dot="<mo>·</mo>",
    comma="<mo>,</mo>",
    equals=_operator("="),
    hyphen="−",
    tidy=_tidy,
)


def write(derivation: Derivation, notation: Notation, options: Options) -> str:
    """Return one self-contained page."""
    printer = Printer(STYLE, notation)
    cited = f"<h2>To cite</h2>\n<pre>{escape(BIBTEX)}</pre>\n" if options.bibtex else ""
    holes = {
        "comment": html_comment(derivation),
        "title": escape(derivation.title),
        "formula": escape(one_line(derivation.formula)),
        "steps": "\n".join(_step(step, printer) for step in derivation.steps),
        "cited": cited,
    }
    shell = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda hole: holes[hole[1]], shell)


def block(steps: Iterable[DerivationStep], notation: Notation) -> str:
    """Return the equations of several steps as one display, for a notebook."""
    printer = Printer(STYLE, notation)
    rows = "\n".join(_row(line) for step in steps for line in step_lines(step, printer))
    rows = rows.replace("<mtd>", '<mtd style="text-align: left; padding: 0.3em">')
    rows = rows.replace('class="for"', 'style="margin-right: 0.35em"')
    return f'<math display="block"><mtable displaystyle="true">\n{rows}\n</mtable></math>'


def _step(step: DerivationStep, printer: Printer) -> str:
    words = title(step, lambda name: f"<math>{printer.name(name)}</math>", escape)
    if not step.equations:
        return f"<li><p>{words}.</p></li>"
    rows = "\n".join(_row(line) for line in step_lines(step, printer))
    table = f'<mtable displaystyle="true">\n{rows}\n</mtable>'
    return (
        f"<li><p>{words}:</p>\n"
        f'<div class="equations" tabindex="0"><math display="block">{table}</math></div></li>'
    )


def _row(line: Line) -> str:
    goes_on = "" if line.relation else '<mspace width="2em"/>'
    relation = STYLE.equals if line.relation else ""
    where = f'<mtext class="for">for</mtext>{line.where}' if line.where else ""
    shown = (line.right, where) if line.right else (where, "")
    cells = (line.left, relation, goes_on + shown[0], shown[1])
    return "<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in cells) + "</mtr>"

"""Random formulas: tame ones to compute with, large ones near the limits, hostile text."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from metricc.ir.operators import FUNCTIONS, REDUCTIONS
from metricc.ir.typed import ENTRIES, MARGINALS, SHORT_FORMS
from metricc.library import load_library

Texts = st.SearchStrategy[str]

sums = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(ENTRIES)), min_size=1, max_size=3).map(
    lambda terms: "(" + " + ".join(f"{times}*{entry}" for times, entry in terms) + ")"
)
rates = st.tuples(sums, sums).map(lambda pair: f"({pair[0]}/({pair[0]} + {pair[1]}))")


def combine(parts: Texts) -> Texts:
    binary = st.tuples(parts, st.sampled_from("+-*/"), parts).map(
        lambda found: "({} {} {})".format(*found)
    )
    unary = st.tuples(st.sampled_from(["sqrt", "log"]), parts).map(
        lambda found: "{}(1/2 + ({})^2)".format(*found)
    )
    return binary | unary


scale_free = st.recursive(rates, combine, max_leaves=4)

ONE_ARGUMENT = sorted(
    {name for name, f in FUNCTIONS.items() if f.least == 1} | {"mean", "sum", "prod", "min", "max"}
)
NUMBERS = (
    "0",
    "1",
    "2",
    "16",
    "17",
    "½",
    ".5",
    "1e300",
    "1e-300",
    "9" * 40,
    "1/3",
    "pi",
    "classes",
)
HOSTILE_NAMES = (
    *("__class__", "__import__", "import", "lambda", "self", "None", "exec", "torch", "np", "tp"),
    *(
        "value",
        "half",
        "input",
        "target",
        "ctx",
        "float",
        "super",
        "β",
        "ΤΡ",
        "ТР",
        "TP_",
        "e",
        "x",
    ),
)
NAMES = (*ENTRIES, *MARGINALS, *SHORT_FORMS, *HOSTILE_NAMES, *load_library().names())


def _call(parts: Texts) -> Texts:
    one = st.tuples(st.sampled_from(ONE_ARGUMENT), parts).map("{0[0]}({0[1]})".format)
    two = st.tuples(st.sampled_from(["min", "max"]), parts, parts).map(
        "{0[0]}({0[1]}, {0[2]})".format
    )
    return one | two | parts.map("clamp({}, 0, 1/2)".format)


def _nest(parts: Texts) -> Texts:
    binary = st.tuples(parts, st.sampled_from(["+", "-", "*", "/", "^", ""]), parts).map(
        "({0[0]}{0[1]}{0[2]})".format
    )
    power = st.tuples(parts, st.sampled_from(["2", "16", "-3", "(1/3)", "1.5", "(9^9)"])).map(
        "({0[0]})^{0[1]}".format
    )
    let = st.tuples(st.sampled_from(HOSTILE_NAMES), parts, parts).map(
        "(let {0[0]} = {0[1]} in {0[2]} + {0[0]})".format
    )
    return binary | power | let | _call(parts) | parts.map("√({})".format)


leaves = st.sampled_from((*ENTRIES, *ENTRIES, *SHORT_FORMS)) | st.sampled_from(NUMBERS) | rates
every_kind = st.recursive(leaves, _nest, max_leaves=12)
"""Formulas with everything that the language has, most of them meaningful."""


def _large(parts: Texts) -> Texts:
    """Repeat a part until the limits are near, in each of the ways in which formulas grow."""
    many = st.integers(1, 130)
    joined = st.tuples(parts, st.sampled_from([" + ", "*", " - ", "/"]), many).map(
        lambda t: t[1].join(f"({i}*FN + {t[0]})" for i in range(1, t[2]))
    )
    spread = st.tuples(st.sampled_from(["min", "max"]), parts, many).map(
        lambda t: f"{t[0]}({', '.join(f'{t[1]}*{i} + TP' for i in range(t[2] + 2))})"
    )
    tower = st.tuples(st.sampled_from(ONE_ARGUMENT), parts, st.integers(1, 60)).map(
        lambda t: f"{t[0]}({t[1]} + " * t[2] + "TP" + ")" * t[2]
    )
    fraction = st.tuples(parts, st.integers(1, 60)).map(
        lambda t: f"1/({t[0]} + " * t[1] + "TP" + ")" * t[1]
    )
    shared = st.tuples(parts, st.sampled_from(["*", " + ", "/(1 + ", "^2 + "]), st.integers(1, 40))
    powers = st.tuples(parts, parts, st.integers(2, 16)).map(
        "(({0[0]})^{0[2]} - ({0[1]} + FP)^{0[2]})/((TP + 2*FN)^{0[2]} + ({0[0]})^2)".format
    )
    return joined | spread | tower | fraction | shared.map(_chain) | powers | many.map(_parameters)


def _chain(given: tuple[str, str, int]) -> str:
    """A `let` for each of many values, twice the one before: large where it is written out."""
    part, operator, length = given
    close = ")" * operator.count("(")
    lets = "".join(f"let v{i + 1} = v{i}{operator}v{i}{close} in " for i in range(length))
    return f"let v0 = {part} in {lets}v{length}"


def _parameters(count: int) -> str:
    """A metric with many parameters."""
    names = [f"w{i}" for i in range(count)]
    given = ", ".join(f"{name} = {i}" for i, name in enumerate(names))
    return f"metric many({given}) = TP/(TP + {' + '.join(f'{name}*FP' for name in names)} + FN)"


large = _large(st.sampled_from(["TP", "recall", "TP/n", "mcc"]) | scale_free)

TOKENS = (
    *("let", "in", "metric", "surrogate", "(", ")", "(" * 200, ")" * 200, ",", "=", ":", "+", "-"),
    *(
        "*",
        "/",
        "^",
        "**",
        "²",
        "⁻¹⁶",
        "√",
        "√" * 200,
        "\n",
        "\r",
        "#",
        "##",
        '"""',
        "\\",
        ";",
        "'",
    ),
    *("\0", "\ud800", "\u202e", "\u200b", "\u2028", "\x1b[2J", "\x85", "\ufeff", "{0}", "%s", "@"),
    *("# formula: ", "## range: [0, 1]\n", "__import__('os')", "¾", "\N{CYRILLIC SMALL LETTER ER}"),
    *("𝑇𝑃", "ＴＰ", "−", "×", "1e999999999", "9**9**9**9", "TP**(10**9)", "\u0301", "٣", "x=1"),
)
tokens = st.sampled_from((*TOKENS, *NUMBERS, *NAMES, *FUNCTIONS, *(n[:-5] for n in REDUCTIONS)))
_PIECES = re.compile(r"\w+|\s+|.", re.DOTALL)


@st.composite
def mutated(draw: st.DrawFn, texts: Texts) -> str:
    """A text of which pieces are deleted, doubled, exchanged or replaced."""
    pieces = _PIECES.findall(draw(texts))
    for _ in range(draw(st.integers(1, 3))):
        at, other = (draw(st.integers(0, max(0, len(pieces) - 1))) for _ in range(2))
        change = draw(st.sampled_from(["delete", "double", "exchange", "insert", "replace"]))
        if change == "insert" or not pieces:
            pieces.insert(at, draw(tokens))
        elif change == "delete":
            del pieces[at]
        elif change == "double":
            pieces[at:at] = pieces[at : at + draw(st.integers(1, 5))]
        elif change == "exchange":
            pieces[at], pieces[other] = pieces[other], pieces[at]
        else:
            pieces[at] = draw(tokens)
    return "".join(pieces)


defined = st.tuples(st.sampled_from(NAMES), st.sampled_from(HOSTILE_NAMES), every_kind).map(
    "## {0[1]} {0[2]}\nmetric {0[0]}({0[1]}: count = 1) = {0[2]} + {0[1]}".format
)
soup = st.lists(tokens | st.text(max_size=3), max_size=30).map(" ".join)
small = every_kind | defined
hostile = (
    small | small | mutated(small | scale_free) | mutated(small) | mutated(large) | soup | large
)
"""What somebody may type, or paste, or send: grammar-shaped for the most part."""

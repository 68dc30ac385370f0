"""parse: what each spelling means, and where each piece of it stands."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metricc.diagnostics import MetricError
from metricc.frontend.parse import parse
from metricc.ir.syntax import Binary, Call, Definition, Expr, Let, Name, Negate, Number
from metricc.reader import read_source
from metricc.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

GRAMMAR = Path(__file__).parents[1] / "grammar" / "metric.lark"

Shape = str | Fraction | tuple[Any, ...]
"""A tree without its places: a name, a number, or an operator and its operands."""


def expression(text: str) -> Expr:
    (definition,) = parse(Source("text", text))
    assert definition.name == ""
    return definition.body


def shape(expr: Expr) -> Shape:
    match expr:
        case Number():
            return expr.value
        case Name():
            return expr.name
        case Negate():
            return ("-", shape(expr.operand))
        case Binary():
            operator = "*" if expr.operator == "implicit" else expr.operator
            return (operator, shape(expr.left), shape(expr.right))
        case Let():
            return ("let", expr.name, shape(expr.value), shape(expr.body))
        case Call():
            return (expr.name, *((a.name, shape(a.value)) for a in expr.arguments))


def read(text: str) -> Shape:
    return shape(expression(text))


def nodes(piece: Any) -> Iterator[Any]:
    """Yield every node of a tree, definitions and arguments too."""
    if isinstance(piece, tuple):
        for part in piece:
            yield from nodes(part)
    elif is_dataclass(piece) and hasattr(piece, "span"):
        yield piece
        for field in fields(piece):
            yield from nodes(getattr(piece, field.name))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("-TP^2", "-(TP^2)"),
        ("2^-1", "2^(-1)"),
        ("2^--1", "2^(-(-1))"),
        ("TP^2^3", "TP^(2^3)"),
        ("-TP^-2^-3", "-(TP^(-(2^(-3))))"),
        ("TP - FP - FN", "(TP - FP) - FN"),
        ("TP/FP/FN", "(TP/FP)/FN"),
        ("TP/FP*FN", "(TP/FP)*FN"),
        ("TP + FP*FN", "TP + (FP*FN)"),
        ("-TP*FP", "(-TP)*FP"),
        ("TP*-FP", "TP*(-FP)"),
        ("TP - -FP", "TP - (-FP)"),
        ("2TP^2", "2*(TP^2)"),
        ("2TP*FN", "(2*TP)*FN"),
        ("-2TP", "-(2*TP)"),
        ("2(TP)(FN)", "(2*TP)*FN"),
        ("2^3*TP", "(2^3)*TP"),
        ("let x = TP in x + FN", "(let x = TP in (x + FN))"),
        ("let x = TP in let y = x in y", "(let x = TP in (let y = x in y))"),
        ("+TP", "TP"),
        ("TP**2", "TP^2"),
    ],
)
def test_operators_bind_as_in_mathematics(text: str, meaning: str) -> None:
    assert read(text) == read(meaning)


@pytest.mark.parametrize(
    ("pasted", "meaning"),
    [
        ("2TP", "2*TP"),
        ("2 TP", "2*TP"),
        ("2·TP", "2*TP"),
        ("2⋅TP", "2*TP"),
        ("2∙TP", "2*TP"),
        ("2∗TP", "2*TP"),
        ("2×TP", "2*TP"),
        ("2\u2062TP", "2*TP"),
        ("TP−FN", "TP-FN"),
        ("TP–FN", "TP-FN"),
        ("TP‐FN", "TP-FN"),
        ("TP÷FN", "TP/FN"),
        ("TP⁄(TP+FN)", "TP/(TP+FN)"),
        ("TP∕FN", "TP/FN"),
        ("√(TP·FN)", "sqrt(TP*FN)"),
        ("√TP", "sqrt(TP)"),
        ("√2", "sqrt(2)"),
        ("2√TP", "2*sqrt(TP)"),
        ("√√TP", "sqrt(sqrt(TP))"),
        ("√f(x)", "sqrt(f(x))"),
        ("∛TP", "cbrt(TP)"),
        ("β", "beta"),
        ("β²", "beta^2"),
        ("TP³", "TP^3"),
        ("(1+β²)TP", "(1+beta^2)*TP"),
        ("β²FN", "beta^2*FN"),
        ("(1+β²)TP/((1+β²)TP+β²FN+FP)", "(1+beta^2)*TP/((1+beta^2)*TP+beta^2*FN+FP)"),
        ("2TP/(2TP+FP+FN)", "2*TP/(2*TP+FP+FN)"),
        ("3²TP", "3^2*TP"),
        ("(TP)²(FN)²", "TP^2*FN^2"),
        ("½", "0.5"),
        ("½TP", "0.5*TP"),
        ("¾", "0.75"),
        ("⅛", ".125"),
        ("2π", "2*pi"),
        ("𝑇𝑃/(𝑇𝑃+𝐹𝑁)", "TP/(TP+FN)"),
        ("𝛽²", "beta^2"),
        ("ϵ", "epsilon"),
        ("µ", "mu"),
        ("λ", "lambda"),
        ("F_β", "F_beta"),
        ("F₁", "F1"),
        ("ＴＰ／（ＴＰ＋ＦＮ）", "TP/(TP+FN)"),
        ("TP\u00a0/\u00a0(TP\u2009+\u202fFN)", "TP/(TP+FN)"),
        ("TP\u200b/(TP+FN)", "TP/(TP+FN)"),
        ("TP\u2028/\u3000FN", "TP/FN"),
        ("1e3", "1000"),
        ("1.5E-1", "0.15"),
        ("5.", "5"),
    ],
)
def test_pasted_signs_mean_what_they_look_like(pasted: str, meaning: str) -> None:
    assert read(pasted) == read(meaning)


def test_raised_minus_belongs_to_the_exponent() -> None:
    assert read("TP⁻¹") == ("^", "TP", Fraction(-1))


def test_decimals_are_exact() -> None:
    assert read("0.1") == Fraction(1, 10)
    assert read("1e-40") == Fraction(1, 10**40)
    assert read("⅓") == Fraction(1, 3)


@pytest.mark.parametrize(
    "text",
    [
        "1/2TP",
        "1/-2TP",
        "1/+2TP",
        "TP/(a)(b)",
        "TP/β²FN",
        "1⁄2TP",
        "√TP²",
        "√TP^2",
        "√2TP",
        "√(a)b",
    ],
)
def test_what_two_readers_would_read_differently_is_refused(text: str) -> None:
    with pytest.raises(MetricError, match="ambiguous"):
        read(text)


@pytest.mark.parametrize(
    "text", ["1/(2TP)", "1/2*TP", "1/(-2TP)", "1/2/TP", "(1/2)TP", "√(TP²)", "(√TP)²"]
)
def test_parentheses_settle_what_is_ambiguous(text: str) -> None:
    assert read(text)


@pytest.mark.parametrize(
    ("text", "kind", "pieces"),
    [
        ("  2TP / (TP + FN) ", Binary, ["2TP / (TP + FN)", "2TP", "(TP + FN)"]),
        ("1 - −β² # x", Binary, ["1 - −β²", "β²"]),
        ("-(TP)", Negate, ["-(TP)"]),
        ("f( x = 2TP, 3 )", Call, ["f( x = 2TP, 3 )"]),
        ("1 + √(TP)", Call, ["√(TP)"]),
        ("(let x = TP in x)²", Let, ["(let x = TP in x)"]),
        ("+TP + FN", Name, ["+TP", "FN"]),
        ("TP² + ½", Number, ["²", "½"]),
    ],
)
def test_span_is_the_text_of_the_node(text: str, kind: type, pieces: list[str]) -> None:
    assert [node.span.text for node in nodes(expression(text)) if type(node) is kind] == pieces


def test_span_of_each_piece_of_a_definition() -> None:
    text = "\n## doc\nmetric  F_β ( β : count = −2 , γ=.5, δ ) = β + \n γ"
    (definition,) = parse(Source("text", text))
    beta, gamma, delta = definition.parameters
    assert definition.span.text == text[8:]
    assert definition.name_span.text == "F_β"
    assert definition.body.span.text == "β + \n γ"
    assert [p.span.text for p in (beta, gamma, delta)] == ["β : count = −2", "γ=.5", "δ"]
    assert [p.name_span.text for p in (beta, gamma, delta)] == ["β", "γ", "δ"]


def test_definition_holds_kind_name_parameters_and_doc() -> None:
    text = "## Weighted.\n## range: [0, 1]\nmetric F_β(β: count = -2, γ = .5, δ) = β"
    (definition,) = parse(Source("text", text))
    assert (definition.kind, definition.name) == ("metric", "F_beta")
    assert definition.doc == "Weighted.\nrange: [0, 1]"
    assert [(p.name, p.is_count, p.default) for p in definition.parameters] == [
        ("beta", True, Fraction(-2)),
        ("gamma", False, Fraction(1, 2)),
        ("delta", False, None),
    ]


def test_text_is_any_number_of_definitions() -> None:
    text = "metric a=TP metric b()=a # no\nsurrogate s(p)=p\nmetric metrics = let inn = 1 in inn"
    assert [(x.kind, x.name) for x in parse(Source("text", text))] == [
        ("metric", "a"),
        ("metric", "b"),
        ("surrogate", "s"),
        ("metric", "metrics"),
    ]


def test_doc_comment_belongs_to_the_definition_below_it() -> None:
    text = """
    ######## rates ########
    ## the hits
    metric a = TP  ## over nothing
      + 0 ## still nothing
    ### not a doc
    metric b = FN
    ## the end
    """
    assert [definition.doc for definition in parse(Source("text", text))] == ["the hits", ""]


def test_doc_comment_is_a_comment_elsewhere() -> None:
    assert read("## recall\nTP / ## hits\n(TP + FN)\n## done") == read("TP/(TP + FN)")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("begin", ["", "\ufeff"])
def test_file_may_come_from_any_editor(begin: str, end: str, tmp_path: Path) -> None:
    text = f"{begin}# rates{end}{end}## doc{end}metric r =\t{end}\tTP /{end}\t(TP + FN) # all{end}"
    path = tmp_path / "r.metric"
    path.write_bytes(text.encode())
    for source in (Source("text", text), read_source(path)):
        (definition,) = parse(source)
        assert (definition.name, definition.doc) == ("r", "doc")
        assert shape(definition.body) == read("TP/(TP + FN)")
        assert source.locate(definition.name_span.start) == (4, 8)


def test_header_of_the_grammar_is_an_example_that_parses() -> None:
    header = re.findall(r"^//     (\S.*)$", GRAMMAR.read_text(encoding="utf-8"), re.MULTILINE)
    names = [definition.name for definition in parse(Source("header", "\n".join(header)))]
    assert names == ["fbeta", "dice", "youden", "sigmoid"]


# Random trees, written in random spellings.

NUMBERS = {
    Fraction(0): ("0", "0.0"),
    Fraction(2): ("2", "2.0", "2."),
    Fraction(17): ("17", "1.7e1"),
    Fraction(1, 2): ("0.5", ".5", "½", "5e-1"),
    Fraction(5, 4): ("1.25", "125E-2"),
    Fraction(1000): ("1e3", "1000"),
}
NAMES = {
    "TP": ("TP", "𝑇𝑃", "ＴＰ"),
    "fn": ("fn",),
    "beta": ("beta", "β", "𝛽"),
    "pi": ("pi", "π"),
    "f1": ("f1", "f₁"),
    "input": ("input",),
}
SPACES = ("", "", " ", "  ", "\t", "\n", "\r\n", "\u00a0", " # so\n")
SIGNS = {"+": "++", "-": "-−–", "*": "*·×⋅", "/": "/÷⁄"}
RAISED = dict(zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))
LET, SUM, PRODUCT, SIGN, TOUCHING, POWER, PRIMARY = range(7)


def branches(tree: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    named = st.tuples(st.one_of(st.none(), st.just("beta")), tree)
    return st.one_of(
        st.tuples(st.sampled_from("+-*/^"), tree, tree),
        st.tuples(st.just("-"), tree),
        st.tuples(st.just("let"), st.sampled_from(("x", "beta")), tree, tree),
        st.tuples(st.just("sqrt"), st.tuples(st.none(), tree)),
        st.tuples(st.just("fbeta"), named),
        st.tuples(st.just("max"), named, named),
    )


LEAVES = st.one_of(st.sampled_from(sorted(NUMBERS)), st.sampled_from(sorted(NAMES)))
TREES = st.recursive(LEAVES, branches, max_leaves=12)


class Writer:
    """Writes a tree as a person might: with any of the signs, spaces and parentheses that do."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def space(self) -> str:
        return self.random.choice(SPACES)

    def write(self, tree: Shape, at_least: int = LET) -> str:
        text, level = self.bare(tree)
        if level < at_least or self.random.random() < 0.1:
            return f"({self.space()}{text}{self.space()})"
        return text

    def bare(self, tree: Shape) -> tuple[str, int]:
        """Return the text without parentheses around it, and how tightly it holds together."""
        match tree:
            case Fraction():
                return self.random.choice(NUMBERS[tree]), PRIMARY
            case str():
                return self.random.choice(NAMES[tree]), PRIMARY
            case ("let", name, value, body):
                spelled = self.random.choice(NAMES.get(name, (name,)))
                words = ("let", spelled, "=", self.write(value), "in", self.write(body))
                return " ".join(words), LET
            case ("-", operand):
                return f"{self.random.choice(SIGNS['-'])}{self.write(operand, SIGN)}", SIGN
            case ("^", base, exponent):
                return self.power(base, exponent), POWER
            case (("+" | "-") as sign, left, right):
                return self.between(self.write(left, SUM), sign, self.write(right, PRODUCT)), SUM
            case ("/", left, right):
                return self.between(
                    self.write(left, PRODUCT), "/", self.write(right, POWER)
                ), PRODUCT
            case ("*", left, right):
                return self.product(left, right)
        return self.call(*tree)

    def between(self, left: str, sign: str, right: str) -> str:
        return f"{left}{self.space()}{self.random.choice(SIGNS[sign])}{self.space()}{right}"

    def product(self, left: Shape, right: Shape) -> tuple[str, int]:
        factor = self.write(left, PRODUCT)
        touches = factor[0] in "(0123456789.½" and isinstance(left, Fraction)
        other = self.write(right, POWER if touches else SIGN)
        if touches and other[0] not in "0123456789.½" and self.random.random() < 0.7:
            return f"{factor}{self.random.choice(('', ' '))}{other}", TOUCHING
        return self.between(factor, "*", other), PRODUCT

    def power(self, base: Shape, exponent: Shape) -> str:
        below = self.write(base, PRIMARY)
        if (
            isinstance(exponent, Fraction)
            and exponent.denominator == 1
            and self.random.random() < 0.5
        ):
            return f"{below}{''.join(RAISED[digit] for digit in str(exponent))}"
        sign = self.random.choice(("^", "**"))
        signed = isinstance(exponent, tuple) and exponent[0] == "-" and len(exponent) == 2
        if signed:
            return f"{below}{sign}-{self.write(exponent[1], POWER)}"
        return f"{below}{sign}{self.write(exponent, POWER)}"

    def call(self, name: str, *arguments: tuple[str | None, Shape]) -> tuple[str, int]:
        if name == "sqrt" and self.random.random() < 0.5:
            return f"√({self.write(arguments[0][1])})", POWER
        written = [
            (f"{self.random.choice(NAMES[word])}{self.space()}=" if word else "")
            + self.write(value)
            for word, value in arguments
        ]
        return f"{name}({f'{self.space()},{self.space()}'.join(written)})", PRIMARY


@settings(derandomize=True, deadline=None, max_examples=400)
@given(TREES, st.randoms(use_true_random=False))
def test_any_spelling_of_a_tree_parses_to_it(tree: Shape, random: Random) -> None:
    assert read(Writer(random).write(tree)) == tree


@settings(derandomize=True, deadline=None, max_examples=200)
@given(TREES, st.randoms(use_true_random=False))
def test_span_of_every_node_parses_to_the_node_again(tree: Shape, random: Random) -> None:
    for node in nodes(expression(Writer(random).write(tree))):
        text = node.span.text
        assert text == text.strip()
        if isinstance(node, Expr) and text[0] not in RAISED.values():
            assert read(text) == shape(node)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(TREES, st.randoms(use_true_random=False))
def test_spans_of_operands_lie_inside_and_in_order(tree: Shape, random: Random) -> None:
    for node in nodes(expression(Writer(random).write(tree))):
        inner = [part for part in nodes(node) if part is not node]
        assert all(node.span.start <= part.span.start for part in inner)
        assert all(part.span.stop <= node.span.stop for part in inner)
        if isinstance(node, Binary):
            assert node.left.span.stop <= node.right.span.start


def test_definitions_stand_one_after_the_other() -> None:
    definitions: tuple[Definition, ...] = parse(
        Source("text", "metric a=TP\n\nmetric b = a\nmetric c=b")
    )
    assert all(one.span.stop < two.span.start for one, two in pairwise(definitions))

"""Derivations as text: exact strings, signs of the user, formulas read back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from derivations import (
    ALL,
    B2,
    BINARY,
    DERIVATIONS,
    EXPRESSIONS,
    F_BETA,
    HALF,
    MCC,
    POINTS,
    SLOPE,
    equation,
    op,
    product,
    shown,
    step,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from metricc import MetricError
from metricc.formats import (
    FORMATS,
    Notation,
    latex,
    read_notation,
    render,
)
from metricc.formats.printer import Printer
from metricc.frontend.parse import parse
from metricc.ir import syntax
from metricc.ir.program import Expr, Num, Op, Ref
from metricc.source import Source


@pytest.mark.parametrize(
    ("expr", "unicode", "ascii", "tex"),
    [
        (op("sub", "T", op("sub", "P", "Q")), "T − (P − Q)", "T - (P - Q)", "T - (P - Q)"),
        (op("add", "T", op("sub", "P", "Q")), "T + P − Q", "T + P - Q", "T + P - Q"),
        (op("add", "T", op("neg", "Q")), "T − Q", "T - Q", "T - Q"),
        (op("sub", "T", op("mul", -2, "Q")), "T + 2·Q", "T + 2*Q", "T + 2 Q"),
        (op("neg", op("mul", "T", "Q")), "−T·Q", "-T*Q", "-T Q"),
        (op("neg", op("add", "T", "Q")), "−(T + Q)", "-(T + Q)", "-(T + Q)"),
        (op("mul", "T", op("neg", "Q")), "T·(−Q)", "T*(-Q)", "T (-Q)"),
        (op("mul", -1, "T"), "−T", "-T", "-T"),
        (op("mul", "TP", "TN"), "TP·TN", "TP*TN", r"\mathrm{TP}\,\mathrm{TN}"),
        (product(2, 3, op("pow", 2, "n")), "2·3·2^n", "2*3*2^n", r"2 \cdot 3 \cdot 2^n"),
        (op("div", "T", op("mul", "P", "Q")), "T/(P·Q)", "T/(P*Q)", r"\frac{T}{P Q}"),
        (op("quotient", "T", op("div", "P", "Q")), "T/(P/Q)", "T/(P/Q)", r"\frac{T}{\frac{P}{Q}}"),
        (op("mul", "T", op("div", "P", "Q")), "T·P/Q", "T*P/Q", r"T \frac{P}{Q}"),
        (op("mul", HALF, "T"), "1/2·T", "1/2*T", r"\frac{1}{2} T"),
        (op("pow", op("div", "T", "P"), 2), "(T/P)²", "(T/P)^2", r"\left(\frac{T}{P}\right)^2"),
        (op("pow", op("pow", "T", "P"), "Q"), "(T^P)^Q", "(T^P)^Q", "(T^P)^Q"),
        (op("pow", op("sqrt", "T"), 3), "(√(T))³", "sqrt(T)^3", r"(\sqrt{T})^3"),
        (op("pow", "T", -1), "T⁻¹", "T^-1", "T^{-1}"),
        (op("power", "T", Fraction(-1, 3)), "T^(−1/3)", "T^(-1/3)", "T^{-1/3}"),
        (op("pow", "T", 2.5), "T^2.5", "T^2.5", "T^{2.5}"),
        (op("pow", "beta", 2), "β²", "beta^2", r"\beta^2"),
        (Fraction(1), "1", "1", "1"),
        (1.0, "1", "1", "1"),
        (Fraction(123457, 10**6), "0.123457", "0.123457", "0.123457"),
        (Fraction(1, 1_000_000_007), "1/1000000007", "1/1000000007", r"\frac{1}{1000000007}"),
        (-1e-7, "−1e-7", "-1e-7", "-10^{-7}"),
        (2.5e20, "2.5e20", "2.5e20", r"2.5 \cdot 10^{20}"),
        (op("log1p", "T"), "log(1 + T)", "log(1 + T)", r"\log(1 + T)"),
        (op("xlogx", "T"), "xlogx(T)", "xlogx(T)", r"T \log T"),
        (op("mul", op("xlogx", "T"), 2), "xlogx(T)·2", "xlogx(T)*2", r"(T \log T) \cdot 2"),
        (
            op("sum", op("mul", "y_i", "yhat_i")),
            "Σᵢ yᵢ·ŷᵢ",
            "sum_i y_i*yhat_i",
            r"\sum_i y_i \hat{y}_i",
        ),
        (op("div", op("sum", "y_i"), "n"), "(Σᵢ yᵢ)/n", "(sum_i y_i)/n", r"\frac{\sum_i y_i}{n}"),
        (SLOPE, "∂ℓ/∂ŷₖ", "dl/dyhat_k", r"\frac{\partial \ell}{\partial \hat{y}_k}"),
        (op("step", "T"), "step(T)", "step(T)", r"\mathbf{1}[T > 0]"),
        (
            op("clamp", "T", 0, 1),
            "clamp(T, 0, 1)",
            "clamp(T, 0, 1)",
            r"\operatorname{clamp}(T, 0, 1)",
        ),
        (op("abs", "T"), "abs(T)", "abs(T)", r"\left|T\right|"),
    ],
)
def test_expressions(expr: object, unicode: str, ascii: str, tex: str) -> None:
    assert [shown(expr, style) for style in ("text", "ascii", "latex")] == [unicode, ascii, tex]


@pytest.mark.parametrize(
    ("name", "unicode", "tex", "drawn"),
    [
        ("TP", "TP", r"\mathrm{TP}", '"TP"'),
        ("yhat_k", "ŷₖ", r"\hat{y}_k", "hat(y)_k"),
        ("loss", "ℓ", r"\ell", "ℓ"),
        ("lambda", "λ", r"\lambda", "λ"),
        ("D_12", "D_12", "D_{12}", "D_(12)"),
        ("beta2", "beta2", r"\beta_2", "β_2"),
        ("w_pos", "w_pos", r"w_{\mathrm{pos}}", 'w_("pos")'),
        ("my_name", "my_name", r"\mathrm{my\_name}", '"my_name"'),
    ],
)
def test_names(name: str, unicode: str, tex: str, drawn: str) -> None:
    assert [shown(name, style) for style in ("text", "latex", "typst")] == [unicode, tex, drawn]


@pytest.mark.parametrize(
    ("sign", "unicode", "tex", "drawn"),
    [
        ("h", "hₖ", "h_k", "h_k"),
        (r"\hat{h}", "ĥₖ", r"\hat{h}_k", "hat(h)_k"),
        ("n_+", "n_+ₖ", "{n_+}_k", "n_(+)_k"),
        (r"\bar{\mathbf{x}}", "x̄ₖ", r"\bar{\mathbf{x}}_k", 'macron(bold("x"))_k'),
        (r"\tilde\gamma", "γ̃ₖ", r"\tilde\gamma_k", "tilde(γ)_k"),
    ],
)
def test_signs_of_the_user(sign: str, unicode: str, tex: str, drawn: str) -> None:
    notation = Notation({"yhat": sign})
    styles = ("text", "latex", "typst")
    assert [shown("yhat_k", style, notation) for style in styles] == [unicode, tex, drawn]


def test_a_sign_with_a_star_is_enclosed_before_it_is_raised() -> None:
    assert shown(B2, "latex", Notation({"beta": "b^*"})) == "(b^*)^2"


def test_indices_of_sums_and_samples_follow_the_notation() -> None:
    notation = Notation({"i": "j", "k": "q"})
    assert shown(op("sum", "y_i"), "latex", notation) == r"\sum_j y_j"
    assert shown(op("sum", "y_k"), "text", notation) == "Σⱼ y_q"


def test_titles_show_the_letters_of_their_equations_as_signs() -> None:
    page = render(F_BETA, "latex", notation=Notation({"P": "n_+"}))
    assert "Substitute the sums $T$, Q, $n_+$ and the number of samples n" not in page
    assert "Substitute the sums $T$, $Q$, $n_+$ and the number of samples n:" in page


def test_text_is_one_line_per_equation() -> None:
    assert render(F_BETA, "text").splitlines() == [
        "# made by metricc 0.1.0 from (1+β²)TP / ((1+β²)TP + β²·FN + FP)",
        "The gradient of fbeta",
        "",
        "1. Substitute the sums T, Q, P and the number of samples n",
        "   TP = Σᵢ yᵢ·ŷᵢ = T",
        "   FN = P − T",
        "   m  = (1 + β²)·T/(β²·P + Q)",
        "",
        "2. Apply the chain rule",
        "   ∂ℓ/∂ŷₖ = −∂m/∂T·∂T/∂ŷₖ = (1 + β²)·(T − yₖ·(β²·P + Q))/(β²·P + Q)²",
        "   ∂ℓ/∂ŷₖ = m/(β²·P + Q)   for yₖ = 0",
        "",
        "3. Go on to the weights of a linear model",
        "   ŷₖ = A(pₖ) = σ(L·(pₖ − τ))",
        "   zₖ = θᵀ·xₖ",
        "",
        "4. The loss is one minus the metric",
    ]


@pytest.mark.parametrize("name", DERIVATIONS)
def test_ascii_is_ascii(name: str) -> None:
    notation = Notation({"T": "θ", "P": r"\hat\beta"})
    assert render(DERIVATIONS[name], "text", notation=notation, ascii=True).isascii()


def test_no_formula_ends_the_comment_that_holds_it() -> None:
    hostile = replace(MCC, formula="TP --> <script> ---!> `x`")
    for format in ("markdown", "html"):
        comment = render(hostile, format).partition("\n")[0]
        assert comment.count("--") == 2
        assert comment.endswith("-->")


def test_long_sums_are_broken_at_their_signs() -> None:
    first, *others = (op("mul", f"w_{i}", "another_name") for i in range(5))
    long = op("add", op("sub", op("add", first, others[0]), op("add", *others[1:3])), others[3])
    equations = step("Add up", equation("m", long))
    rows = latex.align(equations, Printer(latex.STYLE, Notation())).splitlines()
    assert [row.replace(r"\,\mathrm{another\_name}", "Y") for row in rows[1:-1]] == [
        r"  m &= w_0Y + w_1Y \\",
        r"  &\quad - (w_2Y + w_3Y) + w_4Y",
    ]


def test_a_condition_behind_a_wide_fraction_has_a_line_of_its_own() -> None:
    wide = op("div", product(*(op("add", "first_name", f"w_{i}") for i in range(4))), "D")
    equations = step("Divide", equation(SLOPE, wide, where=("y_k", 1)))
    rows = latex.align(equations, Printer(latex.STYLE, Notation())).splitlines()
    assert rows[2] == r"  & \quad \text{for } y_k = 1"


@pytest.mark.parametrize("format", FORMATS)
def test_what_to_cite_is_appended_on_request(format: str) -> None:
    assert "2405.14745" not in render(MCC, format)
    assert "2405.14745" in render(MCC, format, bibtex=True)


def test_formats_are_deterministic_and_end_with_one_line_end() -> None:
    for format in FORMATS:
        page = render(ALL, format, document=format == "latex", bibtex=True)
        assert page == render(ALL, format, document=format == "latex", bibtex=True)
        assert page.endswith("\n")
        assert not page.endswith("\n\n")


def read(folder: Path, lines: str) -> Notation:
    (folder / "signs.toml").write_text(lines, encoding="utf-8")
    return read_notation(folder / "signs.toml", ("beta", "weight"))


def test_signs_are_read_from_a_file(tmp_path: Path) -> None:
    notation = read(tmp_path, """"β" = 'b'\nT = "Q" # swapped\nQ = "T"\nweight = '\\omega'""")
    assert notation.symbols == {"beta": "b", "T": "Q", "Q": "T", "weight": r"\omega"}
    assert shown(op("mul", "weight", "T"), "text", notation) == "ω·Q"


@pytest.mark.parametrize(
    "sign",
    [
        *(
            "",
            " ",
            "a}{",
            "{a",
            "a\\",
            "$a$",
            "a%b",
            "a&b",
            "#1",
            "a\nb",
            "a\\\\b",
            "`a`",
            "\u202ea",
        ),
        *(
            "a_b_c",
            "x^2^3",
            "{a}_{b}_{c}",
            "y'^2",
            "'",
            "_k",
            "^",
            "h_",
            "a_'",
            "{}",
            "{}_1",
            "[a]",
        ),
        *(r"\hat", r"\hat_1", r"\hat{}", r"\hat\hat{y}", r"x_\hat{y}", r"\text{a_b}", "é", "漢"),
        *(r"\left(", r"\end{align*}", r"\cr", r"\par", r"\input{x}", r"\write18", r"\mymacro"),
    ],
)
def test_what_cannot_be_a_sign_is_refused(sign: str, tmp_path: Path) -> None:
    with pytest.raises(MetricError, match="error: wrong sign"):
        read(tmp_path, f"P = {json.dumps(sign)}")


def test_what_is_no_sign_is_told_what_would_be(tmp_path: Path) -> None:
    with pytest.raises(MetricError, match=r"second subscript; .*\n.* made of letters, digits, Gre"):
        read(tmp_path, "P = 'a_b_c'")
    for value in ("0x" + "f" * 9000, "[" + "1," * 9000 + "]", "1e400"):
        with pytest.raises(MetricError, match="that is not text") as error:
            read(tmp_path, f"P = {value}")
        assert len(str(error.value)) < 500


def test_greek_letters_are_what_latex_calls_them(tmp_path: Path) -> None:
    notation = read(tmp_path, "P = 'βx'\nQ = 'x_β'")
    assert notation.symbols == {"P": r"\beta x", "Q": r"x_\beta"}
    assert shown("P", "text", notation) == "βx"


@pytest.mark.parametrize(
    "sign", [r"\mathcal{P}", "漢", "a_", r"\hat", "a^^b", r"\hat{}", r"\mathrm{a_b}"]
)
def test_signs_that_only_latex_knows_are_refused_elsewhere(sign: str) -> None:
    notation = Notation({"T": sign})
    assert sign in render(F_BETA, "latex", notation=notation)
    assert sign in shown("T", "text", notation)
    for format in ("typst", "html"):
        with pytest.raises(MetricError, match="sign only for LaTeX"):
            render(F_BETA, format, notation=notation)


def test_signs_cannot_break_out_of_a_page() -> None:
    with pytest.raises(MetricError, match="sign only for LaTeX"):
        render(F_BETA, "html", notation=Notation({"T": "<script>"}))


Values = dict[str, float]
FUNCTIONS = {
    "sqrt": math.sqrt,
    "cbrt": math.cbrt,
    "exp": math.exp,
    "log": math.log,
    "log1p": math.log1p,
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "xlogx": lambda x: x * math.log(x),
    "abs": abs,
    "min": min,
    "max": max,
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": math.pow,
    "neg": lambda x: -x,
}
WORDS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "^": "pow", "implicit": "mul"}


def value(expr: Expr, values: Values) -> float:
    if isinstance(expr, Num):
        return float(expr.value)
    if isinstance(expr, Ref):
        return values[expr.name]
    return FUNCTIONS[expr.op](*(value(arg, values) for arg in expr.args))


def value_of_formula(expr: syntax.Expr, values: Values) -> float:
    match expr:
        case syntax.Number():
            return float(expr.value)
        case syntax.Name():
            return values[expr.name]
        case syntax.Negate():
            return -value_of_formula(expr.operand, values)
        case syntax.Binary():
            sides = value_of_formula(expr.left, values), value_of_formula(expr.right, values)
            return FUNCTIONS[WORDS[expr.operator]](*sides)
        case syntax.Call():
            return FUNCTIONS[expr.name](
                *(value_of_formula(a.value, values) for a in expr.arguments)
            )
    raise AssertionError(expr)


def value_of_text(formula: str, values: Values) -> float:
    (definition,) = parse(Source("text", formula))
    return value_of_formula(definition.body, values)


def values_or_none(evaluate: object, *arguments: object) -> list[float] | None:
    try:
        found = [evaluate(*arguments, point) for point in POINTS]
    except (ArithmeticError, ValueError, MetricError, KeyError, TypeError):
        return None
    return found if all(isinstance(x, float) and abs(x) < 1e12 for x in found) else None


def same(first: list[float] | None, second: list[float] | None) -> bool:
    return first is not None and second == pytest.approx(first, rel=1e-9, abs=1e-12)


@settings(deadline=None, max_examples=300)
@given(EXPRESSIONS)
def test_text_is_read_back_with_the_same_value(expr: Expr) -> None:
    expected = values_or_none(value, expr)
    for style in ("text", "ascii"):
        formula = shown(expr, style)
        parse(Source("text", formula))
        assert expected is None or same(expected, values_or_none(value_of_text, formula)), formula


def without_a_pair(formula: str) -> list[str]:
    """Return the formula without each pair of parentheses but those of calls and around a -."""
    pairs, opened = [], []
    for at, character in enumerate(formula):
        if character == "(":
            opened.append(at)
        elif character == ")":
            pairs.append((opened.pop(), at))
    return [
        formula[:start] + formula[start + 1 : stop] + formula[stop + 1 :]
        for start, stop in pairs
        if formula[start + 1] != "-" and not formula[:start].endswith("sqrt")
    ]


def grow_without_chance(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """As `grow`, without what gives the same value by chance: (-x)^3, (x^2)^2, min(x, y)."""
    return st.one_of(
        st.builds(lambda name, x: Op(name, (x,)), st.sampled_from(("neg", "sqrt")), inner),
        st.builds(lambda name, x, y: Op(name, (x, y)), st.sampled_from(BINARY), inner, inner),
        st.builds(lambda x, y: op("pow", x, y), inner, st.sampled_from([4, "beta"])),
    )


def with_other_names(expr: Expr, names: Iterator[str]) -> Expr:
    """Return the expression with a name of its own for each leaf."""
    if isinstance(expr, Op):
        return Op(expr.op, tuple(with_other_names(arg, names) for arg in expr.args))
    return Ref(next(names)) if isinstance(expr, Ref) else expr


@settings(deadline=None, max_examples=300)
@given(st.recursive(st.just(Ref("x")), grow_without_chance, max_leaves=12))
def test_no_pair_of_parentheses_is_there_for_nothing(expr: Expr) -> None:
    values = {f"D_{at}": 0.5 + at * 0.618 % 1 for at in range(40)}
    expr = with_other_names(expr, iter(values))
    try:
        expected = value(expr, values)
    except (ArithmeticError, ValueError):
        return
    if not 1e-6 < abs(expected) < 1e6:
        return
    for shorter in without_a_pair(shown(expr, "ascii")):
        try:
            assert value_of_text(shorter, values) != pytest.approx(expected, rel=1e-9, abs=0), (
                shorter
            )
        except (ArithmeticError, ValueError):
            continue  # no formula any more, or without a value

"""check: what names mean, which values parameters take, how terms scale, and what is too much."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import fuzz
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metricc.diagnostics import MetricError
from metricc.frontend.check import check
from metricc.frontend.names import builtin, function_name
from metricc.frontend.parse import parse
from metricc.frontend.values import evaluate, real
from metricc.ir.operators import FUNCTIONS
from metricc.library import Entry, Library, load_library
from metricc.source import Source

if TYPE_CHECKING:
    from metricc.ir.typed import Term, TypedMetric

LIBRARY = load_library()
FILES = sorted(Path(__file__).parents[1].glob("metricc/library/*.metric"))


def resolve(text: str, library: Library = LIBRARY, **values: Fraction | int) -> TypedMetric:
    exact = {name: Fraction(value) for name, value in values.items()}
    return check(parse(Source("text", text)), library, exact)


def written(term: Term) -> str:
    """Return a term as a formula in full parentheses."""
    if term.op in ("entry", "number", "parameter"):
        return str(term.value)
    args = [written(arg) for arg in term.args]
    signs = {"add": " + ", "sub": " - ", "mul": "*", "div": "/", "pow": "^"}
    return f"({signs[term.op].join(args)})" if term.op in signs else f"{term.op}({', '.join(args)})"


def meaning(text: str, **values: Fraction | int) -> str:
    return written(resolve(text, **values).body)


def mistake(text: str, **values: Fraction | int) -> str:
    with pytest.raises(MetricError) as caught:
        resolve(text, **values)
    return type(caught.value.diagnostic).__name__


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("tp/(Tp+fN)", "TP/(TP+FN)"),
        ("actual_positives", "TP + FN"),
        ("P + AP", "(TP + FN) + (TP + FN)"),
        ("N + AN", "actual_negatives + (TN + FP)"),
        ("PP", "predicted_positives"),
        ("predicted_positives", "TP + FP"),
        ("PN", "TN + FN"),
        ("n", "TP + TN + FP + FN"),
        ("total", "n"),
        ("pi", "π"),
        ("ln(TP)", "log(TP)"),
        ("Min(TP, FN)", "min(TP, FN)"),
        ("ARCTAN(TP)", "atan(TP)"),
        ("√TP", "sqrt(TP)"),
        ("f1", "2*TP/(2*TP + FP + FN)"),
        ("F1", "f1"),
        ("f1()", "f1"),
        ("dice", "f1"),
        ("Recall", "recall"),
        ("fbeta(2)", "fbeta(beta = 2)"),
        ("1*fbeta", "1*fbeta(1)"),
        ("fbeta(TP)", "(1 + TP^2)*TP/((1 + TP^2)*TP + TP^2*FN + FP)"),
        (
            "2*precision*recall/(precision+recall)",
            "2*(TP/(TP+FP))*(TP/(TP+FN))/(TP/(TP+FP)+TP/(TP+FN))",
        ),
        ("let x = TP in x/(x + FN)", "TP/(TP + FN)"),
        ("let precision = TP in precision", "TP"),
        ("metric a = TP metric b = a + 1", "TP + 1"),
        ("metric a(x, y = 2) = x*y metric b = a(TP) + a(y = 3, x = FN)", "TP*2 + FN*3"),
        ("metric a(x = 3) = x metric b(x = 4) = let z = 5 in a + a(2)", "3 + 2"),
        ("metric f1 = TP metric g = f1", "TP"),
        ("metric a = TP surrogate s(p, sharpness, threshold) = p", "TP"),
        ("surrogate sigmoid(p, sharpness, threshold) = p metric a = sigmoid(TP)", "sigmoid(TP)"),
    ],
)
def test_names_mean(text: str, same: str) -> None:
    assert meaning(text) == meaning(same)


def test_last_metric_is_the_one_that_counts() -> None:
    typed = resolve(
        "metric a = TP\n## doc\nmetric b = FN/1 surrogate s(p, sharpness, threshold) = p"
    )
    assert (typed.name, typed.text, typed.doc) == ("b", "FN/1", "doc")


def test_library_name_alone_stands_for_the_metric_itself() -> None:
    typed = resolve("F_beta", beta=2)
    assert typed.name == "fbeta"
    assert [(p.name, p.default, p.is_count) for p in typed.parameters] == [("beta", 2, False)]


def test_parameters_take_the_given_value_or_their_default() -> None:
    text = "metric m(a, b = 2, c: count = 3) = a*TP + b*FN + c"
    typed = resolve(text, a=7, c=0)
    assert [(p.name, p.default, p.is_count) for p in typed.parameters] == [
        ("a", 7, False),
        ("b", 2, False),
        ("c", 0, True),
    ]


def test_given_names_become_parameters_of_a_bare_expression() -> None:
    typed = resolve("(1+β²)TP/((1+β²)TP+β²FN+FP) + w - w", beta=2, w=1)
    assert sorted(p.name for p in typed.parameters) == ["beta", "w"]
    assert meaning("β*TP", **{"β": 3}) == "(beta*TP)"


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("f1", {"beta": 2}, "UnknownArgument"),
        ("2*fbeta", {"beta": 2}, "UnknownArgument"),
        ("TP/(TP + FN)", {"w": 1}, "UnknownArgument"),
        ("metric m(a = 1) = a*TP", {"b": 1}, "UnknownArgument"),
        ("metric m(a) = a*TP", {}, "MissingValue"),
        ("metric m(a) = a*TP metric k = TP", {"a": 1}, "UnknownArgument"),
        ("let x = 1 in x*TP", {"x": 2}, "DuplicateDefinition"),
        ("TP", {"TP": 2}, "ReservedName"),
        ("TP", {"sqrt": 2}, "ReservedName"),
        ("TP", {"__class__": 2}, "ReservedName"),
    ],
)
def test_value_for_no_parameter_is_refused(
    text: str, values: dict[str, int], expected: str
) -> None:
    assert mistake(text, **values) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x", "UnknownName"),
        ("FN", "EntryInSurrogate"),
        ("total*p", "EntryInSurrogate"),
        ("f1", "EntryInSurrogate"),
        ("fbeta(p)", "EntryInSurrogate"),
        ("softplus(p)", "UnknownFunction"),
        ("sqrt(p, p)", "WrongArguments"),
        ("1/0", "ImpossibleConstant"),
        ("let p = 1 in p", "DuplicateDefinition"),
    ],
)
def test_body_of_a_surrogate_is_checked(body: str, expected: str) -> None:
    assert mistake(f"surrogate s(p, sharpness, threshold) = {body} metric m = TP") == expected


def test_surrogate_of_the_design_is_accepted() -> None:
    assert meaning(
        """surrogate cosine(p, sharpness, threshold) =
               let u = clamp(sharpness * (p - threshold) / 4, -1, 1) in
               (1 + u + sin(pi * u) / pi) / 2
           metric m = TP"""
    )


def test_library_metric_means_the_same_whatever_the_user_defines() -> None:
    shelf = parse(Source("library", "metric rate = TP/(TP + FN) metric middle = (rate + 1)/2"))
    entries = {x.name: Entry(x, "", "", (), "") for x in shelf}
    own = "metric rate(x = 9) = x*FP metric m = middle + rate"
    assert (
        written(resolve(own, Library(entries, {}, {})).body)
        == "((((TP/(TP + FN)) + 1)/2) + (9*FP))"
    )


def test_terms_of_a_library_metric_stand_where_it_is_used() -> None:
    body = resolve("1 - f1/2").body
    f1 = body.args[1].args[0]
    assert (f1.label, f1.span.text, f1.args[1].span.text) == ("f1", "f1", "f1")


def test_terms_stand_where_they_are_written() -> None:
    body = resolve("metric m(w = 1) = let r = TP/total in w*r + w").body
    assert body.span.text == "w*r + w"
    product, weight = body.args
    assert [weight.span.start, product.args[0].span.start] == [44, 38]
    assert (product.args[1].label, product.args[1].span.text) == ("r", "TP/total")


def test_value_named_once_is_one_term_however_often_it_is_used() -> None:
    body = resolve("let x = TP/total in x + x").body
    assert body.args[0] is body.args[1]


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("TP", 1),
        ("3", 0),
        ("pi*TP*FN", 2),
        ("TP/total", 0),
        ("TP + FN", 1),
        ("TP + 1", None),
        ("sqrt(TP*FN)", 1),
        ("cbrt(TP)", Fraction(1, 3)),
        ("TP^-2", -2),
        ("TP^0.5", Fraction(1, 2)),
        ("TP^(1/2 + 1)", Fraction(3, 2)),
        ("(TP/total)^(FN/total)", 0),
        ("TP^(FN/total)", None),
        ("2^TP", None),
        ("-abs(TP)", 1),
        ("min(TP, FN)", 1),
        ("max(TP, 1)", None),
        ("clamp(TP/total, 0, 1)", 0),
        ("log(TP)", None),
        ("log(TP/FN)", 0),
        ("metric m(s: count = 1) = TP + s", 1),
        ("metric m(s = 1) = TP + s", None),
        ("metric m(s = 1) = TP*s", 1),
    ],
)
def test_degree(text: str, degree: Fraction | int | None) -> None:
    assert resolve(text).body.degree == degree


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("(TP + 1)/(TP + FN)", "(TP + 1)"),
        ("TP/(TP + FN + 1e-7)", "(TP + FN + 1e-7)"),
        ("TP*FN", "TP*FN"),
        ("1/(TP + FN)", "1/(TP + FN)"),
        ("log(TP) + 1", "log(TP)"),
        ("metric m(s = 1) = TP/(TP + s)", "(TP + s)"),
        ("f1 + log_dor_ha", "log_dor_ha"),
    ],
)
def test_term_that_depends_on_the_batch_size_is_underlined(text: str, culprit: str) -> None:
    (warning,) = resolve(text).warnings
    assert warning.span is not None
    assert warning.span.text == culprit


@pytest.mark.parametrize(
    "text",
    [
        "f1",
        "metric m(s: count = 1) = TP/(TP + s)",
        "log(TP) - log(FN)",
        "(xlogx(TP) + xlogx(FN) - xlogx(TP + FN))/(TP + FN)",
        "TP^(FN/total) / (2*TP)^(FN/total)",
        "log(TP - TP - 1)",
    ],
)
def test_what_only_looks_dependent_on_the_batch_size_is_not_warned_about(text: str) -> None:
    assert resolve(text).warnings == ()


@pytest.mark.parametrize("name", sorted(LIBRARY.metrics))
def test_library_metric_checks_by_name_and_as_text(name: str) -> None:
    entry = LIBRARY.metrics[name]
    typed = resolve(name)
    defaults = {p.name: p.default for p in typed.parameters}
    assert written(typed.body) == meaning(entry.formula, **defaults)
    assert (typed.warnings == ()) == (name != "log_dor_ha")
    for synonym in entry.synonyms:
        assert resolve(synonym).name == name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_library_file_is_a_metric_file_like_any_other(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if file.stem == "surrogates":
        text += "metric none = TP"
    assert resolve(text)


@pytest.mark.parametrize("name", LIBRARY.names())
def test_library_takes_no_name_of_the_language(name: str) -> None:
    assert builtin(name) is None
    assert function_name(name) is None


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_has_a_value_at_fifty_digits(name: str) -> None:
    args = ", ".join(["TP/total"] * FUNCTIONS[name].least)
    point = {entry: real(5) for entry in ("TP", "FP", "FN", "TN")}
    assert 0 <= abs(evaluate(resolve(f"{name}({args})").body, point, {})) < 3


HOSTILE = {
    "parentheses": "(" * 9_000 + "TP" + ")" * 9_000,
    "open parentheses": "(" * 19_000,
    "closed parentheses": "TP" + ")" * 19_000,
    "minus signs": "-" * 5_000 + "TP",
    "plus signs": "+" * 19_000 + "TP",
    "minus signs in a divisor": f"1/({'-' * 5_000}2TP)",
    "a megabyte": "TP+" * 350_000,
    "a megabyte of one name": "a" * 1_000_000,
    "a long name": "a" * 20_000,
    "a long call": f"{'a' * 19_000}(TP)",
    "a null byte": "TP\0+FN",
    "an escape sequence": "TP \x1b[31m FN",
    "a bidirectional override": "TP + \u202eNF",
    "an emoji": "TP + 👩‍🔬",
    "half a character": "TP + \ud800",
    "a lone square": "²",
    "squares": "TP" + "²" * 15_000,
    "many digits": "1" * 19_000,
    "a huge exponent of ten": "1e" + "9" * 19_000,
    "a small number": f"0.{'0' * 1_000}1",
    "a tower": "9**9**9**9",
    "a long tower": "**".join("9" * 5_000),
    "a tower of roots": "^".join([".5"] * 90),
    "nested powers": "(" * 50 + "TP" + "^16)" * 50,
    "exponentials": "exp(exp(exp(exp(9))))",
    "exponentials of counts": "exp(" * 90 + "TP" + ")" * 90,
    "huge coefficients": "(1e40*TP + 1e-40)^16",
    "many names": "+".join(f"a{i}" for i in range(3_000)),
    "a long sum": "+".join(["TP"] * 6_000),
    "many factors": "(TP)" * 4_000,
    "many lets": "".join(f"let a{i}=TP in " for i in range(1_200)) + "a1",
    "a let that doubles": "let a0=TP+FN in "
    + "".join(f"let a{i + 1}=a{i}*a{i} in " for i in range(60))
    + "a60",
    "a let that deepens": "let a0=TP in "
    + "".join(f"let a{i + 1}={'-' * 60}a{i} in " for i in range(60))
    + "a60",
    "metrics that double": "metric m0(x=1)=x*TP"
    + "".join(f" metric m{i + 1}(x=1)=m{i}(x)+m{i}(x)" for i in range(60)),
    "a chain of metrics": "metric m0(x=1)=x*TP"
    + "".join(f" metric m{i + 1}(x=1)=m{i}(x)" for i in range(500)),
    "many copies of a metric": f"metric b(x=1)={'+'.join(['TP'] * 90)}"
    + "".join(f" metric m{i}={'+'.join(['b'] * 20)}" for i in range(300)),
    "many arguments": f"max({','.join(['TP'] * 6_000)})",
    "a deep call": "abs(" * 4_000 + "TP" + ")" * 4_000,
    "many roots": "√" * 10_000 + "TP",
    "an attribute": "TP.__class__.__mro__",
    "an import": "__import__('os').system('true')",
    "a lambda": "(lambda: TP)()",
    "a private parameter": "metric m(__class__ = 1) = TP*__class__",
    "a keyword as a parameter": "metric m(let = 1) = TP*let",
    "a let without in": "let x = TP",
    "many lets without in": "let x = " * 2_000,
    "holes": "{name} + {0.__class__} + %s",
    "many comments": "## a\n" * 3_000 + "# b\n" * 1_000,
    "a variation selector": "TP\ufe0f",
    "line ends": "\r\n" * 9_000 + "TP +",
}


HARMLESS = {"parentheses", "plus signs", "exponentials of counts"}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_text_is_refused_or_harmless_and_soon(what: str) -> None:
    text = HOSTILE[what]
    try:
        with fuzz.limited(fuzz.PATIENCE):
            resolve(text)
    except MetricError as error:
        picture = str(error)
        picture.encode()
        assert len(picture) < 2_500
        assert all(line.isprintable() for line in picture.splitlines())
    else:
        assert what in HARMLESS


def test_python_keyword_is_a_parameter_like_any_other() -> None:
    typed = resolve("metric m(lambda = 1, class = 2, None = 3) = lambda*class*None*TP/total")
    assert [p.name for p in typed.parameters] == ["lambda", "class", "None"]


PIECES = (
    *"()()+-*/^²√½2,:#$é·βπ=xpn0 \n\t\u202e\u00a0\0",
    *(
        "TP",
        "FN",
        "fp",
        "**",
        "⁻¹",
        "3.5",
        "1e3",
        "##",
        "let",
        "in",
        "metric",
        "surrogate",
        "count",
    ),
    *("f1", "fbeta", "sqrt", "min", "log", "sharpness", "threshold"),
)
SOUP = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(("", " "))), max_size=25)


@settings(derandomize=True, deadline=None, max_examples=1_500)
@given(SOUP, st.booleans())
def test_no_text_raises_anything_but_a_diagnostic(
    soup: list[tuple[str, str]], with_x: bool
) -> None:
    text = "".join(piece + space for piece, space in soup)
    try:
        resolve(text, **({"x": 2} if with_x else {}))
    except MetricError as error:
        span = error.diagnostic.span
        assert span is None or 0 <= span.start < span.stop <= len(text) + 1


COUNTS = st.recursive(
    st.sampled_from(("TP", "FN", "total")),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("sqrt({}*{})".format, inner, inner),
        st.builds("({}*{}/{})".format, inner, inner, inner),
        st.builds("max({}, 2*{})".format, inner, inner),
        st.builds("{}*exp(-{}/{})".format, inner, inner, inner),
    ),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(COUNTS, COUNTS)
def test_quotient_of_counts_keeps_its_value_when_the_batch_grows(top: str, bottom: str) -> None:
    typed = resolve(f"{top}/({bottom})")
    assert typed.body.degree == 0
    assert typed.warnings == ()
    counts = {"TP": 50, "FP": 7, "FN": 11, "TN": 900}
    values = [
        evaluate(typed.body, {name: real(count * factor) for name, count in counts.items()}, {})
        for factor in (1, 37)
    ]
    assert abs(values[0] - values[1]) < abs(values[0]) * 1e-40

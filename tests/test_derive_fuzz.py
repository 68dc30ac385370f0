"""What is written about hostile text: explain, derivations and pages end, soon and in short."""

from __future__ import annotations

from fractions import Fraction

import fuzz
import fuzz_derive
import hypothesis
import pytest
import sympy as sp
from formulas import hostile
from hypothesis import strategies as st

import metricc
from metricc.derivation.factors import factor_list
from metricc.derivation.formulas import formulas
from metricc.derivation.measure import length
from metricc.ir.program import Num, Op, Ref
from metricc.library import load_library

LONGEST = 200_000


def nested(function: str, part: str, times: int) -> str:
    return f"{function}({part} + " * times + "TP" + ")" * times


HOSTILE = {
    "roots": nested("sqrt", "recall", 7),
    "a root twice": "1/(sqrt(1/2 + (4*TP/(4*TP + TN))^2)"
    " + 1/(sqrt(1/2 + (4*TP/(4*TP + TN))^2) + TP))",
    "a continued fraction": nested("1/", "TP", 22),
    "fractions of roots": nested("1/√", "TP", 25),
    "angles": nested("asin", "TP/n", 36),
    "angles of roots": nested("asin", "mcc", 37),
    "exponentials": nested("exp", "mcc", 13),
    "logarithms": nested("xlogx", "TP/n", 19),
    "products": nested("prod", "mcc", 7),
    "kinks": f"max({', '.join(f'TP/n*{i} + TP' for i in range(37))})",
    "quotients": "/".join(f"({i}*FN + TP/n)" for i in range(1, 66)),
    "reductions": "mean(recall^3)/(1 + sum(jaccard^2)/max(precision))",
    **{f"{count} parameters": fuzz_derive.parameters(count) for count in (6, 12, 20, 60)},
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_took_minutes_ends(text: str) -> None:
    metricc.compile(text)
    fuzz_derive.examine(text)


def test_nested_logarithms_make_no_endless_page() -> None:
    metric = metricc.compile(HOSTILE["logarithms"])
    assert len(metric._repr_html_()) < LONGEST
    assert len(metric.derivation("latex")) < LONGEST


EACH = 4  # of the corpus, which fuzz_derive.py takes whole
CORPUS = [fuzz.read(path.read_bytes()) for path in sorted(fuzz.CORPUS.iterdir())[::EACH]]


@pytest.mark.parametrize("text", CORPUS, ids=lambda text: ascii(text[:24]))
def test_what_is_written_about_the_corpus_ends(text: str) -> None:
    fuzz_derive.examine(text)


@hypothesis.settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(hostile)
def test_what_is_written_about_any_text_ends(text: str) -> None:
    fuzz_derive.examine(text)


def test_a_broken_derivation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def derive_in_vain(*_: object, **__: object) -> str:
        raise KeyError

    def derive_forever(*_: object, **__: object) -> str:
        while True:
            pass

    for broken, error in ((derive_in_vain, "KeyError"), (derive_forever, "TooSlowError")):
        monkeypatch.setattr(metricc.Metric, "derivation", broken)
        monkeypatch.setattr(fuzz_derive, "PATIENCE", 0.2)
        with pytest.raises(fuzz.BrokenPromiseError, match=error):
            fuzz_derive.examine("recall")


def test_work_is_the_same_after_other_work() -> None:
    metric = metricc.compile(HOSTILE["fractions of roots"])
    first = metric.derivation("text")
    formulas.cache_clear()
    metricc.compile("f1").derivation("text")
    assert metric.derivation("text") == first


LETTERS = sp.symbols("a b c d x y", positive=True)
monomials = st.lists(st.sampled_from(LETTERS), max_size=2).map(lambda found: sp.Mul(*found))
numbers = st.sampled_from([-2, -1, 1, 3, sp.Rational(1, 2)])
polynomials = st.lists(st.tuples(numbers, monomials), min_size=1, max_size=4).map(
    lambda terms: sp.Add(*(number * monomial for number, monomial in terms))
)


@hypothesis.settings(max_examples=150, deadline=None, derandomize=True, database=None)
@hypothesis.given(st.lists(st.tuples(polynomials, st.integers(1, 2)), min_size=1, max_size=3))
def test_factors_are_those_of_sympy_in_its_order(powers: list[tuple[sp.Expr, int]]) -> None:
    flat = sp.expand(sp.Mul(*(base**exponent for base, exponent in powers)))
    hypothesis.assume(flat.free_symbols)
    spent: list[int] = []
    number, found = factor_list(flat, spent.append)
    assert (number, list(found)) == sp.factor_list(flat)
    assert min(spent, default=1) > 0


def test_length_is_that_of_the_text_without_spaces() -> None:
    total = Op("add", (Ref("beta"), Op("neg", (Ref("TP"),))))
    two = Num(Fraction(2))
    shown = Op("div", (Op("mul", (total, Num(Fraction(-2)))), Op("pow", (total, two))))
    assert length(total) == len("b+-TP")
    assert length(shown) == len("(b+-TP)*-2/(b+-TP)^2")
    assert length(Op("sub", (two, shown))) == len("2-(b+-TP)*-2/(b+-TP)^2")
    assert length(Op("mul", (shown, shown))) == 2 * length(shown) + len("*()")
    assert length(Op("min", (total, two))) == len("min(b+-TP, 2)")


@pytest.mark.parametrize("name", ["optimized_precision", "adjusted_gmean", "multiclass_mcc"])
def test_the_longest_of_the_library_have_all_derivations(name: str) -> None:
    assert name in load_library().names()
    metric = metricc.compile(name)
    assert "∂" in metric.derivation("text")
    assert "∂" in metric.derivation("text", wrt="entries")

"""Derivations: in the form that the field knows, and printed as they are computed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from typing import Any

import mpmath
import oracle
import pytest
from shelves import TWO_CLASSES

import metricc
from metricc.derivation.names import user_names
from metricc.derivation.steps import derive
from metricc.evaluate import run
from metricc.formats import render
from metricc.frontend.check import check
from metricc.frontend.parse import parse
from metricc.frontend.values import apply, evaluate, real
from metricc.ir.compilation import Compilation
from metricc.ir.derivation import Derivation
from metricc.ir.typed import TypedMetric
from metricc.library import load_library
from metricc.source import Source
from metricc.surrogate import compile_surrogate

LIBRARY = sorted(TWO_CLASSES)
SURROGATES = sorted(load_library().surrogates)
READ = ["accuracy", "fbeta", "gmean", "balanced_accuracy", "mcc", "kappa", "jaccard"]
"""The four losses of the paper, and the three of which the form is known; read by a person."""
COUNTS = [
    {"TP": 7, "TN": 31, "FP": 5, "FN": 3},
    {"TP": 40, "TN": 2, "FP": 13, "FN": 29},
    {"TP": 1, "TN": 9, "FP": 17, "FN": 4},
]
TOLERANCE = real(Fraction(1, 10**40))


@cache
def compiled(text: str) -> Compilation:
    return metricc.compile(text).compilation


@cache
def derivation(name: str, surrogate: str = "sigmoid", wrt: str = "theta") -> Derivation:
    return derive(compiled(name), compile_surrogate(surrogate), wrt)


@pytest.mark.parametrize("name", READ)
def test_derivations_read_as_they_did(name: str, golden: Callable[..., None]) -> None:
    golden(render(derivation(name), "text"), "golden", "derive", f"{name}.txt")


@pytest.mark.parametrize("format", ["latex", "markdown", "typst"])
def test_formats_read_as_they_did(format: str, golden: Callable[..., None]) -> None:
    golden(render(derivation("mcc"), format), "golden", "derive", f"mcc.{format}.txt")


@pytest.mark.parametrize("wrt", ["entries", "yhat", "p", "z"])
def test_a_derivation_goes_as_far_as_it_is_asked_to(wrt: str) -> None:
    whole, part = derivation("kappa").steps, derivation("kappa", wrt=wrt).steps
    if wrt == "entries":
        assert [str(e.left.args[1].name) for e in part[-1].equations[:4]] == list(COUNTS[0])
    else:
        assert part == whole[: len(part)]
        assert len(whole) - len(part) == ["z", "p", "yhat"].index(wrt) + 1


class Printed:
    """What stands in a derivation as text, read with the front end."""

    def __init__(self, text: str, name: str) -> None:
        typed, called = compiled(name).typed, user_names(compiled(name))
        self.parameters = {called[p.name]: p.default for p in typed.parameters}
        whole = re.sub(r"\n +(= )", r" \1", text)
        metric, _, *formulas = re.split(r"\n(?=\d+\. )", whole)[1:]  # without the soft entries
        steps = [self._pairs(step) for step in (metric, *formulas)]
        self.equations = [pair for step in steps for pair in step]
        self.values = [right for left, right in self.equations if left == "m"]
        is_value = [any(left == "m" for left, _ in step) for step in steps]
        self.before, self.after = (
            [
                pair
                for step, found in zip(steps, is_value, strict=True)
                if found is wanted
                for pair in step
            ]
            for wanted in (True, False)
        )

    @staticmethod
    def _pairs(step: str) -> list[tuple[str, str]]:
        lines = [line.strip().split(" = ", 1) for line in step.splitlines()[1:] if " = " in line]
        return [(left.strip(), right) for left, right in lines]

    def lets(self) -> str:
        """Define T and Q, what m needs, m, and what only slopes need."""
        taken = {"m", "l", "ℓ", "n", "T", "Q", "P", "TP", "TN", "FP", "FN"}
        first, rest = (  # a user's name may be there twice
            [(left, right) for left, right in pairs if left.isidentifier() and left not in taken]
            for pairs in (self.before, self.after)
        )
        pairs = [("T", "TP"), ("Q", "TP + FP"), *first, ("m", self.values[-1]), *rest]
        ours = {pair for pair in pairs if re.fullmatch(r"D(_\d+)?", pair[0])}
        assert len(ours) == len(dict(ours)), "a name has two meanings"
        return " ".join(f"let {left} = {right} in" for left, right in dict(pairs).items())

    def slopes(self) -> dict[str, str]:
        """Return the right sides for y_k = 1 and 0, and the one formula with y_k."""
        found = {}
        for left, right in self.equations:
            if re.fullmatch(r"(∂[ℓm]|d[lm])/(∂ŷₖ|dyhat_k)", left):
                formula, _, label = right.partition("   for ")
                last = formula.rpartition(" = ")[2].replace("yₖ", "y_k")
                if not re.search("∂|d[lm]/", last):
                    found[label[-1:] or "y_k"] = last
            elif match := re.fullmatch(r"(?:∂[ℓm]/∂|d[lm]/d)([TQ])", left):
                found[match[1]] = right
        return found

    def typed(self, formula: str) -> TypedMetric:
        """Read a formula by parse and check."""
        parameters = ", ".join(f"{name} = {float(x)!r}" for name, x in self.parameters.items())
        given = f"{parameters}, y_k = 0" if parameters else "y_k = 0"
        source = Source("<printed>", f"metric printed({given}) = {self.lets()} {formula}")
        return check(parse(source), load_library(), {})

    def value(self, typed: TypedMetric, counts: dict[str, int], label: int = 0) -> Any:
        """Return a formula's value at 50 digits."""
        given = {p.name: real(p.default) for p in typed.parameters}
        given |= {"y_k": real(label), **{name: real(x) for name, x in counts.items()}}
        return evaluate(typed.body, given, {})


class _Exact(dict):
    """The operators of a program at 50 digits; no count is 0, so nothing needs a policy."""

    def __missing__(self, op: str) -> Callable[..., Any]:
        return partial(lambda op, *args: apply(op, args), op)


EXACT = _Exact(
    number=lambda x: real(Fraction(x)),
    nonzero=lambda x: x,
    quotient=lambda x, y, _zero: x / y,
    power=lambda x, y: x**y,
    sign=lambda x: (x > 0) - (x < 0),
    step=lambda x: ((x > 0) - (x < 0) + 1) / real(2),
)


def emitted(name: str, counts: dict[str, int]) -> dict[str, Any]:
    compilation = compiled(name)
    program, typed = compilation.program, compilation.typed
    given = {entry.lower(): real(x) for entry, x in counts.items()}
    pairs = zip(program.parameters, typed.parameters, strict=True)
    return run(program, EXACT, {**given, **{n: real(p.default) for n, p in pairs}})


def differences(text: str, name: str) -> dict[str, Any]:
    """Return how far printed slopes are from the emitted ones."""
    printed = Printed(text, name)
    slopes = {key: printed.typed(formula) for key, formula in printed.slopes().items()}
    sign = -1 if compiled(name).behaviour.direction == "max" else 1
    found: dict[str, Any] = dict.fromkeys(slopes, 0)
    for counts in COUNTS:
        results = emitted(name, counts)
        pos, neg = (sign * results[root] for root in ("grad_pos", "grad_neg"))
        expected = {"1": [(0, pos)], "0": [(0, neg)], "T": [(0, pos - neg)], "Q": [(0, neg)]}
        expected["y_k"] = [(1, pos), (0, neg)]
        size = max(abs(pos), abs(neg), TOLERANCE)
        for key, typed in slopes.items():
            for label, slope in expected[key]:
                error = abs(printed.value(typed, counts, label) - slope) / size
                found[key] = max(found[key], error)
    return found


@pytest.mark.parametrize("ascii", [False, True], ids=["unicode", "ascii"])
@pytest.mark.parametrize("name", LIBRARY)
def test_what_is_printed_is_what_is_computed(name: str, ascii: bool) -> None:
    text = render(derivation(name, wrt="yhat"), "text", ascii=ascii)
    found = differences(text, name)
    assert {"0", "1"} <= found.keys()
    assert max(found.values()) < TOLERANCE, found


HOSTILE = [
    "metric a(T = 2, T_0 = 3) = TP/(TP + T*FP + T_0*FN)",
    "metric a(p_k = 2, l = 3, yhat_k = 0.5) = p_k*TP/(TP + l*FP + yhat_k*FN)",
    "metric a(m = 2, D_2 = 3, k = 5) = m*TP/(D_2*TP + k*FP + FN) * TN/(D_2*TN + FP)",
    "let D_2 = TP + FP in let D = TN + FN in (TP^2 + TN^2)/(D_2*P + D*N)",
    "let D_2 = sqrt(TP*FN) in D_2/(D_2 + FP + sqrt(TP*TN))",
    "let ap = TP/(FN + 1) in let n2 = ap^2 in n2/(1 + n2)",
    "(let w = TP in w)/((let w = FP in w) + TP)",
    "exp(1)*TP/(TP + FN)",
]


@pytest.mark.parametrize("formula", HOSTILE)
def test_names_that_mean_something_are_changed(formula: str) -> None:
    found = differences(render(derivation(formula, wrt="yhat"), "text", ascii=True), formula)
    assert max(found.values()) < TOLERANCE, found


@pytest.mark.parametrize(
    "formula", ["normal_cdf(1)*TP/n", "TP/log(TP/TP + 1)", "asin(TP/TP/2)*TP/n"]
)
def test_constants_of_every_kind_are_written(formula: str) -> None:
    assert "None" not in metricc.compile(formula)._repr_latex_()


@pytest.mark.parametrize("name", LIBRARY)
def test_entries_have_the_derivatives_of_the_formula(name: str) -> None:
    text = render(derivation(name, wrt="entries"), "text", ascii=True)
    printed = Printed(text, name)
    body = compiled(name).typed.body
    given = {p.name: real(p.default) for p in compiled(name).typed.parameters}
    sign = -1 if compiled(name).behaviour.direction == "max" else 1
    slopes = dict(pair for pair in printed.equations if re.match(r"d[lm]/d[TF][PN]", pair[0]))
    assert len(slopes) == 4
    h = real(Fraction(1, 10**16))
    for left, formula in slopes.items():
        at = {entry: real(count) for entry, count in COUNTS[0].items()}
        found = printed.value(printed.typed(formula), COUNTS[0])
        ends = [
            evaluate(body, {**given, **at, left[-2:]: at[left[-2:]] + step}, {}) for step in (h, -h)
        ]
        difference = sign * (ends[0] - ends[1]) / (2 * h)
        assert abs(found - difference) < real(Fraction(1, 10**24)) * max(1, abs(difference))


@pytest.mark.parametrize("name", ["f1", "mcc", "kappa", "bangdiwala"])
def test_a_changed_coefficient_is_noticed(name: str) -> None:
    text = render(derivation(name, wrt="yhat"), "text", ascii=True)
    lines, changes = text.splitlines(), 0
    for at, line in enumerate(lines):
        left, equals, right = line.partition(" = ")
        number = re.search(r"(?<![\w^])[2-9]", right)
        if equals and number and re.match(r"\s*(d[lm]/d(T|Q|yhat_k)|D(_\d)?)\s*$", left):
            changed = right[: number.start()] + "7" + right[number.end() :]
            mutant = "\n".join([*lines[:at], left + equals + changed, *lines[at + 1 :]])
            assert max(differences(mutant, name).values()) > TOLERANCE, line
            changes += 1
    assert changes >= 3


POINTS = [(Fraction(p, 20), Fraction(4), Fraction(2, 5)) for p in (1, 7, 9, 19)]
POINTS += [(Fraction(p, 20), Fraction(23), Fraction(7, 10)) for p in (2, 13, 15, 18)]
"""(p, sharpness, threshold) on every piece of each surrogate."""


def printed_surrogate(text: str) -> tuple[TypedMetric, TypedMetric]:
    """Read A(p_k) and its derivative, with what they name, by parse and check."""
    pairs = re.findall(r"^   (\S+) += (.*)$", text, re.MULTILINE)
    names = [left for left, _ in pairs]
    (_, value), *parts = pairs[names.index("yhat_k") : names.index("TP")]
    value = value.removeprefix("A(p_k) = ")
    soft = [("yhat_k", value)] if "yhat_k" not in value else []
    lets = "".join(f"let {left} = {right} in " for left, right in [*parts, *soft])
    head = "metric printed(p_k = 1, L = 1, tau = 1) = "
    found = []
    for formula in (value, dict(pairs)["dyhat_k/dp_k"]):
        source = Source("<printed>", head + lets + formula)
        found.append(check(parse(source), load_library(), {}))
    return found[0], found[1]


@pytest.mark.parametrize("name", SURROGATES)
def test_printed_surrogates_are_those_of_the_literature(name: str) -> None:
    readings = printed_surrogate(render(derivation("f1", name), "text", ascii=True))
    for point in POINTS:
        given = dict(zip(("p_k", "L", "tau"), map(real, point), strict=True))
        with mpmath.workdps(50):
            soft = oracle.soft_decision(given["p_k"], name, given["L"], given["tau"])
            for typed, expected in zip(readings, soft, strict=True):
                assert abs(evaluate(typed.body, given, {}) - expected) < TOLERANCE


def test_derivations_do_not_depend_on_hash_seeds() -> None:
    names = ["tetrachoric", "digby", "discriminant_power", "multiclass_mcc", "generalized_dice"]
    code = f"import metricc\nfor name in {names}: print(metricc.compile(name).derivation('text'))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1

"""One metric that uses every operator of the language, on every kind of number and target."""

from __future__ import annotations

import math
import sys

import mpmath
import numpy as np
import pytest
import torch

import metricc
from metricc.evaluate import arrays, floats, run
from metricc.ir.operators import FUNCTIONS

CONFORMANCE = """
metric conformance(alpha = 0.7, beta = 2) =
    let x = TP/(TP + FN) in
    let y = TN/total in
    alpha*sqrt(x) + cbrt(y)^2 - log(x)/beta + log2(y) - log10(1 + x) + log1p(y) + exp(-x)
    + abs(x - y) + min(x, y, 0.9) + max(x, 2*y) + sin(pi*x) - cos(y) + asin(x) + atan(y/x)
    + xlogx(y) + sigmoid(3*x - 1) + tanh(y) + clamp(x + y, 0.1, 0.8) + x^1.3 + x^3/y^2
    + (x + 1)^alpha + x**(-2) + PP/actual_negatives + clamp(x - y, -0.4, 0.9) + normal_cdf(x - 2)
    + sign(x - y)*y + x*step(y - 0.3)
"""
COUNTS = {"tp": 7.25, "tn": 30.5, "fp": 4.75, "fn": 2.5}
GIVEN = {"alpha": 0.7, "beta": 2.0}


def reference(tp: mpmath.mpf, tn: mpmath.mpf, fp: mpmath.mpf, fn: mpmath.mpf) -> mpmath.mpf:
    """The same metric, written by hand for mpmath."""
    mp, alpha, beta = mpmath, mpmath.mpf("0.7"), 2
    x, y = tp / (tp + fn), tn / (tp + tn + fp + fn)
    total = alpha * mp.sqrt(x) + mp.cbrt(y) ** 2 - mp.log(x) / beta + mp.log(y) / mp.log(2)
    total += -mp.log10(1 + x) + mp.log1p(y) + mp.exp(-x) + abs(x - y) + min(x, y, mp.mpf("0.9"))
    total += max(x, 2 * y) + mp.sin(mp.pi * x) - mp.cos(y) + mp.asin(x) + mp.atan(y / x)
    total += y * mp.log(y) + 1 / (1 + mp.exp(1 - 3 * x)) + mp.tanh(y)
    total += min(max(x + y, mp.mpf("0.1")), mp.mpf("0.8")) + x ** mp.mpf("1.3") + x**3 / y**2
    total += min(max(x - y, mp.mpf("-0.4")), mp.mpf("0.9")) + mp.ncdf(x - 2)
    total += y * mp.sign(x - y) + (x if y > mp.mpf("0.3") else 0)
    return total + (x + 1) ** alpha + x**-2 + (tp + fp) / (tn + fp)


@pytest.fixture(scope="module")
def wanted() -> tuple[float, float, float]:
    """Value and both slopes at 50 digits."""
    with mpmath.workdps(50):
        tp, tn, fp, fn = (mpmath.mpf(count) for count in COUNTS.values())
        grad_pos = mpmath.diff(lambda h: reference(tp + h, tn, fp, fn - h), 0)
        grad_neg = mpmath.diff(lambda h: reference(tp, tn - h, fp + h, fn), 0)
        return float(reference(tp, tn, fp, fn)), float(grad_pos), float(grad_neg)


@pytest.fixture(scope="module")
def metric() -> metricc.Metric:
    return metricc.compile(CONFORMANCE)


def emitted(metric: metricc.Metric) -> object:
    return sys.modules[type(metric.loss(direction="max")).__module__]


def test_it_uses_every_function() -> None:
    assert all(f"{name}(" in CONFORMANCE for name in FUNCTIONS)


def test_python_floats(metric: metricc.Metric, wanted: tuple[float, ...]) -> None:
    found = run(metric.compilation.program, floats(), {**COUNTS, **GIVEN})
    names = ("value", "grad_pos", "grad_neg")
    assert [found[name] for name in names] == pytest.approx(wanted, rel=1e-14)


def test_numpy_arrays(metric: metricc.Metric, wanted: tuple[float, ...]) -> None:
    counts = {name: np.array([count, 2 * count]) for name, count in COUNTS.items()}
    found = run(metric.compilation.program, arrays(np), {**counts, **GIVEN})
    assert float(found["value"][0]) == pytest.approx(wanted[0], rel=1e-14)
    assert float(found["grad_pos"][0]) == pytest.approx(wanted[1], rel=1e-14)
    assert float(found["grad_neg"][0]) == pytest.approx(wanted[2], rel=1e-14)
    assert metric.value(**counts)[0] == pytest.approx(wanted[0], rel=1e-15)


@pytest.mark.parametrize("kind", [float, torch.tensor], ids=["floats", "tensors"])
def test_the_emitted_program(metric: metricc.Metric, wanted: tuple[float, ...], kind: type) -> None:
    counts = [kind(count) for count in COUNTS.values()]
    if kind is torch.tensor:
        counts = [count.double() for count in counts]
    found = emitted(metric).value_and_slopes(*counts, 0.0, *GIVEN.values())
    assert [float(x) for x in found] == pytest.approx(wanted, rel=1e-14)


def test_autograd_of_the_emitted_value_gives_the_emitted_slopes(metric: metricc.Metric) -> None:
    counts = [torch.tensor(c, dtype=torch.float64, requires_grad=True) for c in COUNTS.values()]
    value, *slopes = emitted(metric).value_and_slopes(*counts, 0.0, *GIVEN.values())
    tp, tn, fp, fn = torch.autograd.grad(value, counts)
    assert torch.allclose(torch.stack(slopes), torch.stack([tp - fn, fp - tn]), rtol=1e-12)


POINTS = [0.0, 1e-300, 0.5, 1.0, 3.0, 1e30, -1e-300, -2.0, math.inf, math.nan]
SMOOTH = ["sqrt", "cbrt", "log", "log1p", "xlogx", "exp", "asin", "nonzero"]
BOUNDED = ["sin", "cos", "atan", "tanh", "sigmoid", "normal_cdf"]


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("name", [*SMOOTH, *BOUNDED])
def test_emitted_functions_agree_on_floats_tensors_and_numbers(
    metric: metricc.Metric, name: str, x: float
) -> None:
    function = getattr(emitted(metric), name)
    on_float = float(function(x))
    on_tensor = float(function(torch.tensor(x, dtype=torch.float64)))
    assert on_float == pytest.approx(on_tensor, rel=1e-14, nan_ok=True)
    if not (math.isinf(x) or math.isnan(x)):
        assert on_float == pytest.approx(float(floats()[name](x)), rel=1e-14)
    if math.isnan(x):
        assert math.isnan(on_float)
    if name in BOUNDED and not math.isnan(x):
        assert abs(on_float) <= 2


@pytest.mark.parametrize(
    ("x", "y", "wanted"),
    [
        (1, 2, 0.5),
        (0, 3, 0),
        (0, 0, 0.25),
        (2, 0, 3.4e38),
        (-2, 0, -3.4e38),
        (math.nan, 1, math.nan),
    ],
)
def test_the_policy_of_quotients(metric: metricc.Metric, x: float, y: float, wanted: float) -> None:
    quotient = emitted(metric).quotient
    x, y = float(x), float(y)
    wide = torch.tensor([x, y], dtype=torch.float64)
    for found in (quotient(x, y, 0.25), quotient(*wide, 0.25), floats()["quotient"](x, y, 0.25)):
        assert float(found) == pytest.approx(wanted, nan_ok=True)


@pytest.mark.parametrize(
    ("x", "exponent", "wanted"),
    [(4, 0.5, 2), (0, 0.5, 0), (0, -0.5, 3.4e38), (0, 0, 1), (2, 3, 8), (-1, 0.5, 0)],
)
def test_the_policy_of_powers(
    metric: metricc.Metric, x: float, exponent: float, wanted: float
) -> None:
    power = emitted(metric).power
    x, exponent = float(x), float(exponent)
    wide = torch.tensor([x, exponent], dtype=torch.float64)
    for found in (power(x, exponent), power(*wide), power(wide[0], exponent)):
        assert float(found) == pytest.approx(wanted)
    assert float(floats()["power"](x, exponent)) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("x", "below", "clamped"), [(-3, 0, -2), (-0.0, 0.5, 0), (0.5, 1, 0.5), (math.inf, 1, 1)]
)
def test_steps_and_clamps(metric: metricc.Metric, x: float, below: float, clamped: float) -> None:
    module, plain = emitted(metric), floats()
    for number in (float(x), torch.tensor(float(x))):
        assert float(module.step(number)) == below
        assert float(module.clamp(number, -2, 1)) == clamped
    assert float(plain["step"](x)) == below
    assert float(plain["clamp"](x, -2, 1)) == clamped


def test_the_slope_of_a_minimum_keeps_its_digits_beside_a_much_larger_one() -> None:
    metric = metricc.compile("min(FP/n, 1e12*(FP + TP)/n)")
    counts = {"tp": 7.25, "tn": 30.5, "fp": 4.75, "fn": 2.5}
    found = run(metric.compilation.program, floats(), counts)
    assert found["grad_neg"] == pytest.approx(1 / 45, rel=1e-15)


@pytest.mark.parametrize("x", [-37.0, -8.5, -1.0, -1e-9, 0.4, 5.0, 9.0])
def test_both_tails_of_the_normal_distribution(metric: metricc.Metric, x: float) -> None:
    wanted = float(mpmath.ncdf(x))
    normal_cdf, wide = emitted(metric).normal_cdf, torch.tensor(x, dtype=torch.float64)
    for found in (normal_cdf(x), normal_cdf(wide), floats()["normal_cdf"](x)):
        assert float(found) == pytest.approx(wanted, rel=1e-12, abs=0)
    of_array = float(arrays(np)["normal_cdf"](np.array([x]))[0])
    assert of_array == pytest.approx(wanted, rel=1e-12, abs=0)


def test_a_power_that_overflows_is_no_error(metric: metricc.Metric) -> None:
    assert emitted(metric).power(1e200, 2.0) == math.inf


def test_second_derivatives_stay_finite_at_singular_points(metric: metricc.Metric) -> None:
    module = emitted(metric)
    for name in SMOOTH:
        x = torch.zeros((), dtype=torch.float64, requires_grad=True)
        (first,) = torch.autograd.grad(getattr(module, name)(x), x, create_graph=True)
        assert first.isfinite(), name
        if first.requires_grad:
            (second,) = torch.autograd.grad(first, x)
            assert second.isfinite(), name

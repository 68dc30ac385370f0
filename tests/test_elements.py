"""The elementary functions of the loops in C: the errors that their comments state."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from machine import COMPILER

from metricc import kernels
from metricc.targets.target import read_template

pytestmark = [
    pytest.mark.skipif(COMPILER is None, reason="there is no C compiler"),
    pytest.mark.usefixtures("kernels_on"),
]
NAMES = (
    "vexp",
    "vlog",
    "vlog1p",
    "vsigmoid",
    "vsigmoid_product",
    "vstep",
    "vsin",
    "vcos",
    "vnormal_cdf",
)
RUN = """void run_{0}(const REAL *x, REAL *y, int64_t n)
{{
    for (int64_t i = 0; i < n; i++)
        y[i] = {0}(x[i]);
}}"""
Function = Callable[[np.ndarray], np.ndarray]


def function(name: str, dtype: type) -> Function:
    """A function of templates/c/elements.c on arrays."""
    texts = [read_template("c/types.c"), read_template("c/elements.c"), *map(RUN.format, NAMES)]
    macros = {"INPUT": "float32", "TARGET": "float32"} | (
        {"DOUBLE": "1"} if dtype == np.float64 else {}
    )
    code = kernels.library("\n".join(texts), **macros)
    assert code is not None

    def run(x: np.ndarray) -> np.ndarray:
        y = np.empty_like(x)
        code[f"run_{name}"](*map(np.ctypeslib.as_ctypes, (x, y)), ctypes.c_int64(len(x)))
        return y

    return run


def exact(f: Callable[[mpmath.mpf], mpmath.mpf], x: np.ndarray) -> np.ndarray:
    """f at 50 digits, as the widest float."""
    with mpmath.workdps(50):
        return np.array([np.longdouble(str(f(mpmath.mpf(float(v))))) for v in x])


def sigmoid(x: mpmath.mpf) -> mpmath.mpf:
    return 1 / (1 + mpmath.exp(-x))


CASES = [
    ("vexp", mpmath.exp, -80, 0, 5),
    ("vlog", mpmath.log, 1e-6, 1, 3),
    ("vlog", mpmath.log, 1, 1e6, 3),
    ("vlog1p", mpmath.log1p, 0, 1, 3),
    ("vlog1p", mpmath.log1p, 0, 1e-6, 3),
    ("vsigmoid", sigmoid, -80, 80, 6),
    ("vsigmoid_product", lambda x: sigmoid(x) * sigmoid(-x), -80, 80, 8),
    ("vnormal_cdf", mpmath.ncdf, -2.5, 5, 12),  # x² of them, as the root of 1/2 rounds
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_errors_are_a_few_units_in_the_last_place(
    case: tuple[str, Callable[[mpmath.mpf], mpmath.mpf], float, float, float], dtype: type
) -> None:
    name, f, low, high, most = case
    x = np.random.default_rng(0).uniform(low, high, 3000).astype(dtype)
    expected = exact(f, x)
    error = np.abs(function(name, dtype)(x) - expected) / np.spacing(np.abs(expected).astype(dtype))
    assert error.max() <= most


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "f"), [("vsin", mpmath.sin), ("vcos", mpmath.cos)])
def test_circular_functions_are_exact_to_their_largest_value(
    name: str, f: Callable[[mpmath.mpf], mpmath.mpf], dtype: type
) -> None:
    x = np.random.default_rng(0).uniform(-10, 10, 3000).astype(dtype)
    assert np.abs(function(name, dtype)(x) - exact(f, x)).max() <= 4 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ends(dtype: type) -> None:
    x = np.array([-np.inf, -1e30, -0.0, np.nan], dtype)
    np.testing.assert_array_equal(function("vexp", dtype)(x), [0, 0, 1, np.nan])
    x = np.array([1e-38, 1, np.nan], dtype)
    np.testing.assert_allclose(function("vlog", dtype)(x), [-87.498234, 0, np.nan], rtol=1e-6)
    x = np.array([-np.inf, -1e30, 0, 1e30, np.inf, np.nan], dtype)
    np.testing.assert_array_equal(function("vsigmoid", dtype)(x), [0, 0, 0.5, 1, 1, np.nan])
    np.testing.assert_array_equal(
        function("vsigmoid_product", dtype)(x), [0, 0, 0.25, 0, 0, np.nan]
    )

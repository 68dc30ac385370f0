"""Whether a metric is linear or linear-fractional, and the threshold that is then the best.

With positives and negatives given, a prediction moves two entries only: TP and FP. Then m is
linear-fractional, (a + b TP + c FP)/(d + e TP + f FP), exactly if the columns 1, TP, FP, m, m TP,
m FP are dependent: if the determinant of six random rows vanishes.

At the best value m*, calling a sample positive that is one with probability p pays where
p grad_pos + (1 - p) grad_neg > 0, that is where p > -grad_neg/(grad_pos - grad_neg).
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from operator import mul
from typing import TYPE_CHECKING

import sympy as sp

from ..frontend.values import real
from ..ir.symbolic import ENTRY, MARGINAL_SUMS, parameter_symbol
from .exact import Exact, determinant, is_zero, points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..frontend.values import Real
    from ..ir.symbolic import Symbolic
    from ..ir.typed import TypedMetric

BEST, PREVALENCE = sp.Symbol("best"), sp.Symbol("prevalence")
"""The metric's best value, and the share of positives, in the formula of a threshold."""

Row = list["Real"]
FORMS: dict[str, tuple[bool, Callable[[Row, Real], Row]]] = {
    "linear: a weighted mean of the entries": (False, lambda c, m: [*c, m * sum(c)]),
    "linear-fractional: a quotient of two weighted sums of the entries": (
        False,
        lambda c, m: [*c, *(m * x for x in c)],
    ),
    "linear in the predictions, actual positives and negatives given": (
        True,
        lambda c, m: [c[0], c[2], real(1), m],
    ),
    "linear-fractional in the predictions, actual positives and negatives given": (
        True,
        lambda c, m: [c[0], c[2], real(1), m, m * c[0], m * c[2]],
    ),
}
"""Forms from the simplest on: whether marginals are given, and a row that is dependent then."""
NEITHER = "neither linear nor linear-fractional"
MAX_OPERATIONS = 250


def form(metric: TypedMetric) -> str:
    """Return which of the forms a metric has."""
    exact = Exact(metric)
    return next((words for words in FORMS if _has(exact, words)), NEITHER)


def _has(exact: Exact, words: str) -> bool:
    is_given, row = FORMS[words]
    size = len(row([real(1)] * 4, real(1)))
    rows: list[Row] = []
    scale: Real | None = None
    for point in points(4 * size):
        counts = _with_marginals(point) if is_given else point
        value = exact.at(counts)
        scale = scale or value  # a metric in millionths has the form of the metric
        if value is not None and scale:
            rows.append(row([real(x) for x in counts], value / scale))
        if len(rows) == size:
            break
    if len(rows) < size:
        return False
    lengths = [sum(abs(x) for x in found) for found in rows]
    return is_zero(determinant(rows), reduce(mul, lengths))


def _with_marginals(point: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Keep TP and FP, and choose FN and TN so that the marginals are always the same."""
    return point[0], Fraction(307, 64) - point[2], point[2], Fraction(281, 64) - point[0]


def threshold(symbolic: Symbolic) -> sp.Expr | None:
    """Return the best threshold of a linear-fractional metric, or None if it is not at hand.

    2*TP/(2*TP + FP + FN) → best/2.
    """
    flat = _rational(symbolic)
    if flat is None or sp.count_ops(flat) > MAX_OPERATIONS:
        return None
    top, bottom = sp.fraction(sp.cancel(flat))
    pos, neg = (
        sp.diff(top, ENTRY[entry]) - BEST * sp.diff(bottom, ENTRY[entry]) for entry in ("TP", "FP")
    )
    result = sp.factor(sp.cancel(-neg / (pos - neg)))
    return result if result.free_symbols <= {BEST, PREVALENCE} else None


def _rational(symbolic: Symbolic) -> sp.Expr | None:
    """Return the value over TP, FP and the prevalence, if it is made of quotients alone."""
    if any(binding.op != "quotient" for binding in symbolic.bindings):
        return None
    total = sp.Symbol("n", positive=True)
    given = {
        ENTRY["FN"]: PREVALENCE * total - ENTRY["TP"],
        ENTRY["TN"]: (1 - PREVALENCE) * total - ENTRY["FP"],
    }
    parameters = symbolic.metric.parameters
    known = {parameter_symbol(p.name): sp.Rational(str(p.default)) for p in parameters}
    known |= {name: whole.xreplace(given) for name, whole in MARGINAL_SUMS.items()} | given
    for binding in symbolic.bindings:
        top, bottom = (arg.xreplace(known) for arg in binding.args)
        known[binding.symbol] = top / bottom
    return symbolic.value.xreplace(known)

"""Oracles that share no code with metricc: a formula run by Python in any arithmetic.

`formulas.csv` has the 86 published formulas as people paste them, with the direction in which
each is better and values for its parameters.
"""

from __future__ import annotations

import csv
import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mpmath
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRIES = ("TP", "TN", "FP", "FN")


def _mpmath_log(x: mpmath.mpf) -> mpmath.mpf:
    if x == 0:
        raise ValueError("log 0 has no value")  # mpmath gives -inf
    return mpmath.log(x)


def _on_tensors(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Numbers in a formula, as in log(10), become tensors."""
    return lambda *args: function(*(torch.as_tensor(x, dtype=torch.float64) for x in args))


MPMATH = {"sqrt": mpmath.sqrt, "log": _mpmath_log, "cos": mpmath.cos, "Abs": abs}
MPMATH |= {"Min": min, "Max": max, "pi": mpmath.pi}
TORCH = {"sqrt": torch.sqrt, "log": torch.log, "cos": torch.cos, "Abs": torch.abs}
TORCH |= {"Min": torch.minimum, "Max": torch.maximum}
TORCH = {name: _on_tensors(function) for name, function in TORCH.items()} | {"pi": math.pi}


@dataclass(frozen=True)
class Published:
    """One row of the table."""

    name: str
    direction: str
    parameters: dict[str, float]
    formula: str


def published() -> list[Published]:
    """Return all rows."""
    with Path(__file__).with_name("formulas.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pairs = [[pair.split("=") for pair in row["parameters"].split()] for row in rows]
    values = [{name: float(value) for name, value in row} for row in pairs]
    return [
        Published(row["name"], row["direction"], given, row["formula"])
        for row, given in zip(rows, values, strict=True)
    ]


def evaluate(formula: str, names: dict[str, Any]) -> Any:
    """Run a formula of our own table as Python, with numbers of any kind."""
    return eval(formula.replace("^", "**"), {"__builtins__": {}}, names)


def exact(formula: str, counts: dict[str, float], given: dict[str, float]) -> mpmath.mpf | None:
    """Return the value at 50 digits, or None where the formula has none."""
    with mpmath.workdps(50):
        numbers = {name: mpmath.mpf(str(value)) for name, value in {**counts, **given}.items()}
        try:
            value = evaluate(formula, {**MPMATH, **numbers})
        except (ZeroDivisionError, ValueError):
            return None
        return value if mpmath.isfinite(value) and mpmath.im(value) == 0 else None


@dataclass(frozen=True)
class Guarded:
    """A 50-digit number that follows the stated policy; `zero` is what 0/0 gives."""

    x: mpmath.mpf
    zero: float

    def _with(self, operator: Callable[..., Any], *others: Any) -> Guarded:
        numbers = (other.x if isinstance(other, Guarded) else other for other in others)
        return Guarded(mpmath.mpf(operator(*numbers)), self.zero)

    def __add__(self, other: Any) -> Guarded:
        return self._with(lambda x, y: x + y, self, other)

    def __sub__(self, other: Any) -> Guarded:
        return self._with(lambda x, y: x - y, self, other)

    def __rsub__(self, other: Any) -> Guarded:
        return self._with(lambda x, y: x - y, other, self)

    def __mul__(self, other: Any) -> Guarded:
        return self._with(lambda x, y: x * y, self, other)

    def __truediv__(self, other: Any) -> Guarded:
        return self._with(self._divide, self, other)

    def __rtruediv__(self, other: Any) -> Guarded:
        return self._with(self._divide, other, self)

    def __pow__(self, other: Any) -> Guarded:
        return self._with(lambda x, y: x**y if x > 0 or y == int(y) else 0, self, other)

    def __neg__(self) -> Guarded:
        return self._with(lambda x: -x, self)

    def __abs__(self) -> Guarded:
        return self._with(abs, self)

    def __lt__(self, other: Guarded) -> bool:
        return bool(self.x < other.x)

    __radd__, __rmul__ = __add__, __mul__

    def _divide(self, x: Any, y: Any) -> Any:
        if y == 0:
            return mpmath.sign(x) * mpmath.mpf("3.4e38") if x else self.zero
        return mpmath.mpf(x) / y

    def sqrt(self) -> Guarded:
        return self._with(lambda x: mpmath.sqrt(x) if x > 0 else 0, self)

    def log(self) -> Guarded:
        return self._with(lambda x: mpmath.log(x) if x > 0 else -745, self)

    def cos(self) -> Guarded:
        return self._with(mpmath.cos, self)


def _of_both_kinds(name: str) -> Callable[[Any], Any]:
    """Numbers in a formula, as in log(10), need no policy."""
    return lambda x: getattr(x, name)() if isinstance(x, Guarded) else MPMATH[name](x)


def by_policy(
    formula: str, counts: dict[str, float], given: dict[str, float], zero: float
) -> mpmath.mpf:
    """Return the value at 50 digits, with the stated policy at singular places."""
    with mpmath.workdps(50):
        pairs = {**counts, **given}.items()
        names: dict[str, Any] = {name: Guarded(mpmath.mpf(str(x)), zero) for name, x in pairs}
        functions = {name: _of_both_kinds(name) for name in ("sqrt", "log", "cos")}
        names |= {"Abs": abs, "Min": min, "Max": max, "pi": +mpmath.pi, **functions}
        return evaluate(formula, names).x


Soft = tuple[mpmath.mpf, mpmath.mpf]
"""A soft decision and its slope."""


def _sigmoid(p: mpmath.mpf, sharpness: mpmath.mpf, threshold: mpmath.mpf) -> Soft:
    soft = 1 / (1 + mpmath.exp(-sharpness * (p - threshold)))
    return soft, sharpness * soft * (1 - soft)


def _cosine(p: mpmath.mpf, sharpness: mpmath.mpf, threshold: mpmath.mpf) -> Soft:
    x = sharpness * (p - threshold) / 4
    if abs(x) > 1:
        return mpmath.mpf(x > 0), mpmath.mpf(0)
    soft = (1 + x + mpmath.sin(mpmath.pi * x) / mpmath.pi) / 2
    return soft, sharpness / 4 * (1 + mpmath.cos(mpmath.pi * x)) / 2


def _uniform(p: mpmath.mpf, sharpness: mpmath.mpf, threshold: mpmath.mpf) -> Soft:
    x = sharpness * (p - threshold) / 4
    if abs(x) > 0.5:
        return mpmath.mpf(x > 0), mpmath.mpf(0)
    return mpmath.mpf("0.5") + x, sharpness / 4


def _linear(p: mpmath.mpf, sharpness: mpmath.mpf, threshold: mpmath.mpf) -> Soft:
    """Draw the line between two of four points: the middle one has the slope sharpness / 4."""
    half = min(mpmath.mpf("1.6") / sharpness, threshold / 2, (1 - threshold) / 2)
    low = mpmath.mpf("0.5") - sharpness / 4 * half
    points = [(0, 0), (threshold - half, low), (threshold + half, 1 - low), (1, 1)]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x0 <= p <= x1:
            slope = (y1 - y0) / (x1 - x0)
            return y0 + slope * (p - x0), slope
    raise ValueError(f"{p} is no probability")


def _probit(p: mpmath.mpf, sharpness: mpmath.mpf, threshold: mpmath.mpf) -> Soft:
    deviation = 4 / (sharpness * mpmath.sqrt(2 * mpmath.pi))
    cdf = mpmath.ncdf(p, threshold, deviation)
    return cdf, mpmath.npdf(p, threshold, deviation)


SURROGATES: dict[str, Callable[..., Soft]] = {
    "sigmoid": _sigmoid,
    "identity": lambda p, _sharpness, _threshold: (p, mpmath.mpf(1)),
    "cosine": _cosine,
    "uniform": _uniform,
    "linear": _linear,
    "probit": _probit,
}


def soft_decision(
    p: mpmath.mpf,
    surrogate: str,
    sharpness: mpmath.mpf,
    threshold: mpmath.mpf,
    *,
    rescaled: bool = False,
) -> Soft:
    """Return A(p) and A'(p), by formulas of their own."""
    function = SURROGATES[surrogate]
    soft, slope = function(p, sharpness, threshold)
    if not rescaled:
        return soft, slope
    start = function(mpmath.mpf(0), sharpness, threshold)[0]
    span = function(mpmath.mpf(1), sharpness, threshold)[0] - start
    return (soft - start) / span, slope / span


def exact_gradient(
    formula: str,
    given: dict[str, float],
    input: list[float],
    target: list[int],
    *,
    surrogate: str,
    rescaled: bool,
    from_logits: bool,
    sharpness: float = 10.0,
    threshold: float = 0.5,
) -> list[mpmath.mpf]:
    """Return the derivative of the metric by each input, at 50 digits."""
    with mpmath.workdps(50):
        x = [mpmath.mpf(number) for number in input]
        p = [1 / (1 + mpmath.exp(-z)) for z in x] if from_logits else x
        steep, middle = mpmath.mpf(sharpness), mpmath.mpf(threshold)
        softs = [soft_decision(v, surrogate, steep, middle, rescaled=rescaled) for v in p]
        counts = dict.fromkeys(ENTRIES, mpmath.mpf(0))
        for (soft, _), label in zip(softs, target, strict=True):
            counts["TP" if label else "FP"] += soft
            counts["FN" if label else "TN"] += 1 - soft
        slopes = [
            derivative(formula, given, counts, up, down)
            for up, down in (("FP", "TN"), ("TP", "FN"))
        ]
        chain = [v * (1 - v) for v in p] if from_logits else [mpmath.mpf(1)] * len(p)
        rows = zip(softs, chain, target, strict=True)
        return [slopes[label] * slope * factor for (_, slope), factor, label in rows]


def derivative(
    formula: str, given: dict[str, float], counts: dict[str, Any], up: str, down: str
) -> mpmath.mpf:
    """Return the metric's derivative as a little moves from `down` to `up`."""
    names = {**MPMATH, **counts, **{name: mpmath.mpf(str(x)) for name, x in given.items()}}

    def moved(h: mpmath.mpf) -> mpmath.mpf:
        return evaluate(formula, {**names, up: counts[up] + h, down: counts[down] - h})

    return mpmath.diff(moved, 0)


def soft_entries(
    input: torch.Tensor,
    target: torch.Tensor,
    *,
    surrogate: str = "sigmoid",
    from_logits: bool = True,
    sharpness: float = 10.0,
    threshold: float = 0.5,
) -> dict[str, torch.Tensor]:
    """Return the paper's soft confusion matrix, in plain differentiable operations."""
    prob = torch.sigmoid(input) if from_logits else input
    soft = torch.sigmoid(sharpness * (prob - threshold)) if surrogate == "sigmoid" else prob
    return {
        "TP": (target * soft).sum(),
        "FN": (target * (1 - soft)).sum(),
        "FP": ((1 - target) * soft).sum(),
        "TN": ((1 - target) * (1 - soft)).sum(),
    }


def plain_metric(
    formula: str,
    given: dict[str, float],
    input: torch.Tensor,
    target: torch.Tensor,
    **options: Any,
) -> torch.Tensor:
    """Return the metric of soft entries, for autograd to differentiate."""
    entries = soft_entries(input, target, **options)
    return torch.as_tensor(evaluate(formula, {**TORCH, **given, **entries}))


class PerClass(list[Any]):
    """A number per class; operators go class by class."""

    def _with(self, function: Callable[..., Any], other: Any = None) -> PerClass:
        others = other if isinstance(other, PerClass) else [other] * len(self)
        return PerClass(function(x, y) for x, y in zip(self, others, strict=True))

    def __add__(self, other: Any) -> PerClass:  # type: ignore[override]
        return self._with(lambda x, y: x + y, other)

    def __sub__(self, other: Any) -> PerClass:
        return self._with(lambda x, y: x - y, other)

    def __rsub__(self, other: Any) -> PerClass:
        return self._with(lambda x, y: y - x, other)

    def __mul__(self, other: Any) -> PerClass:  # type: ignore[override]
        return self._with(lambda x, y: x * y, other)

    def __truediv__(self, other: Any) -> PerClass:
        return self._with(lambda x, y: x / y, other)

    def __rtruediv__(self, other: Any) -> PerClass:
        return self._with(lambda x, y: y / x, other)

    def __pow__(self, other: Any) -> PerClass:
        return self._with(lambda x, y: x**y, other)

    def __neg__(self) -> PerClass:
        return self._with(lambda x, _: -x)

    __radd__, __rmul__ = __add__, __mul__  # type: ignore[assignment]


@dataclass(frozen=True)
class Joint:
    """A metric of several classes: in our language, and as Python, each by hand."""

    formula: str
    python: str


_N, _IOU = "Sum(TP + FN)", "TP/(TP + FP + FN)"
_CHANCE = "Sum((TP + FN)*(TP + FP))"
_LEFT = f"({_N}**2 - Sum((TP + FN)**2))*({_N}**2 - Sum((TP + FP)**2))"
_HAND_WRITTEN = {
    "multiclass_mcc": f"(Sum(TP)*{_N} - {_CHANCE})/sqrt({_LEFT})",
    "multiclass_kappa": f"(Sum(TP)/{_N} - {_CHANCE}/{_N}**2)/(1 - {_CHANCE}/{_N}**2)",
    "multiclass_accuracy": f"Sum(TP)/{_N}",
    "multiclass_balanced_accuracy": "Mean(TP/(TP + FN))",
    "multiclass_adjusted_balanced_accuracy": "(Mean(TP/(TP + FN)) - 1/K)/(1 - 1/K)",
    "multiclass_iou": f"Mean({_IOU})",
    "frequency_weighted_iou": f"Sum((TP + FN)/{_N}*{_IOU})",
    "generalized_dice": "2*Sum(TP/(TP + FN)**2)/Sum((2*TP + FP + FN)/(TP + FN)**2)",
    "multiclass_gmean": "Prod(TP/(TP + FN))**(1/K)",
    "multiclass_f1": "Mean(2*TP/(2*TP + FP + FN))",
    "worst_recall": "Least(TP/(TP + FN))",
    "max(TP/(TP + FP))": "Most(TP/(TP + FP))",
    "sum(classes*TP/(TP + sum(FP)))": "Sum(K*TP/(TP + Sum(FP)))",
    "sqrt(mean((recall - mean(recall))^2))": ("sqrt(Mean((TP/(TP + FN) - Mean(TP/(TP + FN)))**2))"),
    "let s = sum(TP) in prod(1 + TP/s + FP/s)^2": "Prod(1 + TP/Sum(TP) + FP/Sum(TP))**2",
    "max(recall) - min(recall*max(precision))": (
        "Most(TP/(TP + FN)) - Least(TP/(TP + FN)*Most(TP/(TP + FP)))"
    ),
    "mean(min(recall, precision))*sum(TN)/sum(n)": (
        "Mean(Min(TP/(TP + FN), TP/(TP + FP)))*Sum(TN)/Sum(TP + FP + FN + TN)"
    ),
    "-sum(xlogx(AP/sum(AP)))/log(classes) + prod(TP/sum(TP + FP))": (
        f"-Sum((TP + FN)/{_N}*log((TP + FN)/{_N}))/log(K) + Prod(TP/Sum(TP + FP))"
    ),
    "let m = mean(TP) in sum((TP - m)^3/(FP + mean(FN))^3)": (
        "Sum((TP - Mean(TP))**3/(FP + Mean(FN))**3)"
    ),
}
JOINT = {name: Joint(name, python) for name, python in _HAND_WRITTEN.items()}


def joint_names(total: Callable[[Any], Any], product: Callable[[Any], Any], count: int) -> Any:
    return {"Sum": total, "Mean": lambda x: total(x) / count, "Prod": product, "K": count}


def joint_exact(formula: str, entries: dict[str, PerClass]) -> mpmath.mpf:
    """Return the value of a joint metric at 50 digits."""
    names = joint_names(mpmath.fsum, mpmath.fprod, len(entries["TP"]))
    names |= {"Least": min, "Most": max, "Min": _smaller, "log": _log_of_classes}
    return evaluate(formula, {**MPMATH, **names, **entries})


def _smaller(x: PerClass, y: PerClass) -> PerClass:
    return PerClass(map(min, x, y))


def _log_of_classes(x: Any) -> Any:
    return PerClass(map(mpmath.log, x)) if isinstance(x, PerClass) else mpmath.log(x)


def joint_plain(formula: str, entries: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return the value of a joint metric, for autograd to differentiate."""
    names = joint_names(torch.sum, torch.prod, len(entries["TP"]))
    names |= {"Least": torch.amin, "Most": torch.amax}
    return torch.as_tensor(evaluate(formula, {**TORCH, **names, **entries}))

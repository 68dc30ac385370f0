"""A derivation as it goes into a paper: numbered steps of equations, in no format yet.

The expressions are those of programs (`Num`, `Ref`, `Op`) with some operators that only paper has:

    Op("pow", (x, Num(2)))            x²
    Op("sum", (x,))                   Σ_i x
    Op("partial", (m, x))             ∂m/∂x
    Op("call", (A, x))                A(x), of a function that is a letter
    Op("sum_over", (x, c))            Σ_c x, over the classes; likewise prod, min and max
    Op("equal", (x, y))               1 where x = y, else 0
    Op("transpose", (theta,))         θᵀ

A `Ref` is a name such as T, Q, P, n, TP, m, loss, D, D_2, beta, or a letter with an index: y_k,
yhat_i, or two: y_kc. What a name looks like is the business of a notation (`formats/notation.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .program import Expr

LETTERS = {
    "y": "a label, 1 for a positive and 0 for a negative",
    "yhat": "a soft decision",
    "p": "a predicted probability",
    "z": "a logit",
    "x": "a row of features",
    "theta": "the weights of a linear model",
    "k": "the index of the sample that is differentiated for",
    "i": "the index that sums run over",
    "TP": "true positives",
    "TN": "true negatives",
    "FP": "false positives",
    "FN": "false negatives",
    "T": "the sum of y·ŷ",
    "Q": "the sum of ŷ",
    "P": "the sum of y",
    "n": "the number of samples",
    "m": "the metric",
    "loss": "the loss",
    "A": "the surrogate",
    "L": "its sharpness",
    "tau": "its threshold",
    "D": "a part that is used more than once",
}
"""The names that a notation has signs for, beside the metric's parameters."""

CLASS_LETTERS = {
    "K": "the number of classes",
    "c": "the index of a class",
    "j": "the index of another class",
}
"""Those that there are beside them where a metric joins several classes."""

OF_SAMPLES = ("k", "i")
OF_CLASSES = (*OF_SAMPLES, "c", "j", "kc", "kj", "ic")
"""What an index may be."""


@dataclass(frozen=True)
class Equation:
    """`left = right`, or a chain `left = right = right`; `where` is what holds there, if anything.

    `where` is a pair such as (y_k, 1): the equation is for samples with y_k = 1.
    """

    left: Expr
    rights: tuple[Expr, ...]
    where: tuple[Expr, Expr] | None = None


@dataclass(frozen=True)
class DerivationStep:
    """One numbered step: what was applied, in a sentence without signs, and what came out."""

    title: str
    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Derivation:
    """A whole derivation. `formula` is the metric as the user wrote it; `indices` what has one."""

    title: str
    formula: str
    steps: tuple[DerivationStep, ...]
    indices: tuple[str, ...] = OF_SAMPLES

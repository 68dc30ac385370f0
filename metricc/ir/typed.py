"""The formula with its names resolved: made by check, read by lower and the analyses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    from ..diagnostics import Diagnostic
    from ..source import Span
    from .operators import Degree

ENTRIES = ("TP", "TN", "FP", "FN")
"""The four cells, in the order in which the field writes them."""

MARGINALS: dict[str, tuple[str, ...]] = {
    "actual_positives": ("TP", "FN"),
    "actual_negatives": ("TN", "FP"),
    "predicted_positives": ("TP", "FP"),
    "predicted_negatives": ("TN", "FN"),
    "total": ("TP", "TN", "FP", "FN"),
}
SHORT_FORMS = {
    "P": "actual_positives",
    "AP": "actual_positives",
    "N": "actual_negatives",
    "AN": "actual_negatives",
    "PP": "predicted_positives",
    "PN": "predicted_negatives",
    "n": "total",
}


@dataclass(frozen=True, eq=False)
class Term:
    """One node. Compared by identity: a `let` value used twice is one shared node.

    `op` is "entry", "number", "parameter", "pi", add, sub, mul, div, pow, neg or a function's
    name; `value` is what an entry, number or parameter is; `label` the `let` name it goes by.
    """

    op: str
    args: tuple[Term, ...]
    span: Span
    degree: Degree
    value: str | Fraction | None = None
    label: str | None = None


@dataclass(frozen=True)
class TypedParameter:
    """A number that the metric is given when it is used; its default is always known here."""

    name: str
    default: Fraction
    is_count: bool


@dataclass(frozen=True)
class TypedMetric:
    """A metric whose every name is an entry, a number or one of its own parameters."""

    name: str
    text: str
    parameters: tuple[TypedParameter, ...]
    body: Term
    doc: str
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def is_joint(self) -> bool:
        """XX."""
        return False

    @property
    def span(self) -> Span:
        """The whole formula."""
        return self.body.span

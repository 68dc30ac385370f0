"""The formula with its names resolved: made by check, read by lower and the analyses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .operators import REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
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

    `op` is "entry", "number", "parameter", "pi", add, sub, mul, div, pow, neg, a function's name
    or a reduction's, such as sum_over. `value` is what an entry, number or parameter is; `label`
    the `let` name it goes by. Two more entries are "classes", how many there are, and "weight",
    one per class, which the language cannot write.
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
    def span(self) -> Span:
        """The whole formula."""
        return self.body.span

    @property
    def of_classes(self) -> str:
        """What `classes:` in the doc comment says of a task with several classes.

        It is "exclusive" if each sample must have one of them, or the metric that may be meant.
        """
        lines = (line.partition(":") for line in self.doc.splitlines())
        return next((value.strip() for key, _, value in lines if key.strip() == "classes"), "")

    @property
    def is_joint(self) -> bool:
        """Whether it joins the matrices of several classes, one against the rest each."""
        return joins_classes(self.body)


def joins_classes(body: Term) -> bool:
    """Tell whether a formula speaks of several classes at once."""
    return any(t.op in REDUCTIONS or t.value == "classes" for t in below(body))


Shape = Literal["scalar", "class"]
"""What a term of a joint metric is: one number, or one per class."""


def shape_of(term: Term, known: dict[Term, Shape]) -> Shape:
    """Return the shape of a term: operators broadcast, and reductions give one number.

    `known` remembers the shapes of what is below.
    """
    if term not in known:
        shapes = [shape_of(arg, known) for arg in term.args]
        is_own = term.op == "entry" and term.value != "classes"
        varies = is_own or ("class" in shapes and term.op not in REDUCTIONS)
        known[term] = "class" if varies else "scalar"
    return known[term]


def below(body: Term, *, through_reductions: bool = True) -> Iterator[Term]:
    """Yield each term of a formula once, in the order in which one reads them."""
    waiting, seen = [body], {body}
    while waiting:
        term = waiting.pop()
        yield term
        if term.op in REDUCTIONS and not through_reductions:
            continue
        new = [arg for arg in dict.fromkeys(reversed(term.args)) if arg not in seen]
        seen.update(new)
        waiting += new


def open_divisor(body: Term) -> str:
    """Return the text of a quotient by a number that a product goes on from: `/2*TP`, or "".

    Whoever writes it may mean /(2*TP).
    """
    for term in below(body):
        if term.op != "mul" or term.args[0].op != "div":
            continue
        quotient, factor = term.args
        divisor, text = quotient.args[1], term.span.source.text
        is_written = quotient.span.stop < factor.span.start and divisor.span.start > term.span.start
        is_closed = quotient.span.text.endswith(")")
        is_half = quotient.args[0].op == "number"  # 1/2*TP is half of it
        is_by_number = divisor.op == "number" and factor.op != "number" and not is_half
        if is_written and is_by_number and not is_closed:
            return "/" + " ".join(text[divisor.span.start : factor.span.stop].split())
    return ""

"""The formulas of a derivation: value and slopes, in the basis in which they are shortest."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from ..diagnostics import DerivationTooLong, MetricError
from ..ir.program import Expr, Num, Op, Ref, walk
from ..ir.typed import MARGINALS
from ..passes.schedule import ROOTS
from ..targets.printer import without_guards
from .arrange import add
from .closed import Closed
from .letters import ENTRIES, SUMS, Y
from .measure import length
from .name import name_parts, rename_refs, replace_part
from .names import user_names
from .products import factored
from .tidy import tidy, weigh
from .work import STOPS, TooLongError, Work
from .write import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ir.compilation import Compilation
    from .letters import Basis

PREFERENCE = {"sums": 1.0, "entries": 1.25, "program": 1.5}
"""What a basis costs: another than the paper's must be shorter by that factor to be taken."""

NAME = 10
"""The characters that a name costs its reader, who looks back for what it stands for."""

MAX_DENOMINATOR = 10**9
"""A number with a larger one is irrational, rounded to as many digits as a program has."""

MAX_LENGTH = 2_500
"""Characters of all formulas together; more do not fit on a page."""


@dataclass(frozen=True)
class Formulas:
    """Value and slopes of the metric, or of its loss.

    `parts` are subexpressions with a name; they may use earlier ones. The rest are `value`,
    `T` and `Q` (partial derivatives; only in the paper's basis), `yhat` (the derivative by a
    soft decision, with y_k in it), `positive` and `negative` (its values at y_k = 1 and 0).
    """

    basis: str
    parts: tuple[tuple[str, Expr], ...]
    of: Mapping[str, Expr]

    @property
    def length(self) -> int:
        """How much there is to read: characters, and names to keep in mind."""
        parts = sum(length(part) + NAME for _, part in self.parts)
        return parts + sum(length(self.of[name]) for name in ("value", "positive", "negative"))

    def needed(self, *names: str) -> set[str]:
        """Return the names of the parts that some of the formulas need."""
        found = {ref.name for name in names for ref in walk(self.of[name]) if isinstance(ref, Ref)}
        for name, part in reversed(self.parts):
            if name in found:
                found |= {ref.name for ref in walk(part) if isinstance(ref, Ref)}
        return found


@lru_cache(maxsize=256)
def formulas(compilation: Compilation, *, sign: int = 1) -> Formulas:
    """Return the shortest formulas; the slopes are those of `sign` times the metric."""
    found = []
    work = Work()
    with suppress(*STOPS):
        found.append(_in_letters(compilation, SUMS, sign, work))
    with suppress(*STOPS):
        found.append(_in_letters(compilation, ENTRIES, sign, work.rest()))
    with suppress(*STOPS):
        found.append(_of_program(compilation, sign))
    shortest = min(found, key=lambda f: f.length * PREFERENCE[f.basis], default=None)
    if shortest is None or shortest.length > MAX_LENGTH:
        raise MetricError(DerivationTooLong(compilation.typed.span))
    return shortest


def _in_letters(compilation: Compilation, basis: Basis, sign: int, work: Work) -> Formulas:
    gradient = compilation.derived
    names = user_names(compilation)
    closed = Closed(basis, names=names, work=work)
    closed.learn(gradient.bindings)
    value = closed.expr(gradient.symbolic.value)
    pos, neg = (sign * closed.expr(e) for e in (gradient.grad_pos, gradient.grad_neg))
    writer = Writer(closed, value)
    written = {"value": writer.preferred(value, ("bottom", "top", "quotient"))}
    written |= {"positive": writer.shortest(pos), "negative": writer.shortest(neg)}
    pos, neg = factored(closed, pos), factored(closed, neg)
    written |= {"T": writer.shortest(pos - neg), "Q": written["negative"]}
    by_label = _by_label(written["positive"], written["negative"])
    written["yhat"] = writer.preferred(Y * (pos - neg) + neg, ("bottom",), by_label)
    left_out = {"T", "Q"} if basis is not SUMS else set()
    left_out |= {"yhat"} if written["yhat"] == by_label else set()
    written = {name: expr for name, expr in written.items() if name not in left_out}
    labels = {
        writer.shortest(closed.expr(expr)): names[label] for expr, label in gradient.symbolic.labels
    }
    return Formulas(basis.name, *name_parts(written, labels))


def _by_label(positive: Expr, negative: Expr) -> Expr:
    """Return y_k·(slope at a positive) + (1 - y_k)·(slope at a negative)."""
    label = Ref("y_k")
    other = Op("sub", (Num(Fraction(1)), label))
    return add([*weigh(label, positive), *weigh(other, negative)] or [(1, Num(Fraction(0)))])


_LETTERS: dict[str, Expr] = {
    "tp": Ref("TP"),
    "tn": Ref("TN"),
    "fp": Ref("FP"),
    "fn": Ref("FN"),
    "ap": Ref("P"),
    "pp": Ref("Q"),
    "n": Ref("n"),
    "an": Op("sub", (Ref("n"), Ref("P"))),
    "pn": Op("sub", (Ref("n"), Ref("Q"))),
    "value": Ref("m"),
}
"""What the names of a program are as letters."""
_SHORT = dict(zip(MARGINALS, ("ap", "an", "pp", "pn", "n"), strict=True))


def _of_program(compilation: Compilation, sign: int) -> Formulas:
    """Return what emitted code computes, which reuses the value.

    Raises:
        TooLongError: it has an irrational number, which a program only has to 60 digits.
    """
    program = compilation.program
    lines = {a.name: a.expr for a in without_guards((*program.value, *program.slopes))}
    if any(_is_irrational(part) for expr in lines.values() for part in walk(expr)):
        raise TooLongError
    called = user_names(compilation)
    parameters = zip(program.parameters, compilation.typed.parameters, strict=True)
    labels = {label for _, label in compilation.symbolic.labels}
    names = {**_LETTERS, **{name: Ref(called[parameter.name]) for name, parameter in parameters}}
    names |= {name: Ref(called[name]) for name in lines if name in labels}
    marginals = {name for name in lines if name in _LETTERS and name not in labels}
    parts = [name for name in lines if name not in {*ROOTS, *marginals}]
    unnamed = [name for name in parts if name not in labels]
    names |= {name: Ref("D" if i == 1 else f"D_{i}") for i, name in enumerate(unnamed, 1)}
    written: dict[str, Expr] = {}
    for name, expr in lines.items():  # a slope may be minus the other
        known = {root: written[root] for root in ROOTS[1:] if root in written}
        written[name] = _with_marginals(tidy(rename_refs(expr, {**names, **known})))
    pos, neg = (add([(sign, written[name])]) for name in ROOTS[1:])
    named = [(ref.name, written[n]) for n in parts if isinstance(ref := names[n], Ref)]
    formulas = {"value": written["value"], "positive": pos, "negative": neg}
    return Formulas("program", tuple(named), formulas)


def _with_marginals(expr: Expr) -> Expr:
    """TP + FP → Q, in the program's own order of entries."""
    for name, entries in MARGINALS.items():
        total = add([(1, _LETTERS[entry.lower()]) for entry in entries])
        expr = replace_part(expr, total, _LETTERS[_SHORT[name]])
    return expr


def _is_irrational(expr: Expr) -> bool:
    return isinstance(expr, Num) and Fraction(expr.value).denominator > MAX_DENOMINATOR

"""The letters that a derivation is written in: the entries, or the paper's T, Q, P and n."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp

from ..ir.symbolic import (
    CLASSES,
    ENTRY,
    MARGINAL,
    MARGINAL_SUMS,
    PARAMETER_PREFIX,
    parameter_symbol,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

T, Q, P, N = (sp.Symbol(f"sum {letter}", positive=True) for letter in ("T", "Q", "P", "n"))
"""Σyŷ, Σŷ, Σy and the number of samples. Their names differ from all that a user can write."""

Y = sp.Symbol("label y_k")
"""The label of the sample that a gradient is for."""

PROBABILITY, SHARPNESS, THRESHOLD = (
    sp.Symbol(f"surrogate {name}", positive=True) for name in ("p_k", "L", "tau")
)
"""What a surrogate is a function of."""

SIGNS = {
    **{T: "T", Q: "Q", P: "P", N: "n", Y: "y_k"},
    **{symbol: name for name, symbol in ENTRY.items()},
    CLASSES: "K",
    **{PROBABILITY: "p_k", SHARPNESS: "L", THRESHOLD: "tau"},
}
"""What each letter is called in a derivation."""

TP, TN, FP, FN = (ENTRY[name] for name in ("TP", "TN", "FP", "FN"))


@dataclass(frozen=True)
class Basis:
    """A choice of letters: what entries and marginals are in them, and in which order they go.

    `named` are polynomials in the letters that may be written as a letter of their own, and
    `solved` the same equations solved for another letter. `grouping` says which letters are
    taken out of a sum first, where several ways are equally short.
    """

    name: str
    meaning: Mapping[sp.Symbol, sp.Expr]
    order: tuple[sp.Symbol, ...]
    grouping: tuple[sp.Symbol, ...]
    named: Mapping[sp.Expr, sp.Symbol]
    solved: Mapping[sp.Symbol, sp.Expr]
    entries: Mapping[sp.Symbol, sp.Expr]


SUMS = Basis(
    "sums",
    {
        TP: T,
        TN: N - P - Q + T,
        FP: Q - T,
        FN: P - T,
        MARGINAL["actual_positives"]: P,
        MARGINAL["actual_negatives"]: N - P,
        MARGINAL["predicted_positives"]: Q,
        MARGINAL["predicted_negatives"]: N - Q,
        MARGINAL["total"]: N,
    },
    (N, P, Q, T, TN, Y),
    (T, TN, N, P, Q),
    {N - P - Q + T: TN},
    {N: TN + P + Q - T},
    {T: TP, Q: TP + FP, P: TP + FN, N: TP + TN + FP + FN},
)
ENTRIES = Basis("entries", MARGINAL_SUMS, (TP, TN, FP, FN, Y), (TP, TN, FP, FN), {}, {}, {})
SURROGATE = Basis(
    "surrogate",
    {
        parameter_symbol("p"): PROBABILITY,
        parameter_symbol("sharpness"): SHARPNESS,
        parameter_symbol("threshold"): THRESHOLD,
    },
    (SHARPNESS, PROBABILITY, THRESHOLD),
    (),
    {},
    {},
    {},
)


def parameter_name(symbol: sp.Symbol) -> str | None:
    """Return the name of a metric's parameter, or None for another symbol."""
    name = str(symbol.name)
    return name.removeprefix(PARAMETER_PREFIX) if name.startswith(PARAMETER_PREFIX) else None

"""Polynomials as short text, in the field's order: TP*TN - FP*FN → `TP*TN = FP*FN`."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

Shown = Mapping[sp.Symbol, str]
"""The text of each symbol, in the order in which symbols are written."""


def equation(flat: sp.Expr, shown: Shown) -> str:
    """Return where a polynomial vanishes: its positive terms on one side."""
    _, whole = flat.primitive()
    terms = sp.Add.make_args(whole)
    positive = sp.Add(*(term for term in terms if term.as_coeff_mul()[0] > 0))
    sides = sorted((positive, positive - whole), key=lambda side: _order(side, shown))
    return " = ".join(polynomial(side, shown) for side in sides)


def polynomial(expr: sp.Expr, shown: Shown) -> str:
    """TN*TP - 2*FN*FP → `TP*TN - 2*FP*FN`."""
    terms = sorted(sp.Add.make_args(sp.expand(expr)), key=lambda term: _order(term, shown))
    return " + ".join(_term(term, shown) for term in terms).replace("+ -", "- ")


def _order(expr: sp.Expr, shown: Shown) -> list[int]:
    order = list(shown)
    return sorted(order.index(s) for s in expr.free_symbols if s in shown) or [len(order)]


def _term(term: sp.Expr, shown: Shown) -> str:
    number, factors = term.as_coeff_mul()
    texts = [_power(factor, shown) for factor in sorted(factors, key=lambda f: _order(f, shown))]
    if not texts or abs(number) != 1:
        return "*".join((str(number), *texts))
    return ("-" if number < 0 else "") + "*".join(texts)


def _power(factor: sp.Expr, shown: Shown) -> str:
    base, exponent = factor.as_base_exp()
    text = shown.get(base, str(base))
    return text if exponent == 1 else f"{text}^{exponent}"


def degree(flat: sp.Expr) -> int:
    """Return the most factors that a term of a polynomial has, besides numbers."""
    return max(sum(map(_times, sp.Mul.make_args(term))) for term in sp.Add.make_args(flat))


def _times(factor: sp.Expr) -> int:
    return 0 if factor.is_number else abs(int(factor.as_base_exp()[1]))


def factors(flat: sp.Expr) -> list[sp.Expr]:
    """Return what multiplies to a polynomial, a factor as often as it occurs."""
    try:
        number, found = sp.factor_list(flat)
    except sp.PolynomialError:  # a constant such as 1/(1 + exp(-2)) is not taken for one
        return [flat]
    each = [factor for factor, times in found for _ in range(times)]
    return [number, *each] if len(each) > 1 else [flat]

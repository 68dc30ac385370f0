"""simplify: a table of general rules on the slopes, each kept where it makes the program cheaper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from ..ir.symbolic import MARGINAL, MARGINAL_SUMS, Binding, Gradient, Step, name_marginals
from .schedule import operations

MAX_OPERATIONS = 250
"""Expressions larger than this are left as they are: sympy's time grows faster than its use."""

Bound = tuple[Binding, ...]


@dataclass(frozen=True)
class Rule:
    """A rewrite of one slope that keeps its value; `example` shows one before → after."""

    name: str
    why: str
    example: tuple[str, str]
    apply: Callable[[sp.Expr, Bound], sp.Expr]


def collect(expr: sp.Expr, _bound: Bound) -> sp.Expr:
    """a*b + a*c → a*(b + c)."""
    return sp.factor_terms(expr)


def expand(expr: sp.Expr, _bound: Bound) -> sp.Expr:
    """a*(b + c) → a*b + a*c, so that terms can cancel."""
    return sp.expand(expr)


def distribute(expr: sp.Expr, _bound: Bound) -> sp.Expr:
    """(a + b)/c → a/c + b/c, for the sum that this shortens most."""
    if not expr.is_Mul:
        return sp.Add(*(distribute(term, _bound) for term in expr.args)) if expr.is_Add else expr
    spread = [
        sp.Add(*(term * expr / total for term in total.args)) for total in expr.args if total.is_Add
    ]
    return min(spread, key=lambda e: (sp.count_ops(e), str(e)), default=expr)


def square_roots(expr: sp.Expr, bound: Bound) -> sp.Expr:
    """m² → x where m = √x, after which factors of x cancel."""
    roots = {b.symbol: b.args[0] for b in bound if b.op == "sqrt"}
    flat = sp.expand_mul(expr)
    powers = {p: p for p in flat.atoms(sp.Pow) if p.base in roots and p.exp.is_Integer}
    for power in powers:
        half, odd = divmod(int(power.exp), 2)
        powers[power] = roots[power.base] ** half * power.base**odd
    return sp.factor_terms(flat.xreplace(powers))


def write_out(expr: sp.Expr, bound: Bound) -> sp.Expr:
    """m → N/D where m = N/D, after which factors cancel."""
    quotients = {b.symbol: b.args[0] / b.args[1] for b in reversed(bound) if b.op == "quotient"}
    for symbol, ratio in quotients.items():
        expr = expr.xreplace({symbol: ratio})
    return sp.factor_terms(distribute(expr, bound))


def reuse_quotients(expr: sp.Expr, bound: Bound) -> sp.Expr:
    """N/D → m where m = N/D is at hand."""
    for binding in bound:
        if binding.op == "quotient" and not binding.args[0].is_number:
            numerator, denominator = binding.args
            expr = expr.subs(numerator, binding.symbol * denominator)
    return sp.factor_terms(expr)


def name_sums(expr: sp.Expr, _bound: Bound) -> sp.Expr:
    """TN + FP + x → AN + x, and AP + AN → N."""
    for symbol, total in MARGINAL_SUMS.items():
        first = total.args[0]
        rest = total - first
        expr = expr.replace(lambda e: e.is_Add, lambda e, f=first, s=symbol, r=rest: _fold(e, f, s - r))
    total = MARGINAL["total"]
    for half in ("actual", "predicted"):
        pos, neg = MARGINAL[f"{half}_positives"], MARGINAL[f"{half}_negatives"]
        expr = expr.xreplace({pos + neg: total})
    return name_marginals(expr)


def _fold(expr: sp.Expr, first: sp.Symbol, value: sp.Expr) -> sp.Expr:
    """Replace `first` in a sum by `value` if that leaves fewer terms."""
    folded = expr.subs(first, value).expand()
    return folded if len(sp.Add.make_args(folded)) < len(expr.args) else expr


def together(expr: sp.Expr, _bound: Bound) -> sp.Expr:
    """a/c + b/d → (a*d + b*c)/(c*d)."""
    return sp.factor_terms(sp.together(expr))


def cancel(expr: sp.Expr, bound: Bound) -> sp.Expr:
    """(a² - b²)/(a + b) → a - b, over the entries themselves."""
    return name_sums(sp.factor(sp.cancel(expr.xreplace(MARGINAL_SUMS))), bound)


def factor(expr: sp.Expr, _bound: Bound) -> sp.Expr:
    """a² + 2*a*b + b² → (a + b)²."""
    return sp.factor(expr)


RULES = (
    Rule("collect", "a common factor is multiplied once", ("a*b + a*c", "a*(b + c)"), collect),
    Rule("name sums", "a marginal is summed once", ("TN + FP + x", "AN + x"), name_sums),
    Rule("square roots", "a squared root is its radicand", ("m**2*x", "R*x"), square_roots),
    Rule("together", "one division serves both terms", ("a/c + b/c", "(a + b)/c"), together),
    Rule("distribute", "a division may cancel in each term", ("(a + b)/c", "a/c + b/c"), distribute),
    Rule("expand", "terms of opposite sign cancel", ("(a + b)*c - b*c", "a*c"), expand),
    Rule("write out", "factors of N and D cancel", ("m*D", "N"), write_out),
    Rule("reuse quotients", "a quotient at hand is not divided again", ("N/D", "m"), reuse_quotients),
    Rule("factor", "a product costs less than its terms", ("a*c + a*d + b*c + b*d", "(a + b)*(c + d)"), factor),
    Rule("cancel", "common polynomial factors", ("(a**2 - b**2)/(a + b)", "a - b"), cancel),
)
# Rejected: "drop m where m*D = N at once" (slopes stop being finite where D = 0), and sympy's
# `simplify` (MCC gets 41 operations where these rules give 21).

def simplify(gradient: Gradient) -> Gradient:
    """Return the gradient with the cheapest slopes that the rules reach."""
    cost = operations(gradient)
    if cost > MAX_OPERATIONS:
        return gradient
    seen = {_slopes(gradient)}
    improved = True
    while improved:
        improved = False
        for rule in RULES:
            for found in _candidates(rule, gradient):
                if _slopes(found) in seen:
                    continue
                seen.add(_slopes(found))
                if (price := operations(found)) < cost:
                    gradient, cost, improved = _record(rule, gradient, found), price, True
    return gradient


def _slopes(gradient: Gradient) -> tuple[sp.Expr, sp.Expr]:
    return gradient.grad_pos, gradient.grad_neg


def _candidates(rule: Rule, gradient: Gradient) -> list[Gradient]:
    """Return the gradient with `rule` applied to both slopes, and to either."""
    if any(sp.count_ops(expr) > MAX_OPERATIONS for expr in _slopes(gradient)):
        return []
    pos, neg = (rule.apply(expr, gradient.bindings) for expr in _slopes(gradient))
    both = replace(gradient, grad_pos=pos, grad_neg=neg)
    return [both, replace(gradient, grad_pos=pos), replace(gradient, grad_neg=neg)]


def _record(rule: Rule, old: Gradient, new: Gradient) -> Gradient:
    """Return `new` with a step for each slope that `rule` changed."""
    pairs = zip(_slopes(old), _slopes(new), strict=True)
    steps = [Step(rule.name, str(a), str(b), rule.why) for a, b in pairs if a != b]
    return replace(new, derivation=(*old.derivation, *steps))

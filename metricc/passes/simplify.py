"""simplify: general rules on the slopes, each kept where it makes the program cheaper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

import sympy as sp

from ..ir.symbolic import (
    MARGINAL,
    MARGINAL_SUMS,
    Binding,
    Gradient,
    Step,
    expanded_size,
    name_marginals,
)
from .direction import DIRECTIONS
from .equation import degree
from .schedule import schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_OPERATIONS = 250
"""A gradient of more operations than this is left as it is: time grows faster than its use."""
MAX_WRITTEN = 1_500
"""Likewise one that is longer than this before anything in it is shared."""
MAX_SIDE = 100
"""A rule leaves a slope of more operations than this alone."""
MAX_TERMS = 150
"""Likewise one with more terms than this once it is multiplied out."""
MAX_SPAN = 20
"""Symbols times degree of the polynomials that are factored: beyond, one may take seconds."""
MAX_NESTED = 4
"""Quotients in quotients, deeper than this, stay names: sympy asks for the sign of each again."""
MAX_RESULTS = 12
"""What a rule gives beyond this is not looked at."""
MAX_WORK = 2_000
"""The operations of all programs that are tried, before the search ends."""
FEW = 50
"""Programs of more operations count twice, of more than twice as many three times, and so on."""
MAX_REWORK = 3_000
"""The terms, multiplied out, of all slopes that rules are applied to, before the search ends."""

Bound = tuple[Binding, ...]
Cost = tuple[int, int, int]
"""Operations, subtractions (in which digits can be lost), lines: compared in this order."""


@dataclass(frozen=True)
class Rule:
    """A rewrite of one slope that keeps its value; `example` shows one before → after.

    Where there are several ways to apply it, it gives a result for each.
    """

    name: str
    why: str
    example: tuple[str, str]
    apply: Callable[[sp.Expr, Bound], Iterator[sp.Expr]]


def expand(expr: sp.Expr, _bound: Bound) -> Iterator[sp.Expr]:
    """a*(b + c) → a*b + a*c."""
    yield sp.expand(expr)


def group(expr: sp.Expr, _bound: Bound) -> Iterator[sp.Expr]:
    """a*x + b*x + c → (a + b)*x + c, for each x in a numerator."""
    top, bottom = sp.fraction(expr)
    flat = sp.expand(top)
    for symbol in sorted(flat.free_symbols, key=str):
        yield sp.collect(flat, symbol) / bottom


def distribute(expr: sp.Expr, _bound: Bound) -> Iterator[sp.Expr]:
    """(a + b)/c → a/c + b/c, for each sum among the factors of a term, and for all terms."""
    if expr.is_Mul:
        for total in expr.args:
            if total.is_Add:
                yield sp.Add(*(term * (expr / total) for term in total.args))
    if expr.is_Add:
        spread = [list(distribute(term, _bound)) for term in expr.args]
        for position, results in enumerate(spread):
            for result in results:
                yield sp.Add(*expr.args[:position], result, *expr.args[position + 1 :])
        yield sp.Add(*(new[0] if new else old for new, old in zip(spread, expr.args, strict=True)))


def square_roots(expr: sp.Expr, bound: Bound) -> Iterator[sp.Expr]:
    """m² → x where m = √x, after which factors of x cancel."""
    roots = {b.symbol: b.args[0] for b in bound if b.op == "sqrt"}
    if roots.keys() & expr.free_symbols:
        flat = sp.expand_mul(expr)
        powers = {p: p for p in flat.atoms(sp.Pow) if p.base in roots and p.exp.is_Integer}
        for power in powers:
            half = int(power.exp / 2)
            powers[power] = roots[power.base] ** half * power.base ** (power.exp - 2 * half)
        yield sp.factor_terms(flat.xreplace(powers))


def write_out(expr: sp.Expr, bound: Bound) -> Iterator[sp.Expr]:
    """m → N/D where m = N/D, after which factors cancel; for each m, and for all."""
    quotients = {b.symbol: b.args[0] / b.args[1] for b in bound if b.op == "quotient"}
    depth: dict[sp.Basic, int] = {}
    for symbol, ratio in quotients.items():
        depth[symbol] = 1 + max((depth.get(s, 0) for s in ratio.free_symbols), default=0)
    written = expr
    is_deep = max((depth.get(s, 0) for s in expr.free_symbols), default=0) > MAX_NESTED
    for symbol, ratio in reversed(quotients.items()):
        if symbol in expr.free_symbols:
            yield expr.xreplace({symbol: ratio})
        if not is_deep and sp.count_ops(written) <= MAX_SIDE:
            written = written.xreplace({symbol: ratio})
    if not is_deep and sp.count_ops(written) <= MAX_SIDE:
        yield sp.factor_terms(written)


def reuse_quotients(expr: sp.Expr, bound: Bound) -> Iterator[sp.Expr]:
    """N/D → m where m = N/D is at hand."""
    for binding in bound:
        if binding.op == "quotient" and not binding.args[0].is_number:
            numerator, denominator = binding.args
            reused = expr.subs(numerator, binding.symbol * denominator)
            if all(power.exp.is_Integer for power in reused.atoms(sp.Pow)):
                yield sp.factor_terms(reused)


def cancel(expr: sp.Expr, _bound: Bound) -> Iterator[sp.Expr]:
    """(a² - b²)/(a + b) → a - b, over the entries themselves."""
    flat = expr.xreplace(MARGINAL_SUMS)
    if expanded_size(flat) <= MAX_TERMS:
        whole = sp.together(flat)
        span = len(flat.free_symbols) * max(degree(sp.expand(x)) for x in sp.fraction(whole))
        if span <= MAX_SPAN:
            yield name_sums(sp.factor(whole))


def name_sums(expr: sp.Expr) -> sp.Expr:
    """TN + FP + x → AN + x, and AP + AN → N."""
    for symbol, total in MARGINAL_SUMS.items():
        first = total.args[0]
        rest = total - first
        expr = expr.replace(
            lambda e: e.is_Add, lambda e, f=first, s=symbol, r=rest: _fold(e, f, s - r)
        )
    total = MARGINAL["total"]
    for half in ("actual", "predicted"):
        pos, neg = MARGINAL[f"{half}_positives"], MARGINAL[f"{half}_negatives"]
        expr = expr.xreplace({pos + neg: total})
    return name_marginals(expr)


def _fold(expr: sp.Expr, first: sp.Symbol, value: sp.Expr) -> sp.Expr:
    """Replace `first` in a sum by `value` if that leaves fewer terms."""
    folded = expr.subs(first, value).expand()
    return folded if len(sp.Add.make_args(folded)) < len(expr.args) else expr


RULES = (
    Rule("write out", "factors of N and D cancel", ("m*D", "N"), write_out),
    Rule("group", "x is multiplied once", ("a*x + b*x + c", "x*(a + b) + c"), group),
    Rule("reuse quotients", "N/D is at hand, as m", ("N/D", "m"), reuse_quotients),
    Rule("expand", "terms of opposite sign cancel", ("(a + b)*c - b*c", "a*c"), expand),
    Rule("square roots", "a squared root is its radicand", ("r**2*x", "R*x"), square_roots),
    Rule("distribute", "factors cancel term by term", ("(a*c + b)/c", "a + b/c"), distribute),
    Rule("cancel", "common factors cancel", ("(a**2 - b**2)/(a + b)", "a - b"), cancel),
)
# Rejected:
# * sympy's `simplify`: MCC gets 41 operations where these rules give 20.
# * x/m → m where m = √x: the geometric mean gets 10 operations instead of 12, but where TP = 0
#   its slope, which is infinite there, becomes 0/0, which counts as 0.
# * 1 - N/D → (D - N)/D, exact where N/D is near 1: without predicted positives the slope of
#   precision becomes 0 and keeps it there, where (1 - m)/PP is 1024.
# * Factoring numerators, or one division for a sum of quotients: no metric of the library gets
#   cheaper, since common factors are found again when the program is made.


def simplify(gradient: Gradient) -> Gradient:
    """Return the gradient with the cheapest slopes that the rules reach."""
    if _written(gradient) > MAX_WRITTEN or (price := cost(gradient))[0] > MAX_OPERATIONS:
        return replace(gradient, is_too_large=True)
    seen, work, rework = {_slopes(gradient)}, 0, 0

    @cache  # a slope that another rule left alone gives the same results
    def results(rule: Rule, expr: sp.Expr, bound: Bound) -> list[sp.Expr]:
        nonlocal rework
        rework += expanded_size(expr)
        return [] if rework > MAX_REWORK else _results(rule, expr, bound)

    is_improved = True
    while is_improved:
        is_improved = False
        for rule in RULES:
            start = best = gradient
            for found in _candidates(start, rule, results):
                if work > MAX_WORK:
                    break
                if _slopes(found) in seen:
                    continue
                seen.add(_slopes(found))
                found_price = cost(found)
                work += found_price[0] * (1 + found_price[0] // FEW)
                if found_price < price:
                    best, price, is_improved = found, found_price, True
            gradient = _record(rule, start, best)
            if work > MAX_WORK:
                return gradient
    return gradient


def cost(gradient: Gradient) -> Cost:
    """Return what simplify minimises."""
    program = schedule(gradient)
    return program.operations(), program.differences(), len(program.assignments)


def _written(gradient: Gradient) -> int:
    """Return the number of operations without looking for what occurs twice."""
    exprs = [arg for binding in gradient.bindings for arg in binding.args]
    return int(sum(sp.count_ops(expr) for expr in (*exprs, *_slopes(gradient))))


def _slopes(gradient: Gradient) -> tuple[sp.Expr, sp.Expr]:
    return gradient.grad_pos, gradient.grad_neg


def _candidates(
    gradient: Gradient, rule: Rule, results: Callable[[Rule, sp.Expr, Bound], list[sp.Expr]]
) -> Iterator[Gradient]:
    """Yield the gradient with `rule` applied to both slopes, and to either."""
    pos, neg = (results(rule, expr, gradient.bindings) for expr in _slopes(gradient))
    for new_pos, new_neg in zip(pos, neg, strict=False):
        yield replace(gradient, grad_pos=new_pos, grad_neg=new_neg)
    yield from (replace(gradient, grad_pos=new) for new in pos)
    yield from (replace(gradient, grad_neg=new) for new in neg)


def _results(rule: Rule, expr: sp.Expr, bound: Bound) -> list[sp.Expr]:
    if sp.count_ops(expr) > MAX_SIDE or expanded_size(expr) > MAX_TERMS:
        return []
    results = islice(rule.apply(expr, bound), MAX_RESULTS)
    usable = (new for new in results if not new.has(sp.nan, sp.zoo, sp.oo))
    return [new for new in usable if sp.count_ops(new) <= MAX_OPERATIONS]


def _record(rule: Rule, old: Gradient, new: Gradient) -> Gradient:
    """Return `new` with a step for each slope that `rule` changed."""
    pairs = zip(DIRECTIONS, _slopes(old), _slopes(new), strict=True)
    steps = [Step(rule.name, name, a, b, rule.why) for name, a, b in pairs if a != b]
    return replace(new, derivation=(*old.derivation, *steps))

"""sympy → text in the language of formulas, terms in the field's order, bindings by letters."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..ir.operators import REDUCTIONS
from ..ir.program import Expr, Num, Op, Ref
from ..ir.symbolic import ENTRY, MARGINAL, PARAMETER_PREFIX
from ..targets.printer import Printer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ..ir.symbolic import Binding, Gradient

_PRINTER = Printer(
    functions={op: f"{function.name}({{0}})" for op, function in REDUCTIONS.items()},
    infix={"mul": ("*", 2), "div": ("/", 2), "quotient": ("/", 2), "pow": ("^", 4)},
)
_LETTERS = "uvwxyzabcdefgh"
_VALUES = ("m", "value", "metric")  # the last is no name that a user can give
Place = tuple[Any, ...]
_ENTRIES = [*ENTRY.values(), *MARGINAL.values()]


class Notation:
    """The names of one gradient's bindings: the user's, m for the value, letters for the rest."""

    def __init__(self, gradient: Gradient) -> None:
        """Name all bindings."""
        symbolic = gradient.symbolic
        self.bindings = gradient.bindings
        self.names = {symbol: name for name, symbol in ENTRY.items()}
        self.names |= {symbol: str(symbol.name) for symbol in MARGINAL.values()}
        self.names[MARGINAL["total"]] = "n"
        taken = {*self.names.values(), *(p.name for p in symbolic.metric.parameters)}
        wishes = dict(symbolic.labels)
        self.value = next(name for name in _VALUES if name not in taken)
        taken.add(self.value)
        free = _letters(taken | set(wishes.values()))
        for binding in gradient.bindings:
            label = wishes.get(binding.symbol, "")
            if binding.symbol == symbolic.value:
                label = self.value
            elif not label or label in taken:
                label = next(free)
            taken.add(label)
            self.names[binding.symbol] = label

    def definition(self, binding: Binding) -> str:
        """Return `u = TP/AP`."""
        args = tuple(to_expr(arg, self.names) for arg in binding.args)
        op = {"power": "pow"}.get(binding.op, binding.op)
        expr = args[0] if op in ("same", "let") else Op(op, args)
        return f"{self.names[binding.symbol]} = {_PRINTER.expr(expr)}"

    def text(self, expr: sp.Expr) -> str:
        """Return an expression over entries, marginals, parameters and bindings."""
        return _PRINTER.expr(to_expr(expr, self.names))


def plain(expr: sp.Expr) -> str:
    """Return an expression whose symbols go by their own names."""
    return _PRINTER.expr(to_expr(expr, {}))


def _letters(taken: set[str]) -> Iterator[str]:
    number = 1
    while True:
        names = (letter if number == 1 else f"{letter}{number}" for letter in _LETTERS)
        yield from (name for name in names if name not in taken)
        number += 1


def to_expr(expr: sp.Expr, names: Mapping[sp.Symbol, str]) -> Expr:
    """Return sympy's sums and products as our own, in the order in which one writes them."""
    if expr.is_Rational:
        number = Fraction(int(expr.p), int(expr.q))
        return _ratio(Num(Fraction(number.numerator)), number.denominator)
    if expr.is_Symbol:
        return Ref(names.get(expr, str(expr.name).removeprefix(PARAMETER_PREFIX)))
    if expr.is_Add:
        return _sum(_sorted(expr.args, lambda term: _place(term, names)), names)
    if expr.is_Mul or (expr.is_Pow and expr.exp.is_negative):
        return _product(expr, names)
    if expr.is_Pow and expr.exp.is_Integer:
        return Op("pow", (to_expr(expr.base, names), Num(Fraction(int(expr.exp)))))
    return Ref(str(expr))  # a constant such as sqrt(3)


def _ratio(top: Expr, bottom: int) -> Expr:
    return top if bottom == 1 else Op("div", (top, Num(Fraction(bottom))))


def _sorted(exprs: Iterable[sp.Expr], key: Callable[[sp.Expr], Place]) -> list[sp.Expr]:
    """Sort, those in the same place by their text, which sympy takes long to write."""
    placed = [(key(expr), expr) for expr in exprs]
    times = Counter(place for place, _ in placed)
    placed.sort(key=lambda pair: (pair[0], str(pair[1]) if times[pair[0]] > 1 else ""))
    return [expr for _, expr in placed]


def _place(term: sp.Expr, names: Mapping[sp.Symbol, str]) -> Place:
    """Positive terms first, then as the field orders the entries, numbers last."""
    return int(term.could_extract_minus_sign()), _symbols(term, names)


def _symbols(term: sp.Expr, names: Mapping[sp.Symbol, str]) -> tuple[int, ...]:
    order = [*_ENTRIES, *names]
    places = sorted(order.index(s) if s in order else len(order) for s in term.free_symbols)
    return tuple(places or [len(order) + 1])


def _sum(terms: list[sp.Expr], names: Mapping[sp.Symbol, str]) -> Expr:
    result = to_expr(terms[0], names)
    for term in terms[1:]:
        is_minus = term.could_extract_minus_sign()
        part = to_expr(-term if is_minus else term, names)
        result = Op("sub" if is_minus else "add", (result, part))
    return result


def _product(expr: sp.Expr, names: Mapping[sp.Symbol, str]) -> Expr:
    """-2*TP/AP: a sign stands in front, what divides stands below."""
    is_minus = expr.could_extract_minus_sign()
    over, under = sp.fraction(-expr if is_minus else expr)
    if is_minus and (turned := _turned(over)) is not None:
        over, is_minus = turned, False
    top, bottom = _factors(over, names) or [Num(Fraction(1))], _factors(under, names)
    if is_minus:
        top[0] = Num(-top[0].value) if isinstance(top[0], Num) else Op("neg", (top[0],))
    above = reduce(lambda a, b: Op("mul", (a, b)), top)
    if not bottom:
        return above
    return Op("div", (above, reduce(lambda a, b: Op("mul", (a, b)), bottom)))


def _turned(over: sp.Expr) -> sp.Expr | None:
    """Return minus a product, if the sign costs nothing: -(a - 1)*b → (1 - a)*b."""
    for factor in sp.Mul.make_args(over):
        if factor.is_Add and any(term.could_extract_minus_sign() for term in factor.args):
            return sp.Mul(over / factor, sp.Add(*(-term for term in factor.args)))
    return None


def _factors(side: sp.Expr, names: Mapping[sp.Symbol, str]) -> list[Expr]:
    """Return factors in order, numbers first and sums last."""
    factors = (factor for factor in sp.Mul.make_args(side) if factor != 1)
    ordered = _sorted(factors, lambda f: (not f.is_number, _is_sum(f), _symbols(f, names)))
    return [to_expr(factor, names) for factor in ordered]


def _is_sum(factor: sp.Expr) -> bool:
    """a + b and its powers stand last in a product."""
    return bool(factor.as_base_exp()[0].is_Add)

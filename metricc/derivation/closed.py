"""Closed forms: every binding of a metric written out in the letters of one basis.

Roots are kept as symbols of their own: √(N/D) is r/D with r² = N·D, an r for each factor of the
radicand that is nowhere negative. So a product of roots and polynomials is a product of factors
with whole and half exponents, and a root that is squared is gone. Functions that are not
algebraic (a logarithm, a minimum) are *atoms*: symbols that know what they stand for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.mul import _keep_coeff

from ..ir.symbolic import expanded_size
from .factors import MANY, factor_list
from .letters import parameter_name
from .work import FLAT, MAX_OPERATIONS, MAX_POWER, MAX_TERMS, TooLongError, Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ir.symbolic import Binding
    from .factors import Factoring
    from .letters import Basis
    from .products import Sum

Key = tuple[str, tuple[sp.Expr, ...]]


@dataclass
class Closed:
    """The closed forms of one metric in one basis.

    `kept` are bindings that stay as they are, `definitions` what they are; `names` is what
    parameters are called. Of several classes, letters are one number for each.
    """

    basis: Basis
    kept: Mapping[sp.Symbol, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    is_joint: bool = False
    definitions: dict[sp.Symbol, sp.Expr] = field(default_factory=dict)
    made: dict[Key, sp.Symbol] = field(default_factory=dict)
    values: dict[sp.Symbol, sp.Expr] = field(default_factory=dict)
    roots: dict[sp.Expr, sp.Symbol] = field(default_factory=dict)
    atoms: dict[sp.Symbol, Key] = field(default_factory=dict)
    products: dict[sp.Expr, Sum] = field(default_factory=dict)
    """What products.py made of expressions so far."""
    flattened: dict[sp.Expr, sp.Expr] = field(default_factory=dict)
    factorings: dict[sp.Expr, Factoring] = field(default_factory=dict)
    turned: dict[sp.Expr, tuple[int, sp.Expr]] = field(default_factory=dict)
    work: Work = field(default_factory=Work)

    def learn(self, bindings: tuple[Binding, ...]) -> None:
        """Write bindings out, each after those it needs."""
        for binding in bindings:
            if binding.symbol in self.kept and not self.is_joint:
                continue
            args = tuple(self.expr(arg) for arg in binding.args)
            known = self.definitions if binding.symbol in self.kept else self.values
            known[binding.symbol] = self._value(binding.op, args)
            self.made[binding.op, args] = binding.symbol

    def expr(self, expr: sp.Expr) -> sp.Expr:
        """Return an expression over entries, marginals and bindings in the letters."""
        written = expr.xreplace({**self.basis.meaning, **self.values})
        self.work.write_out(written)
        if written.has(sp.nan, sp.zoo, sp.oo):  # TP/sin(TP - TP), which has no value anywhere
            raise TooLongError
        constants = {
            number: self._constant(number)
            for number in sorted(written.atoms(sp.NumberSymbol, sp.Function, sp.Pow), key=str)
            if number.is_number and not (number.is_Pow and number.exp.is_Integer)
        }
        return self.reduce(written.xreplace(constants))

    def reduce(self, expr: sp.Expr) -> sp.Expr:
        """r² → its radicand, wherever it occurs."""
        radicands = {root: radicand for radicand, root in self.roots.items()}
        powers = {
            power: radicands[power.base] ** (power.exp // 2) * power.base ** (power.exp % 2)
            for power in expr.atoms(sp.Pow)
            if power.base in radicands and power.exp.is_Integer
        }
        return expr.xreplace(powers)

    def _value(self, op: str, args: tuple[sp.Expr, ...]) -> sp.Expr:
        match op:
            case "same" | "let" | "nonzero" | "bounded":
                return args[0]
            case "quotient":
                return args[0] / args[1]
            case "sqrt":
                return self._root(args[0])
            case "others":
                return self._reduced("prod_over", args) / args[0]
            case "lowest" | "highest":
                least = self._reduced("min_over" if op == "lowest" else "max_over", args)
                return self._atom("equal", (args[0], least))
        flat = tuple(self.factored(self.flat(arg)) for arg in args)
        is_sign = op in ("sign", "step") and not self.is_joint  # that of a count may be 0
        return self._atom(op, tuple(map(self._sign, flat)) if is_sign else flat)

    def _reduced(self, op: str, args: tuple[sp.Expr, ...]) -> sp.Expr:
        """Return what a reduction that has been made is written as."""
        symbol = self.made[op, args]
        return self.values.get(symbol, symbol)

    def _sign(self, expr: sp.Expr) -> sp.Expr:
        """n(P - Q) → P - Q: a positive factor changes no sign."""
        top, bottom = sp.fraction(expr)
        factors = (*sp.Mul.make_args(top), *sp.Mul.make_args(bottom))
        return sp.Mul(*(f for f in factors if not self.is_positive(f)))

    def flat(self, expr: sp.Expr) -> sp.Expr:
        """Return one fraction of two polynomials in which no root is squared."""
        if expr not in self.flattened:
            self.flattened[expr] = self._flat(expr)
        return self.flattened[expr]

    def _flat(self, expr: sp.Expr) -> sp.Expr:
        self.work.write_out(expr)
        powers = (p.exp for p in expr.atoms(sp.Pow) if p.exp.is_Integer)
        if sp.count_ops(expr) > MAX_OPERATIONS or any(abs(e) > MAX_POWER for e in powers):
            raise TooLongError
        top, bottom = sp.fraction(sp.together(self.reduce(expr)))
        terms = expanded_size(top), expanded_size(bottom)
        if max(terms) > MAX_TERMS:
            raise TooLongError
        letters = 1 + len(expr.free_symbols) // MANY
        self.work.spend(FLAT + 10 * sum(terms) * letters**2)
        top, bottom = (sp.expand(self.reduce(sp.expand(part))) for part in (top, bottom))
        return top / bottom

    def _atom(self, op: str, args: tuple[sp.Expr, ...]) -> sp.Symbol:
        found = next((s for s, key in self.atoms.items() if key == (op, args)), None)
        if found is None:
            found = sp.Symbol(f"atom {len(self.atoms)}")
            self.atoms[found] = (op, args)
        return found

    def _constant(self, number: sp.Expr) -> sp.Expr:
        """√3 is a root; π and log 2 are atoms: polynomials have rational coefficients."""
        if number.is_Pow and number.exp == sp.Rational(1, 2):
            base = number.base if number.base.is_Integer else self._constant(number.base)
            return self._symbol(base)
        return number if number.has(*self.atoms) else self._atom("constant", (number,))

    def _root(self, radicand: sp.Expr) -> sp.Expr:
        top, bottom = sp.fraction(self.factored(self.flat(radicand)))
        whole, under = sp.Integer(1), sp.Integer(1)
        factors = self._powers(top, 1) + self._powers(bottom, -1)
        is_split = self._is_split(factors)
        for factor, exponent in factors:
            sign, upright = self.upright(factor)
            if not upright.is_number and (is_split or self.is_positive(upright)):
                whole *= upright ** (exponent // 2) * self._symbol(upright) ** (exponent % 2)
                under *= sp.Integer(sign) ** exponent
            else:
                under *= factor**exponent
        return whole * self._rest(under)

    def _is_split(self, factors: list[tuple[sp.Expr, int]]) -> bool:
        """Tell whether factors under a root get roots of their own, whatever their signs are.

        Σ AP² ≤ (Σ AP)² is known to nobody here; but roots that came from one are put together
        again, so that signs under it do not matter.
        """
        return self.is_joint and prod(self.upright(f)[0] ** e for f, e in factors) > 0

    def factors(self, expr: sp.Expr) -> Factoring:
        """Return the irreducible factors of a polynomial."""
        if expr not in self.factorings:
            self.work.spend(FLAT)
            self.factorings[expr] = factor_list(expr, self.work.spend)
        return self.factorings[expr]

    def factored(self, expr: sp.Expr) -> sp.Expr:
        """Return a fraction of polynomials as a product, whose number stays in front of a sum."""
        (above, tops), (below, bottoms) = map(self.factors, sp.fraction(expr))
        powers = [*tops, *((factor, -power) for factor, power in bottoms)]
        return _keep_coeff(above / below, sp.Mul(*(factor**power for factor, power in powers)))

    def _powers(self, expr: sp.Expr, exponent: int) -> list[tuple[sp.Expr, int]]:
        coefficient, factors = self.factors(expr)
        found = [(factor, power * exponent) for factor, power in factors]
        return found + ([(coefficient, exponent)] if coefficient != 1 else [])

    def _rest(self, radicand: sp.Expr) -> sp.Expr:
        """What may be negative, or is a number, keeps a root of its own."""
        if radicand == 1:
            return sp.Integer(1)
        if radicand.is_Rational and radicand > 0:
            top, bottom = sp.Integer(radicand.p), sp.Integer(radicand.q)
            outer = sp.sqrt(top * bottom)
            square, rest = outer.as_coeff_Mul()
            inner = rest**2
            return square / bottom * (self._symbol(inner) if inner != 1 else 1)
        return self._atom("sqrt", (self.factored(radicand),))

    def _symbol(self, radicand: sp.Expr) -> sp.Symbol:
        if radicand not in self.roots:
            self.roots[radicand] = sp.Symbol(f"root {len(self.roots)}", positive=True)
        return self.roots[radicand]

    def upright(self, factor: sp.Expr) -> tuple[int, sp.Expr]:
        """Return (sign, ±factor): the side on which it is positive, or begins so."""
        if factor not in self.turned:
            self.turned[factor] = self._upright(factor)
        return self.turned[factor]

    def _upright(self, factor: sp.Expr) -> tuple[int, sp.Expr]:
        coefficients = [term.as_coeff_Mul()[0] for term in self._terms(factor)]
        balance = sum(1 if c.is_nonnegative else -1 for c in coefficients)
        if balance < 0 or (balance == 0 and not self._begins_positive(factor)):
            return -1, sp.expand(-factor)
        return 1, factor

    def _begins_positive(self, factor: sp.Expr) -> bool:
        """Tell whether the first letter, in the order of the basis, comes with a plus."""
        for letter in (*self.basis.order, *sorted(factor.free_symbols, key=self.place)):
            term = sum(t for t in sp.Add.make_args(factor) if t.has(letter))
            if term != 0:
                return not sp.Add.make_args(term)[0].as_coeff_Mul()[0].is_negative
        return True

    def place(self, symbol: sp.Symbol) -> tuple[bool, str]:
        """Return where a symbol goes that is no letter: of several classes, sums go last."""
        return self.is_joint and symbol in self.atoms, str(symbol)

    def is_positive(self, factor: sp.Expr) -> bool:
        """Tell whether no coefficient is negative once the letters are entries again."""
        return all(term.is_nonnegative for term in self._terms(factor))

    def _terms(self, factor: sp.Expr) -> tuple[sp.Expr, ...]:
        written = factor.xreplace(dict(self.basis.entries))
        self.work.spend(5 * expanded_size(written))
        flat = sp.expand(written)
        return tuple(sp.Add.make_args(flat))


def is_constant(closed: Closed, symbol: sp.Symbol) -> bool:
    """Tell whether a symbol is a parameter or an irrational number."""
    kind = closed.atoms[symbol][0] if symbol in closed.atoms else ""
    return kind == "constant" or parameter_name(symbol) is not None

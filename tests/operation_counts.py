"""Operations of value and slopes: metricc against `sympy.diff` and `sympy.cse`.

    python tests/operation_counts.py [METRIC ...]

The other side is what one gets without metricc: the value differentiated by each entry, grad_pos =
m_TP - m_FN and grad_neg = m_FP - m_TN, and common subexpressions of the three taken out by `cse`
with its basic optimizations. Both are counted as straight-line code: a sum or product of k parts
is k - 1 operations, a power its multiplications by repeated squaring, a negation, a division, a
root and a call one each. What keeps metricc's slopes finite is not counted: sympy's are not.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from shelves import TWO_CLASSES

from metricc.compiler import compile_source
from metricc.ir.compilation import Compilation
from metricc.ir.typed import ENTRIES, Term
from metricc.source import Source

SYMBOLS = {name: sp.Symbol(name, positive=True) for name in ENTRIES}
SYMPY: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "neg": lambda x: -x,
    "abs": sp.Abs,
    "cos": sp.cos,
    "log": sp.log,
    "max": sp.Max,
    "min": sp.Min,
    "sqrt": sp.sqrt,
}


@dataclass(frozen=True)
class Row:
    """One metric's operations."""

    name: str
    plain: int
    ours: int

    @property
    def ratio(self) -> float:
        return self.ours / self.plain


def row(compilation: Compilation) -> Row:
    typed = compilation.typed
    return Row(typed.name, plain_operations(typed.body), compilation.program.operations())


def plain_operations(body: Term) -> int:
    """Count value and slopes as sympy differentiates and shares them."""
    value = plain_sympy(body)
    tp, tn, fp, fn = (sp.diff(value, symbol) for symbol in SYMBOLS.values())
    shared, results = sp.cse([value, tp - fn, fp - tn], optimizations="basic")
    return sum(operations(expr) for _, expr in shared) + sum(map(operations, results))


def plain_sympy(term: Term) -> sp.Expr:
    match term.op:
        case "entry":
            return SYMBOLS[str(term.value)]
        case "parameter":
            return sp.Symbol(str(term.value), positive=True)
        case "number":
            return sp.Rational(str(term.value))
        case "pi":
            return sp.pi
    return SYMPY[term.op](*map(plain_sympy, term.args))


def operations(expr: sp.Expr) -> int:
    """Count the operations that it takes to write `expr` as a careful programmer would."""
    if expr.is_Atom or expr.is_number:
        return 0
    if expr.is_Add:
        return _sum(expr)
    if expr.is_Mul:
        return _product(expr)
    if expr.is_Pow:
        return _power(*expr.args)
    return 1 + sum(map(operations, expr.args))


def _sum(expr: sp.Expr) -> int:
    """a - b is one operation; only a sum without a positive term needs a sign of its own."""
    signs = [term.could_extract_minus_sign() for term in expr.args]
    terms = [-term if sign else term for term, sign in zip(expr.args, signs, strict=True)]
    return len(terms) - 1 + all(signs) + sum(map(operations, terms))


def _product(expr: sp.Expr) -> int:
    top, bottom = sp.fraction(expr)
    if bottom != 1:
        return operations(top) + 1 + operations(bottom)
    coefficient, rest = top.as_coeff_Mul()
    factors = sp.Mul.make_args(rest)
    return (coefficient != 1) + len(factors) - 1 + sum(map(operations, factors))


def _power(base: sp.Expr, exponent: sp.Expr) -> int:
    if exponent.is_number and exponent.is_negative:
        return 1 + operations(base**-exponent)
    if exponent.is_Integer:
        bits = f"{int(exponent):b}"
        return operations(base) + len(bits) - 1 + bits.count("1") - 1
    return operations(base) + operations(exponent) + 1


def main(names: list[str]) -> None:
    metrics = names or TWO_CLASSES
    rows = [row(compile_source(Source("<metric>", name))) for name in metrics]
    print(f"{'metric':30} diff + cse  metricc  ratio")
    for each in rows:
        print(f"{each.name:30} {each.plain:10} {each.ours:8} {each.ratio:6.2f}")
    print(f"{'median':30} {statistics.median(each.ratio for each in rows):26.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])

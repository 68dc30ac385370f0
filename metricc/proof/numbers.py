"""Arrays of 50-digit numbers, and tensors of float64: what a formula is evaluated in.

Neither uses what metricc derives or emits. An operation of the language is one operation here, as
it is where constants are evaluated, whose bounds it takes where an operation has no value.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from mpmath import MPContext

from ..evaluate import BOUND, LARGEST_EXPONENT, LOG_ZERO
from ..frontend.values import operations
from ..ir.typed import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

    from ..ir.typed import Term

Array = Any
"""An array of 50-digit numbers or a tensor, both with operators and `sum`."""

Entries = dict[str, Array]
"""TP, TN, FP, FN of each group and class, (G, C)."""

Real = Any
"""One 50-digit number, for which there is no type information."""

MP = MPContext()
MP.dps = 100  # half of them are lost in differences, which leaves 50
STEP = MP.mpf(10) ** -30
"""Of central differences, relative to what moves: their error is of the size of its square."""


@dataclass(frozen=True)
class Numbers:
    """One kind of array: how it is made of a tensor, and the operations of the language on it."""

    array: Callable[[torch.Tensor], Array]
    number: Callable[[Fraction | float], Any]
    exp: Callable[[Array], Array]
    log: Callable[[Array], Array]
    operations: Mapping[str, Callable[..., Array]]
    slopes: Callable[[Callable[[Entries], Array], Entries], Entries]
    """d function/d entry, (G, C), of a function from entries (G, C) to a number per group."""


def evaluate(term: Term, names: Mapping[str, Array], numbers: Numbers) -> Array:
    """Return the value of a formula; entries and parameters are arrays that broadcast."""
    known: dict[Term, Array] = {}

    def visit(term: Term) -> Array:
        if term not in known:
            if term.op in ("entry", "parameter"):
                known[term] = names[str(term.value)]
            elif term.op == "number":
                known[term] = numbers.number(term.value)  # type: ignore[arg-type]
            else:
                arguments = [visit(argument) for argument in term.args]
                known[term] = numbers.operations[term.op](*arguments)
        return known[term]

    return visit(term)


def fifty_digits(zero_division: float) -> Numbers:
    """Return arithmetic of 50 digits and more, in object arrays; 0/0 is `zero_division`."""
    scalar = {**_SCALARS, "div": lambda x, y: _divide(x, y, MP.mpf(zero_division))}
    elementwise = {name: _over_arrays(function) for name, function in scalar.items()}
    return Numbers(
        array=lambda x: _over_arrays(MP.mpf)(x.detach().double().numpy().astype(object)),
        number=_exactly,
        exp=_over_arrays(MP.exp),
        log=_over_arrays(MP.log),
        operations={**elementwise, **_REDUCED_ARRAYS},
        slopes=_differences,
    )


def _differences(function: Callable[[Entries], Array], entries: Entries) -> Entries:
    """Move an entry by a part of itself, and an empty one by a part of all."""
    total = sum(entries[name].sum() for name in ENTRIES)
    slopes = {}
    for name, x in entries.items():
        slopes[name] = 0 * x
        for c in range(x.shape[1]):
            h = STEP * (x[:, c] + total * (x[:, c] == 0))
            sides = []
            for side in (h, -h):
                moved = x.copy()
                moved[:, c] += side
                sides.append(function({**entries, name: moved}))
            slopes[name][:, c] = (sides[0] - sides[1]) / (2 * h)
    return slopes


def _exactly(x: Fraction | float) -> Array:
    above, below = x.as_integer_ratio()
    return np.asarray(MP.mpf(above) / below, dtype=object)


def _over_arrays(function: Callable[..., Any]) -> Callable[..., Array]:
    """Apply a function element by element; what is no array counts as one of no dimensions."""

    def apply(*args: Array) -> Array:
        made = np.frompyfunc(function, len(args), 1)(*args)
        return np.asarray(made, dtype=object)

    return apply


def _divide(x: Real, y: Real, zero: Real) -> Real:
    if y == 0:
        return MP.sign(x) * BOUND if x else zero
    return MP.mpf(x) / y


def _power(x: Real, exponent: Real) -> Real:
    if x > 0 or (exponent == int(exponent) and (x < 0 or exponent >= 0)):
        return MP.mpf(x) ** exponent
    return MP.mpf(0 if exponent > 0 else BOUND if exponent < 0 else 1)


def _above(low: int, function: Callable[[Real], Real], otherwise: float) -> Callable[[Real], Real]:
    return lambda x: function(x) if x > low else MP.mpf(otherwise)


_BARE = operations(MP)
_SCALARS: dict[str, Callable[..., Real]] = {
    **_BARE,
    "pow": _power,
    "sqrt": _above(0, MP.sqrt, 0),
    "exp": lambda x: MP.exp(min(x, LARGEST_EXPONENT)),
    "log": _above(0, MP.log, LOG_ZERO),
    "log2": lambda x: _SCALARS["log"](x) / MP.log(2),
    "log10": lambda x: _SCALARS["log"](x) / MP.log(10),
    "log1p": _above(-1, MP.log1p, LOG_ZERO),
    "asin": lambda x: MP.asin(min(max(x, -1), 1)),
    "xlogx": _above(0, _BARE["xlogx"], 0),
}
"""The operations of the language, those that may have no value with the policy."""


def _last(function: Callable[..., Array]) -> Callable[[Array], Array]:
    """Reduce the last axis, the classes, to one."""
    return lambda x: function(x, axis=-1, keepdims=True)


_REDUCED_ARRAYS: dict[str, Callable[[Array], Array]] = {
    "sum_over": _last(np.sum),
    "mean_over": lambda x: np.sum(x, axis=-1, keepdims=True) / x.shape[-1],
    "prod_over": _last(np.prod),
    "min_over": _last(np.min),
    "max_over": _last(np.max),
}


def tensors() -> Numbers:
    """Return arithmetic in float64 tensors, for autograd to differentiate; without any policy."""
    return Numbers(
        array=lambda x: x.double(),
        number=lambda x: torch.tensor(float(x), dtype=torch.float64),
        exp=torch.exp,
        log=torch.log,
        operations=_ON_TENSORS,
        slopes=_autograd,
    )


def _autograd(function: Callable[[Entries], Array], entries: Entries) -> Entries:
    """Differentiate at entries that are taken for constants."""
    with torch.enable_grad():
        moved = {name: x.detach().requires_grad_() for name, x in entries.items()}
        total = function(moved).sum()
        slopes = torch.autograd.grad(total, [*moved.values()], allow_unused=True)
    found = zip(moved.items(), slopes, strict=True)
    return {name: torch.zeros_like(x) if slope is None else slope for (name, x), slope in found}


_ON_TENSORS: dict[str, Callable[..., Array]] = {
    "pi": lambda: torch.tensor(math.pi, dtype=torch.float64),
    "div": operator.truediv,
    **{name: _SCALARS[name] for name in ("neg", "add", "sub", "mul", "abs")},
    "pow": operator.pow,
    "sqrt": torch.sqrt,
    "cbrt": lambda x: x.sign() * x.abs() ** (1 / 3),
    "min": lambda *args: reduce(torch.minimum, args),
    "max": lambda *args: reduce(torch.maximum, args),
    "clamp": lambda x, low, high: torch.minimum(torch.maximum(x, low), high),
    **{name: getattr(torch, name) for name in ("exp", "log", "log2", "log10", "log1p")},
    **{name: getattr(torch, name) for name in ("sin", "cos", "asin", "atan", "tanh", "sigmoid")},
    "normal_cdf": lambda x: torch.erfc(-x * math.sqrt(0.5)) / 2,
    "sign": torch.sign,
    "step": lambda x: (1 + x.sign()) / 2,
    "xlogx": lambda x: torch.special.xlogy(x, x),
    "sum_over": lambda x: x.sum(-1, keepdim=True),
    "mean_over": lambda x: x.mean(-1, keepdim=True),
    "prod_over": lambda x: x.prod(-1, keepdim=True),
    "min_over": lambda x: x.amin(-1, keepdim=True),
    "max_over": lambda x: x.amax(-1, keepdim=True),
}

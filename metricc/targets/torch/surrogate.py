"""The part of a torch module that knows the surrogate: soft decisions, and their derivative."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from ...ir.program import Assign, Num, Op, Ref, walk
from ...passes.surrogate import SLOPES, VALUES
from ..printer import INFIX, Printer, break_lines
from ..target import WIDTH, fill, read_template
from .factors import factors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...ir.program import Expr, Program
    from ...ir.surrogate import CompiledSurrogate

_OF_FLOATS = Printer(
    {
        "clamp": "min(max({0}, {1}), {2})",
        "cos": "math.cos({0})",
        "pi": "math.pi",
        "sin": "math.sin({0})",
        "tanh": "math.tanh({0})",
    }
)
"""With what Python has for numbers; templates/torch/functions.py has the rest."""

_OF_TENSORS = Printer(
    {
        "at_least": "torch.clamp({0}, min={1})",
        "at_most": "torch.clamp({0}, max={1})",
        "atan": "torch.atan({0})",
        "clamp": "torch.clamp({0}, {1}, {2})",
        "cos": "torch.cos({0})",
        "exp": "torch.exp({0})",
        "max": "maximum({0}, {1})",
        "min": "minimum({0}, {1})",
        "nonnegative": "torch.clamp({0}, min=0)",
        "pi": "math.pi",
        "sigmoid": "torch.sigmoid({0})",
        "sin": "torch.sin({0})",
        "tanh": "torch.tanh({0})",
    }
)
"""Likewise with what torch has for tensors."""

_USUAL = "sigmoid"
_IN_PLACE = {"torch.sigmoid(x), torch.sigmoid(-x)": "x.sigmoid(), x.neg_().sigmoid_()"}
"""What needs its name no more, and so can have its memory."""

_LINE = 84  # what is left of a line inside a function
_BRIEF = 38
_INPUT = Ref("input")
_OF_LOGITS: dict[str, Expr] = {
    "p": Op("sigmoid", (_INPUT,)),
    "q": Op("sigmoid", (Op("neg", (_INPUT,)),)),
}
_OF_PROBABILITIES: dict[str, Expr] = {
    "p": _INPUT,
    "q": Op("sub", (Num(Fraction(1)), _INPUT)),
}
_P_AND_Q = "p, q = torch.sigmoid(input), torch.sigmoid(-input)"


def surrogate_code(surrogate: CompiledSurrogate, *, from_logits: bool) -> str:
    """Return the functions `surrogate` and `surrogate_backward`."""
    soft = _soft(surrogate.forward, _OF_LOGITS if from_logits else _OF_PROBABILITIES)
    holes = {
        "SURROGATE_OPTIONS": "".join(f", {name}" for name in surrogate.parameters),
        "DECISION": _decision(surrogate, from_logits=from_logits),
        "INTRODUCTION": _introduction(surrogate),
        "HOW": ", with p * q for dp/dinput: p * (1 - p) would round to 0" if from_logits else "",
        "SOFT": "\n".join(soft),
        "SLOPE": "\n".join(_slope(surrogate, from_logits=from_logits)),
    }
    return fill(read_template("torch/surrogate.py"), holes)


def _decision(surrogate: CompiledSurrogate, *, from_logits: bool) -> str:
    """Say what `surrogate` returns; one that knows no threshold decides nothing."""
    if not surrogate.parameters:
        return "the probability a = sigmoid(input)" if from_logits else "the probability a = input"
    if from_logits:
        return "a = A(p), the soft decision p > threshold for p = sigmoid(input)"
    return "a = A(input), the soft decision input > threshold"


def _introduction(surrogate: CompiledSurrogate) -> str:
    """Say which surrogate it is, unless it is the usual one or none at all."""
    words = []
    if surrogate.parameters and surrogate.name != _USUAL:
        words.append(surrogate.summary)
    if surrogate.is_stretched:
        words.append("Rescaled: (A(p) - A(0)) / (A(1) - A(0)) in the place of A.")
    lines = textwrap.wrap(" ".join(words), WIDTH, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(["\n", *lines, "    "]) if lines else ""


def _soft(program: Program, definitions: Mapping[str, Expr]) -> list[str]:
    """Return the body of `surrogate`; what p and q are stands where they are used once."""
    refs = Counter(e.name for a in program.assignments for e in walk(a.expr) if isinstance(e, Ref))
    inline = {n: e for n, e in definitions.items() if refs[n] == 1 or isinstance(e, Ref)}
    named = [Assign(n, definitions[n], "sample") for n in program.inputs if n not in inline]
    assigns = [replace(a, expr=_written(a.expr, inline)) for a in program.assignments]
    scalars = [a for a in assigns if a.shape == "scalar"]
    samples = [a for a in assigns if a.shape == "sample"]
    results = {a.name: _OF_TENSORS.expr(a.expr) for a in samples if a.name in VALUES}
    if all(len(text) <= _BRIEF and not refs[name] for name, text in results.items()):
        samples = [a for a in samples if a.name not in VALUES]
    else:
        results = {name: name for name in VALUES}
    lines = [*_lines(scalars, _OF_FLOATS), *_lines([*named, *samples], _OF_TENSORS)]
    returned = ", ".join(results[name] for name in VALUES)
    return [*lines, f"return {_IN_PLACE.get(returned, returned)}"]


def _slope(surrogate: CompiledSurrogate, *, from_logits: bool) -> list[str]:
    """Return the body of `surrogate_backward`; a slope that is a plain product needs no name.

    Factors that forward has made are `pred` and `rest`. Scalars come last: what they multiply is
    bounded by then, and where it is 0 stays 0.
    """
    program = surrogate.backward
    inline = {} if from_logits else _OF_PROBABILITIES
    assigns = [replace(a, expr=_written(a.expr, inline)) for a in program.assignments]
    found = [_made(f, surrogate) for f in factors(program.assignments[-1].expr)]
    if any(isinstance(factor, Op) and factor.op in INFIX for factor in found):
        found = [Ref(name) for name in SLOPES]
    else:
        assigns.pop()
    chain = [_made(Ref(name), surrogate) for name in ("p", "q")] if from_logits else []
    scalars = {*program.parameters, *(a.name for a in assigns if a.shape == "scalar")}
    last = [f for f in found if isinstance(f, Num) or (isinstance(f, Ref) and f.name in scalars)]
    early = [_written(f, inline) for f in found if f not in last]
    product = [*early, *chain, *last]
    used = _needed(assigns, product)
    kept = [a for a in assigns if a.name in used]
    return [
        *_lines((a for a in kept if a.shape == "scalar"), _OF_FLOATS),
        *([_P_AND_Q] if from_logits and used & {"p", "q"} else []),
        *_lines((a for a in kept if a.shape == "sample"), _OF_TENSORS),
        "return grad" + "".join(f".mul_({_OF_TENSORS.expr(factor)})" for factor in product),
    ]


def _made(expr: Expr, surrogate: CompiledSurrogate) -> Expr:
    """Return `pred` or `rest` where a factor of the slope equals it, else the factor."""
    soft = {name: _whole(Ref(name), surrogate.forward) for name in VALUES}
    whole = _whole(expr, surrogate.backward)
    if whole == soft["soft"]:
        return Ref("pred")
    return Ref("rest") if whole == soft["rest"] else expr


def _whole(expr: Expr, program: Program) -> Expr:
    """Return an expression with what the program's names stand for in their place."""
    if isinstance(expr, Ref):
        found = [a.expr for a in program.assignments if a.name == expr.name]
        return _whole(found[0], program) if found else expr
    if isinstance(expr, Op):
        return Op(expr.op, tuple(_whole(arg, program) for arg in expr.args))
    return expr


def _needed(assigns: list[Assign], results: list[Expr]) -> set[str]:
    """Return the names that results are made of, by way of other names too."""
    names = {e.name for result in results for e in walk(result) if isinstance(e, Ref)}
    for assign in reversed(assigns):
        if assign.name in names:
            names |= {e.name for e in walk(assign.expr) if isinstance(e, Ref)}
    return names


def _lines(assigns: Iterable[Assign], printer: Printer) -> list[str]:
    return [printer.assign(a) for a in break_lines(assigns, printer, _LINE)]


def _written(expr: Expr, inline: Mapping[str, Expr]) -> Expr:
    """Write an expression as torch has it: names by what they are, pi, a bound on one side."""
    match expr:
        case Ref(name):
            return inline.get(name, expr)
        case Num(value):
            return Op("pi", ()) if float(value) == math.pi else expr
        case Op("mul", (Num(value), factor)) if math.isclose(value * math.pi, 1, rel_tol=1e-15):
            return Op("div", (_written(factor, inline), Op("pi", ())))
        case Op("min" | "max" as op, (x, Num() as bound)):
            side = {"min": "at_most", "max": "at_least"}[op]
            return Op(side, (_written(x, inline), bound))
    return Op(expr.op, tuple(_written(arg, inline) for arg in expr.args))

"""The soft decision of an element, and its derivative."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ....ir.program import Op, Ref, walk
from ....passes.surrogate import SLOPES, VALUES
from ..factors import pulled
from .printers import OF_DOUBLES, OF_ELEMENTS, declarations, literal

if TYPE_CHECKING:
    from ....ir.program import Assign, Expr, Program
    from ....ir.surrogate import CompiledSurrogate
    from ..plan import Holes, Plan


def decision_holes(plan: Plan) -> Holes:
    """Return what templates/c/decision.c leaves open, and how other functions pass its numbers."""
    numbers = plan.surrogate_options
    scalars = _scalars(plan.surrogate)
    members = [*numbers, *(a.name for a in scalars)] or ["unused"]
    return {
        "MEMBERS": ", ".join(members),
        "SCALARS": declarations(scalars, OF_DOUBLES, {}),
        "DECISION_ARGUMENTS": ", ".join(f"double {name}" for name in numbers) or "void",
        "DECIDED": ", ".join(f"R({name})" for name in members) if members != ["unused"] else "0",
        "NUMBERS": "".join(f", double {name}" for name in numbers),
        "NAMES": ", ".join(numbers),
        "PASSED": "".join(f", {name}" for name in numbers),
        **_loops(plan),
    }


def is_given(plan: Plan) -> bool:
    """Tell whether the shares of classes that exclude each other are the input itself."""
    return not plan.options.from_logits and plan.options.surrogate == "identity"


def _scalars(surrogate: CompiledSurrogate | None) -> list[Assign]:
    """Return the assignments that no element has a part in, each once."""
    programs = () if surrogate is None else (surrogate.forward, surrogate.backward)
    found = (a for program in programs for a in program.assignments if a.shape == "scalar")
    return list({a.name: a for a in found if a.name not in SLOPES}.values())


def _loops(plan: Plan) -> Holes:
    surrogate = plan.surrogate
    if surrogate is None:  # the shares of classes, where softmax is not what makes them
        return _bodies("*pred = input;\n*rest = 1 - input;", "return grad;")
    names = {name: f"by.{name}" for name in plan.surrogate_options}
    names |= {a.name: f"by.{a.name}" for a in _scalars(surrogate)}
    is_logit = plan.options.from_logits
    forward = [a for a in surrogate.forward.assignments if a.shape == "sample"]
    values = {a.name: literal(a.expr, names) for a in forward if a.name in VALUES}
    soft = [
        *_inputs(surrogate.forward, is_logit=is_logit),
        declarations([a for a in forward if a.name not in VALUES], OF_ELEMENTS, names),
        *_results(values["soft"], values["rest"]),
    ]
    return _bodies(
        "\n".join(line for line in soft if line), _slope(surrogate, names, is_logit=is_logit)
    )


def _results(soft: Expr, rest: Expr) -> list[str]:
    """Return what sets pred and rest; both sigmoids of a number share their exponential."""
    match soft:
        case Op("sigmoid", (x,)) if rest == Op("sigmoid", (Op("neg", (x,)),)):
            return [f"vsigmoids({OF_ELEMENTS.expr(x)}, pred, rest);"]
    return [f"*pred = {OF_ELEMENTS.expr(soft)};", f"*rest = {OF_ELEMENTS.expr(rest)};"]


def _bodies(soft: str, slope: str) -> Holes:
    """Return the bodies of soft and soft_backward, which name what they do not read."""
    found = {}
    for hole, body in (("SOFT", soft), ("SLOPE", slope)):
        unused = [
            f"(void){name};" for name in ("input", "by") if not re.search(rf"\b{name}\b", body)
        ]
        found[hole] = "\n".join([*unused, body])
    return found


def _inputs(program: Program, *, is_logit: bool) -> list[str]:
    """Return the declarations of the probability p and of q = 1 - p, as far as they are read."""
    read = {e.name for a in program.assignments for e in walk(a.expr) if isinstance(e, Ref)}
    how = (
        {"p": "vsigmoid(input)", "q": "vsigmoid(-input)"}
        if is_logit
        else {"p": "input", "q": "1 - input"}
    )
    return [f"const REAL {name} = {code};" for name, code in how.items() if name in read]


def _slope(surrogate: CompiledSurrogate, names: dict[str, str], *, is_logit: bool) -> str:
    """Return the body of soft_backward."""
    assigns, product = pulled(surrogate.backward, names, from_logits=is_logit)
    lines = [
        *_inputs(surrogate.backward, is_logit=is_logit),
        declarations([replace(a, shape="sample") for a in assigns], OF_ELEMENTS, names),
        f"return {OF_ELEMENTS.expr(literal(product, names))};",
    ]
    return "\n".join(line for line in lines if line)

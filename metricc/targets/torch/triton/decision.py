"""The soft decision of an element, and its derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....ir.program import Ref, walk
from ....passes.surrogate import SLOPES, VALUES
from ....surrogate import compile_surrogate
from ..factors import pulled
from .printers import expression, lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ....ir.program import Assign, Program
    from ....ir.surrogate import CompiledSurrogate
    from ..plan import Holes, Plan

_NAMES = {"soft": "pred", "slope": "slope"}


def decision_holes(plan: Plan) -> Holes:
    """Return what decide, soft and soft_backward leave open, and how kernels call them."""
    if is_joint(plan):
        return _softmax_holes(plan)
    # Shares of classes that are the input itself are decided as one probability is.
    surrogate = plan.surrogate or compile_surrogate("identity")
    return _elementwise_holes(surrogate, from_logits=plan.options.from_logits)


def is_joint(plan: Plan) -> bool:
    """Tell whether the decision on a class reads the others."""
    options = plan.options
    return options.is_softmax and (options.from_logits or options.surrogate == "softmax")


def _softmax_holes(plan: Plan) -> Holes:
    options = plan.options
    is_sharp = options.surrogate == "softmax"
    logits = "input" if options.from_logits else "tl.log(_maximum(input, 1e-38))"
    chain = " * sharpness" if is_sharp else ""
    chain += "" if options.from_logits else " / _maximum(input, 1e-38)"
    numbers = ["sharpness"] * is_sharp
    arguments = ", ".join(("input", "label", "is_class", *numbers))
    return {
        **_number_holes(numbers, [], numbers),
        "SOFT_ARGUMENTS": arguments,
        "SOFT_CALL": arguments,
        "LOGITS": f"sharpness * {logits}" if is_sharp else logits,
        "FOR": "" if options.from_logits else " before the division",
        "CHAIN": chain,
    }


def _elementwise_holes(surrogate: CompiledSurrogate, *, from_logits: bool) -> Holes:
    parameters, scalars = surrogate.parameters, _scalars(surrogate)
    read = _read(surrogate)
    numbers = [n for n in (*parameters, *(a.name for a in scalars)) if n in read]
    arguments = ", ".join(("input", *numbers))
    return {
        **_number_holes(parameters, scalars, numbers),
        "SOFT_ARGUMENTS": arguments,
        "SOFT_CALL": arguments,
        "SOFT": "\n".join(_soft(surrogate.forward, from_logits=from_logits)),
        "SLOPE": "\n".join(_slope(surrogate.backward, numbers, from_logits=from_logits)),
    }


def _number_holes(parameters: Sequence[str], scalars: list[Assign], numbers: list[str]) -> Holes:
    """Return how `numbers` of the decision are made from `parameters`, and how these are passed."""
    decided = ", ".join(numbers)
    doubles = [f"{name} = tl.full((), {name}, tl.float64)" for name in parameters]
    narrow = [f"{name} = {name}.to(DTYPE)" for name in numbers]
    return {
        "DECISION_NUMBERS": ", ".join(parameters),
        "DECISION": "\n".join([*doubles, *lines(scalars, {}), *narrow]),
        "DECIDED": decided,
        "DECIDE": f"{decided} = decide({', '.join(parameters)}, DTYPE)" if numbers else "",
        "DOUBLES_OF_DECISION": "\n".join(f"{name}: tl.float64," for name in parameters),
        "LAUNCH_DECISION": "\n".join(f"{name}," for name in parameters),
    }


def _scalars(surrogate: CompiledSurrogate) -> list[Assign]:
    """Return the assignments that no element has a part in, each once."""
    programs = surrogate.forward, surrogate.backward
    found = (a for program in programs for a in program.assignments if a.shape == "scalar")
    return list({a.name: a for a in found if a.name not in SLOPES}.values())


def _read(surrogate: CompiledSurrogate) -> set[str]:
    """Return the names that are read where elements are, by soft or by soft_backward."""
    programs = surrogate.forward, surrogate.backward
    found = (a for program in programs for a in program.assignments)
    of_elements = (a for a in found if a.shape == "sample" or a.name in SLOPES)
    return {e.name for a in of_elements for e in walk(a.expr) if isinstance(e, Ref)}


def _inputs(assigns: list[Assign], *, from_logits: bool) -> list[str]:
    """Return the lines that make the probability p, and q = 1 - p, as far as they are read."""
    read = {e.name for a in assigns for e in walk(a.expr) if isinstance(e, Ref)}
    how = {"p": "input", "q": "1 - input"}
    if from_logits:
        how = {"p": "_sigmoid(input)", "q": "_sigmoid(-input)"}
    return [f"{name} = {code}" for name, code in how.items() if name in read]


def _soft(program: Program, *, from_logits: bool) -> list[str]:
    assigns = [a for a in program.assignments if a.shape == "sample" or a.name in VALUES]
    return [*_inputs(assigns, from_logits=from_logits), *lines(assigns, _NAMES)]


def _slope(program: Program, numbers: list[str], *, from_logits: bool) -> list[str]:
    """Return the body of soft_backward."""
    assigns, product = pulled(program, numbers, from_logits=from_logits)
    return [
        *_inputs(assigns, from_logits=from_logits),
        *lines(assigns, _NAMES),
        f"return {expression(product, _NAMES)}",
    ]

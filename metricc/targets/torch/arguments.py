"""Argument lists: each function of the file takes what it uses, in the constructor's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ir.program import EXTRAS
from ..printer import number
from ..target import wrap_call
from .attributes import MEANING
from .layout import first_batches

if TYPE_CHECKING:
    from ...ir.program import Program
    from .plan import Holes, Plan

_DEPTH = 8  # of a method's body
BATCH = ("input", "target", "sample_weight")


def argument_holes(plan: Plan) -> Holes:
    """Return the argument lists, and what the constructor makes of its own."""
    numbers, surrogate = plan.numbers, plan.surrogate_options
    parameters = ["*parameters"] if plan.own else []
    plain = [name for name in numbers if name not in plan.own]
    after = plain[len(surrogate) :]
    saved = "[:3]" if len(plan.tensors) > len(BATCH) else ""
    extras = [*_extras(plan.program, ""), *_policy(plan, "")]
    return {
        "SURROGATE_OPTIONS": "".join(f", {name}" for name in surrogate),
        "PULL_OPTIONS": f", *ctx.options[:{len(surrogate)}]" if surrogate else "",
        "SAVED": saved,
        "COUNT_ARGUMENTS": ", ".join((*BATCH, *surrogate)),
        "LOSS_ARGUMENTS": "".join(f", {name}" for name in (*after, *parameters)),
        "PULL_ARGUMENTS": ", ".join(
            ("scale", "grad_pos", "grad_neg", *plan.log_slopes, *BATCH, *surrogate)
        ),
        "CALL_ARGUMENTS": ", ".join((*plan.tensors, *plain, *parameters)),
        "PROGRAM_ARGUMENTS": arguments_of(plan, plan.program),
        "PROGRAM_CALL": ", ".join(("*entries", *extras, *parameters)),
        "DATA": ", ".join(plan.tensors),
        "NONES": ", ".join(["None"] * len(plan.tensors)),
        **_constructor_holes(plan),
    }


def arguments_of(plan: Plan, program: Program) -> str:
    """Return the arguments of a function that holds one of the programs: all get all entries."""
    extras = (name for name in program.inputs if name in EXTRAS)
    return ", ".join((*plan.entries, *extras, *plan.policy, *program.parameters))


def count_call(plan: Plan, owner: str = "", function: str = "soft_counts") -> str:
    """Return a call of soft_counts, or of a function with its arguments."""
    return f"{function}({', '.join((*BATCH, *(f'{owner}{n}' for n in plan.surrogate_options)))})"


def call_with_attributes(plan: Plan, function: str, program: Program) -> str:
    """Return a call of a function that holds `program`, in a method of the module."""
    names = zip(plan.own, plan.program.parameters, strict=True)
    own = [name for name, parameter in names if parameter in program.parameters]
    given = ["*entries", *_extras(program, "self.")]
    given += _policy(plan, "self.")
    return f"{function}({', '.join((*given, *(f'self.{name}' for name in own)))})"


def _policy(plan: Plan, owner: str) -> list[str]:
    """Return what is passed for the policy: a number next to tensors takes their dtype."""
    form = "entries[0].new_full((), {})" if plan.options.is_grouped else "{}"
    return [form.format(f"{owner}{name}") for name in plan.policy]


def _extras(program: Program, owner: str) -> list[str]:
    """Return what a program reads beside entries: how many classes, and their weights."""
    known = {
        "classes": "entries[0].shape[-1]",
        "weight": f"{owner}weight.to(entries[0])",
    }
    return [known[name] for name in program.inputs if name in known]


def _constructor_holes(plan: Plan) -> Holes:
    options, numbers = plan.options, plan.numbers
    defaults = {name: _literal(value) for name, value in numbers.items()}
    own = [*plan.own][: -1 if options.exponent != 1 else None]  # the last one is the option
    bounds = {name: bound for name, bound in _BOUNDS.items() if name not in own}
    body = [wrap_call(f"self.{name} = {_converted(name, bounds)}", _DEPTH) for name in defaults]
    for name in plan.structural:
        value = getattr(options, name, None)
        defaults[name] = "None" if value is None else _literal(value)
        body += _assignment(name)
    body += first_batches(plan)
    if plan.options.momentum > 0:
        body += [f'self.register_buffer("{name}", torch.zeros(()))' for name in ("running", "seen")]
    parts = [f'"{part}",' for part in _choices(plan)]
    shown = [name for name in defaults if name not in ("process_group", "weight")]
    parts += [f'f"{name}={{self.{name}}}",' for name in shown]
    parts += ['f"weight={self.weight.tolist()}",'] if options.weight is not None else []
    return {
        "INIT_ARGUMENTS": ", ".join(("self", "*", *(f"{n}={v}" for n, v in defaults.items()))),
        "INIT_BODY": "\n".join(body),
        "OPTIONS": "\n".join(f"self.{name}," for name in numbers),
        "OPTION_DOCS": "\n".join(f"{n}: {MEANING.get(n, 'of the metric')}" for n in defaults),
        "OPTION_PARTS": "\n".join(parts),
    }


def _choices(plan: Plan) -> list[str]:
    """Return the options that made the text what it is, where they are not the usual ones."""
    options, shown = plan.options, []
    for name in ("task", "average", "surrogate", "mix_weights", "sync"):
        value = getattr(options, name)
        is_usual = name in options.inferred and not (name == "task" and value != "binary")
        if value not in (None, False) and not is_usual:
            shown.append(f"{name}={value}")
    switches = ("rescaled", "per_sample", "log")
    shown += [f"{name}=True" for name in switches if getattr(options, name)]
    return shown if options.from_logits else [*shown, "from_logits=False"]


def _assignment(name: str) -> list[str]:
    if name == "weight":
        return [
            'weight = [as_number("weight", x, least=0) for x in weight]',
            'self.register_buffer("weight", torch.tensor(weight, dtype=torch.float32))',
        ]
    if name == "momentum":
        return ['self.momentum = as_number("momentum", momentum, least=0, below=1)']
    return [f"self.{name} = {'tuple(classes)' if name == 'classes' else name}"]


_BOUNDS = {
    "sharpness": ", above=0",
    "threshold": ", above=0, below=1",
    "smooth": ", least=0",
    "mix": ", least=0",
    "exponent": ", above=0",
}


def _converted(name: str, bounds: dict[str, str]) -> str:
    if name == "classes":
        return "tuple(classes)"
    return f'as_number("{name}", {name}{bounds.get(name, "")})'


def _literal(value: float | tuple[float, ...]) -> str:
    if not isinstance(value, tuple):
        return number(value)
    items = ", ".join(number(item) for item in value)
    return f"({items},)" if len(value) == 1 else f"({items})"

"""Argument lists: each function of the file takes what it uses, in the constructor's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ir.program import EXTRAS
from ...passes.naming import free
from ..printer import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...ir.program import Program
    from .plan import Holes, Plan

BATCH = ("input", "target", "sample_weight")
_MODULE_ATTRIBUTES = """
T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
get_submodule half ipu load_state_dict modules mtia named_buffers named_children
named_modules named_parameters parameters register_backward_hook register_buffer
register_forward_hook register_forward_pre_hook register_full_backward_hook
register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter
register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
set_submodule share_memory state_dict super to to_empty train training type xpu zero_grad
"""
MODULE_ATTRIBUTES = frozenset(_MODULE_ATTRIBUTES.split())
"""Of torch.nn.Module: what its constructor's arguments must not be called."""

_OWN_ATTRIBUTES = frozenset({"average", "counts", "metric", "running", "seen", "tuple"})
_MEANING = {
    "sharpness": "of the soft decision, whose slope at the threshold is sharpness / 4",
    "threshold": "probability above which the decision is positive",
    "classes": "indices of the classes that count",
    "weight": "a number per class that counts, for their average",
    "class_dim": "dimension of input that holds the classes",
    "ignore_index": "target of what does not count",
    "mix": "weight of the cross entropy that is added",
    "exponent": "power that is taken of what the metric lacks",
    "momentum": "share that the running average of the entries keeps at each batch",
    "smooth": "pseudo-count added to each entry",
    "zero_division": "value of 0/0",
    "process_group": "ranks whose entries are summed; None for all",
}


def attributes(parameters: tuple[str, ...], options: Iterable[str]) -> tuple[str, ...]:
    """Return the attribute of the module for each parameter; `half` is a method, so `half_`.

    `options` are the other arguments of its constructor.
    """
    reserved = MODULE_ATTRIBUTES | _OWN_ATTRIBUTES | {*options}
    taken = {*reserved, *_MEANING, *parameters}
    return tuple(
        name if name not in reserved and name[0] != "_" else free(name + "_", taken)
        for name in parameters
    )


def argument_holes(plan: Plan) -> Holes:
    """Return the argument lists, and what the constructor makes of its own."""
    numbers, surrogate = plan.numbers, plan.surrogate_options
    parameters = ["*parameters"] if plan.own else []
    plain = [name for name in numbers if name not in plan.own]
    saved = "[:3]" if len(plan.tensors) > len(BATCH) else ""
    slopes = ["log_slope"] if plan.has_log_loss else []
    extras = [*_extras(plan.program, ""), *_policy(plan, "")]
    return {
        "SURROGATE_OPTIONS": "".join(f", {name}" for name in surrogate),
        "PULL_OPTIONS": f", *ctx.options[:{len(surrogate)}]" if surrogate else "",
        "SAVED": saved,
        "COUNT_ARGUMENTS": ", ".join((*BATCH, *surrogate)),
        "PULL_ARGUMENTS": ", ".join(("scale", "grad_pos", "grad_neg", *slopes, *BATCH, *surrogate)),
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


def count_call(plan: Plan, owner: str = "") -> str:
    """Return a call of soft_counts."""
    return f"soft_counts({', '.join((*BATCH, *(f'{owner}{n}' for n in plan.surrogate_options)))})"


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
    body = [f"self.{name} = {_converted(name)}" for name in defaults]
    for name in structural(plan):
        value = getattr(options, name, None)
        defaults[name] = "None" if value is None else _literal(value)
        body += _assignment(name)
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
        "OPTION_DOCS": "\n".join(f"{n}: {_MEANING.get(n, 'of the metric')}" for n in defaults),
        "OPTION_PARTS": "\n".join(parts),
    }


def structural(plan: Plan) -> list[str]:
    """Return the constructor's arguments that the autograd function does not see as numbers."""
    options = plan.options
    wanted = {
        "classes": options.classes is not None and not plan.selects,
        "weight": options.weight is not None,
        "class_dim": options.has_classes,
        "ignore_index": options.ignore_index is not None,
        "momentum": options.momentum > 0,
        "process_group": bool(options.sync),
    }
    return [name for name, is_wanted in wanted.items() if is_wanted]


def _choices(plan: Plan) -> list[str]:
    """Return the options that made the text what it is, where they are not the usual ones."""
    options, shown = plan.options, []
    for name in ("task", "average", "surrogate", "sync"):
        value = getattr(options, name)
        is_usual = name in options.inferred and not (name == "task" and value != "binary")
        if value not in (None, False) and not is_usual:
            shown.append(f"{name}={value}")
    switches = ("rescaled", "per_sample", "log")
    shown += [f"{name}=True" for name in switches if getattr(options, name)]
    return shown if options.from_logits else [*shown, "from_logits=False"]


def _assignment(name: str) -> list[str]:
    if name == "weight":
        return ['self.register_buffer("weight", torch.tensor(weight, dtype=torch.float32))']
    return [f"self.{name} = {'tuple(classes)' if name == 'classes' else name}"]


def _converted(name: str) -> str:
    return "tuple(classes)" if name == "classes" else f"float({name})"


def _literal(value: float | tuple[float, ...]) -> str:
    if not isinstance(value, tuple):
        return number(value)
    items = ", ".join(number(item) for item in value)
    return f"({items},)" if len(value) == 1 else f"({items})"

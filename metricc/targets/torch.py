"""The torch target: a self-contained module with an `autograd.Function` and an `nn.Module`."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from functools import cache
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..passes.naming import free
from ..surrogate import compile_surrogate
from .header import mathematics, provenance, quoted
from .printer import Printer, break_lines, number
from .target import Artifact, fill, read_template
from .torch_surrogate import surrogate_code

if TYPE_CHECKING:
    from ..ir.compilation import Compilation
    from ..ir.program import Assign, Program
    from .options import Direction, LossOptions

_CALLS = {
    "quotient": "quotient({0}, {1}, zero_division)",
    "min": "minimum({0}, {1})",
    "max": "maximum({0}, {1})",
}
_PRINTER = Printer(_CALLS)
_LINE = 84  # what is left of a line inside a function
_DATA = ("input", "target", "sample_weight")
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

_MEANING = {
    "sharpness": "of the soft decision, whose slope at the threshold is sharpness / 4",
    "threshold": "probability above which the decision is positive",
    "smooth": "pseudo-count added to each entry",
    "zero_division": "value of 0/0",
}


def emit(compilation: Compilation, options: LossOptions, name: str = "") -> Artifact:
    """Return the module's text; `name` overrides the metric's own.

    Raises:
        MetricError: the metric has no direction or no gradient, or its name is no identifier.
    """
    title = class_name(name or compilation.typed.name)
    direction = _direction(compilation, options)
    holes = {
        "NAME": title,
        **_program_holes(compilation.program),
        **_argument_holes(compilation, options),
        **_loss_holes(compilation, options, direction),
    }
    surrogate = compile_surrogate(options.surrogate, rescaled=options.rescaled)
    soft_decisions = surrogate_code(surrogate, from_logits=options.from_logits)
    parts = [
        fill(read_template("torch/batch.py"), holes),
        soft_decisions,
        *_functions(compilation.program, soft_decisions),
        fill(read_template("torch/linearize.py"), holes),
        fill(read_template("torch/function.py"), holes),
        fill(read_template("torch/module.py"), holes),
        read_template("torch/check.py"),
    ]
    code = "\n\n\n".join(part.strip("\n") for part in parts)
    imports = "import math\n\nimport torch" if re.search(r"\bmath\.", code) else "import torch"
    verb = {"max": "raises", "min": "lowers"}[direction]
    docstring = mathematics(compilation, f"{title} as a loss: training {verb} M, the metric.")
    head = f"{provenance(compilation, options, name)}\n{docstring}\n\n{imports}"
    summary = f"{title}Loss gives {holes['LOSS_FORMULA']}; training {verb} the metric M"
    return Artifact(title, f"{head}\n\n\n{code}\n", summary)


def class_name(name: str) -> str:
    """balanced_accuracy → BalancedAccuracy."""
    joined = "".join(part[:1].upper() + part[1:] for part in (name or "metric").split("_"))
    if not joined.isidentifier() or not joined.isascii():
        raise d.MetricError(d.WrongValue(None, "name", repr(name), "letters, digits and _ only"))
    if keyword.iskeyword(joined) or hasattr(builtins, joined):
        raise d.MetricError(d.WrongValue(None, "name", repr(name), "one that Python does not have"))
    return joined


def _direction(compilation: Compilation, options: LossOptions) -> Direction:
    behaviour, span = compilation.behaviour, compilation.typed.span
    if behaviour.is_constant:
        raise d.MetricError(d.NoGradient(span))
    direction = options.direction or behaviour.direction
    if direction is None:
        raise d.MetricError(d.NoDirection(span))
    return direction


def _program_holes(program: Program) -> dict[str, str]:
    return {
        "ENTRIES": ", ".join(program.inputs),
        "COUNTS": _counts(program.inputs),
        "VALUE": _section(program.value),
        "SLOPES": _section(program.slopes),
    }


def _counts(entries: tuple[str, ...]) -> str:
    """Each entry as a sum of non-negative terms, with the fewest operations."""
    lines = []
    for positive, negative, soft in (("tp", "fp", "pred"), ("fn", "tn", "rest")):
        if positive in entries or negative in entries:
            lines.append(f"{positive} = target * {soft}")
        if negative in entries:
            lines.append(f"{negative} = {soft} - {positive}")
    sums = ", ".join(f"{entry}.sum()" for entry in entries)
    return "\n".join([*lines, f"return torch.stack([{sums}])"])


def _section(assigns: tuple[Assign, ...]) -> str:
    return "\n".join(_PRINTER.assign(a) for a in break_lines(assigns, _PRINTER, _LINE))


def _argument_holes(compilation: Compilation, options: LossOptions) -> dict[str, str]:
    """Return argument lists: each function takes what it uses, in the constructor's order."""
    program, defaults = compilation.program, _defaults(compilation, options)
    surrogate = [n for n in ("sharpness", "threshold") if n in defaults]
    policy = [n for n in ("zero_division",) if n in defaults]
    attributes = _attributes(program.parameters)
    counts = ", ".join((*_DATA, *surrogate))
    return {
        "SURROGATE_OPTIONS": "".join(f", {n}" for n in surrogate),
        "PULL_OPTIONS": f", *ctx.options[:{len(surrogate)}]" if surrogate else "",
        "COUNT_ARGUMENTS": counts,
        "SMOOTH": "entries = [smooth + entry for entry in entries]",
        "PROGRAM_ARGUMENTS": ", ".join((*program.inputs, *policy, *program.parameters)),
        "PROGRAM_CALL": ", ".join(("*entries", *policy, *(["*parameters"] if attributes else []))),
        "PULL_ARGUMENTS": ", ".join(("scale", "grad_pos", "grad_neg", *_DATA, *surrogate)),
        "CALL_ARGUMENTS": ", ".join(
            (
                *_DATA,
                *(n for n in defaults if n not in attributes),
                *(["*parameters"] if attributes else []),
            )
        ),
        "INIT_ARGUMENTS": ", ".join(
            ("self", "*", *(f"{n}={number(v)}" for n, v in defaults.items()))
        ),
        "INIT_BODY": "\n".join(f"self.{n} = float({n})" for n in defaults),
        "OPTIONS": "\n".join(f"self.{n}," for n in defaults),
        "OPTION_DOCS": "\n".join(f"{n}: {_MEANING.get(n, 'of the metric')}" for n in defaults),
        "OPTION_PARTS": "\n".join(f'f"{n}={{self.{n}}}",' for n in defaults),
    }


def _defaults(compilation: Compilation, options: LossOptions) -> dict[str, float]:
    """Return the constructor's arguments: the numeric options that matter, then parameters."""
    typed, program = compilation.typed, compilation.program
    attributes = _attributes(program.parameters)
    own = zip(attributes, (float(p.default) for p in typed.parameters), strict=True)
    numbers: dict[str, float] = {}
    for name in compile_surrogate(options.surrogate, rescaled=options.rescaled).parameters:
        numbers[name] = getattr(options, name)
    numbers["smooth"] = options.smooth
    if "quotient" in program.functions():
        numbers["zero_division"] = options.zero_division
    return {**numbers, **dict(own)}


def _attributes(parameters: tuple[str, ...]) -> tuple[str, ...]:
    """Return the attribute of the module for each parameter; `half` is a method, so `half_`."""
    taken = {*MODULE_ATTRIBUTES, *_MEANING, *parameters}
    return tuple(
        name if name not in MODULE_ATTRIBUTES and name[0] != "_" else free(name + "_", taken)
        for name in parameters
    )


def _loss_holes(
    compilation: Compilation, options: LossOptions, direction: Direction
) -> dict[str, str]:
    """A metric to be maximised gives 1 - M where 1 bounds it, else -M; one to be minimised M."""
    rises = direction == "max"
    offset = "1 - " if compilation.behaviour.is_at_most_one else "-"
    return {
        "LOSS": f"{offset}value" if rises else "value",
        "LOSS_FORMULA": f"{offset}M" if rises else "M",
        "SIGN": "-" if rises else "",
        "INPUTS": "logits" if options.from_logits else "probabilities",
        "FORMULA": quoted(compilation.typed.text),
    }


def _functions(program: Program, code: str) -> list[str]:
    """Return the template's functions that program, code, and these functions call."""
    known = _templates()
    wanted = {{"min": "minimum", "max": "maximum"}.get(f, f) for f in program.functions()}
    wanted |= _calls(ast.parse(code))
    for name in sorted(wanted & known.keys()):
        wanted |= known[name][1]
    return [text for name, (text, _) in known.items() if name in wanted]


@cache
def _templates() -> dict[str, tuple[str, set[str]]]:
    """Return the text of each function of the template, and what it calls."""
    text = read_template("torch/functions.py")
    found = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return {f.name: (ast.get_source_segment(text, f) or "", _calls(f)) for f in found}


def _calls(code: ast.AST) -> set[str]:
    """Return the names that are called like functions."""
    calls = (node.func for node in ast.walk(code) if isinstance(node, ast.Call))
    return {called.id for called in calls if isinstance(called, ast.Name)}

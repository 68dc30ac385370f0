"""The torch target: a self-contained module with an `autograd.Function` and an `nn.Module`."""

from __future__ import annotations

import ast
import keyword
import re
import shlex
import textwrap
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from .. import __version__
from .. import diagnostics as d
from ..diagnostics import MetricError
from .options import LossOptions
from .printer import Printer, break_lines
from .target import Artifact, fill, read_template

if TYPE_CHECKING:
    from ..analysis import Behaviour
    from ..ir.program import Assign, Program
    from ..ir.typed import TypedMetric

_FUNCTIONS = {"min": "minimum", "max": "maximum", "abs": "abs"}
_CALLS = {
    "quotient": "quotient({0}, {1}, zero_division)",
    "min": "minimum({0}, {1})",
    "max": "maximum({0}, {1})",
}
_CODE = Printer(_CALLS)
_FORMULAS = Printer({"quotient": "({0}) / ({1})", "nonzero": "{0}"})
_LINE = 84  # what is left of a line inside a function


@dataclass(frozen=True)
class TorchRequest:
    """What to emit: the program, how the metric behaves, and the options asked for."""

    metric: TypedMetric
    program: Program
    behaviour: Behaviour
    options: LossOptions
    name: str
    command: str


def emit(request: TorchRequest) -> Artifact:
    """Return the module's text.

    Raises:
        MetricError: the metric has no direction or no gradient, or its name is no identifier.
    """
    name = class_name(request.name)
    direction = _direction(request)
    holes = _holes(request, name, direction)
    form = "logits" if request.options.from_logits else "probabilities"
    parts = [
        _helpers(request.program),
        fill(read_template(f"torch/soften_{request.options.surrogate}_{form}.py"), holes),
        fill(read_template("torch/batch.py"), holes),
        fill(read_template("torch/module.py"), holes),
    ]
    code = "\n\n".join(part for part in parts if part)
    imports = "import math\n\nimport torch" if re.search(r"\bmath\.", code) else "import torch"
    return Artifact(name, f"{_header(request, direction)}\n{imports}\n\n\n{code}")


def class_name(name: str) -> str:
    """balanced_accuracy → BalancedAccuracy."""
    if not name:
        return "Metric"
    joined = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    if not joined.isidentifier() or not joined.isascii() or keyword.iskeyword(joined):
        raise MetricError(d.WrongValue(None, "name", repr(name), "letters, digits and _ only"))
    return joined


def _direction(request: TorchRequest) -> str:
    span = request.metric.span
    if request.behaviour.is_constant:
        raise MetricError(d.NoGradient(span))
    direction = request.options.direction or request.behaviour.direction
    if direction is None:
        raise MetricError(d.NoDirection(span))
    return direction


def _holes(request: TorchRequest, name: str, direction: str) -> dict[str, str]:
    program, options = request.program, request.options
    parameters = program.parameters
    soften = ("sharpness", "threshold") if options.surrogate == "sigmoid" else ()
    smooth = () if "smooth" in (p.name for p in request.metric.parameters) else ("smooth",)
    policy = ("zero_division",) if "quotient" in program.functions() else ()
    numbers = {f.name: getattr(options, f.name) for f in fields(LossOptions)}
    defaults = {n: numbers[n] for n in (*soften, *smooth, *policy)}
    defaults |= {
        n: float(p.default) for n, p in zip(parameters, request.metric.parameters, strict=True)
    }
    if direction == "max":
        loss, shown = ("1 - value", "1 - M") if request.behaviour.is_at_most_one else ("-value", "-M")
    else:
        loss, shown = "value", "M"
    data = ("input", "target", "sample_weight")
    form = "logits" if options.from_logits else "probabilities"
    return {
        "NAME": name,
        "ENTRIES": ", ".join(program.inputs),
        "SOFTEN_INPUT": ", ".join(("widen(input)", *soften)),
        "SOFTEN_OPTIONS": f", *ctx.options[:{len(soften)}]" if soften else "",
        "COUNT_ARGUMENTS": ", ".join((*data, *soften, *smooth)),
        "COUNT_CALL": ", ".join((*data, *soften, *smooth)),
        "COUNTS": "\n".join(_count(entry, bool(smooth)) for entry in program.inputs),
        "PROGRAM_ARGUMENTS": ", ".join((*program.inputs, *policy, *parameters)),
        "PROGRAM_CALL": ", ".join(("*entries", *policy, *parameters)),
        "VALUE": _section(program.value),
        "SLOPES": _section(program.slopes),
        "PULL_ARGUMENTS": ", ".join(("grad_pos", "grad_neg", *data, *soften)),
        "CALL_ARGUMENTS": ", ".join((*data, *defaults)),
        "LOSS": loss,
        "LOSS_FORMULA": shown,
        "SIGN": "-" if direction == "max" else "",
        "INPUTS": form,
        "INIT_ARGUMENTS": ", ".join(("self", "*", *(f"{n}={v!r}" for n, v in defaults.items()))),
        "INIT_BODY": "\n".join(f"self.{n} = float({n})" for n in defaults),
        "APPLY_ARGUMENTS": ", ".join((*data, *(f"self.{n}" for n in defaults))),
        "FORMULA": _quoted(" ".join(request.metric.text.split())),
        "OPTION_PARTS": "\n".join(f'f"{n}={{self.{n}}}",' for n in defaults),
    }


def _count(entry: str, is_smooth: bool) -> str:
    """The sum of one entry: who it counts, times whether it is predicted."""
    who = "pos" if entry in ("tp", "fn") else "neg"
    which = "hit" if entry in ("tp", "fp") else "miss"
    return f"{entry} = {'smooth + ' if is_smooth else ''}({who} * {which}).sum()"


def _section(assigns: tuple[Assign, ...]) -> str:
    return "\n".join(_CODE.assign(a) for a in break_lines(assigns, _CODE, _LINE))


def _helpers(program: Program) -> str:
    """Return the functions that the program calls, as the template defines them."""
    wanted = {_FUNCTIONS.get(name, name) for name in program.functions()}
    text = read_template("torch/functions.py")
    found = [
        ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name in wanted
    ]
    return "\n\n\n".join(found) + "\n" if found else ""


def _header(request: TorchRequest, direction: str) -> str:
    """Return provenance as comments, and the mathematics as the module's docstring."""
    formula = " ".join(_printable(request.metric.text).split())
    lines = [f"made by metricc {__version__}; edit the formula, not this file"]
    lines += textwrap.wrap(f"formula: {formula}", 86, subsequent_indent="    ")
    lines += textwrap.wrap(f"command: {_printable(request.command)}", 86, subsequent_indent="    ")
    comments = "\n".join(f"# {line}" for line in lines)
    body = []
    for assign in break_lines((*request.program.value, *request.program.slopes), _FORMULAS, _LINE):
        if _FORMULAS.expr(assign.expr) != assign.name:
            body.append(f"    {_FORMULAS.assign(assign)}")
    better = {"max": "maximised", "min": "minimised"}[direction]
    doc = [
        f'"""{class_name(request.name)} as a loss, {better} through its soft entries.',
        "",
        "The value, and the slopes dM/da at a positive and at a negative:",
        "",
        *body,
        '"""',
    ]
    return comments + "\n" + "\n".join(doc) + "\n"


def _printable(text: str) -> str:
    """Return text that cannot end a comment or a line."""
    return "".join(c if c.isprintable() or c in " \n\t" else "�" for c in text)


def _quoted(text: str) -> str:
    """Return a literal with double quotes, as a formatter prefers them."""
    return '"' + _printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def command(formula: str, options: LossOptions, parameters: dict[str, float], name: str) -> str:
    """Return the command line that makes the file again."""
    words = ["metricc", "compile", " ".join(formula.split())]
    words += [word for n, v in parameters.items() for word in ("--param", f"{n}={v:g}")]
    default = LossOptions()
    for field in fields(LossOptions):
        value = getattr(options, field.name)
        flag = "--" + field.name.replace("_", "-")
        if value == getattr(default, field.name):
            continue
        words += ["--no-from-logits"] if field.name == "from_logits" else [flag, f"{value}"]
    words += ["--name", name] if name else []
    return shlex.join(words)

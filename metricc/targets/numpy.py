"""The numpy target: a scorer with scikit-learn's arguments, and the metric of arrays of counts."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..ir.program import Assign, Expr, Num, Op, Program, Ref, walk
from ..passes.naming import free
from .header import mathematics, provenance
from .options import LossOptions
from .printer import Printer, break_lines, number
from .target import Artifact, fill, read_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..ir.compilation import Compilation

_CALLS = {
    "quotient": "quotient({0}, {1}, zero_division)",
    "abs": "np.abs({0})",
    "atan": "np.arctan({0})",
    "bounded": "np.clip({0}, -1e60, 1e60)",
    "cbrt": "np.cbrt({0})",
    "clamp": "np.clip({0}, {1}, {2})",
    "cos": "np.cos({0})",
    "max": "np.maximum({0}, {1})",
    "min": "np.minimum({0}, {1})",
    "nonnegative": "np.maximum({0}, 0)",
    "sign": "np.sign({0})",
    "sin": "np.sin({0})",
    "step": "np.heaviside({0}, 0.5)",
    "tanh": "np.tanh({0})",
}
"""What numpy has, or needs an argument more; templates/numpy/functions.py has the rest."""

_PRINTER = Printer(_CALLS)
_TP_SUM = Op("sum_over", (Ref("tp"),))
_LINE = 84  # what is left of a line inside a function
_ENTRIES = ("tp", "fp", "fn", "tn")
_DATA = ("y_true", "y_pred")
_OF_VALUES = ("0/0", "x/0", "log 0")
"""Kinds of singularities of the value itself, not of its slope."""

_OPTIONS = ("zero_division",)
_MEANING = {
    "labels": "the classes, also those that do not occur; None means those that do",
    "pos_label": "the label that counts as positive",
    "sample_weight": "weights of 0 or more that broadcast to the labels",
    "zero_division": "value of 0/0; may be nan",
}
_RESERVED = {*_DATA, *_OPTIONS, *_ENTRIES, "np", "math", "value", "entries"}
_RESERVED |= {*keyword.kwlist, *dir(builtins)}


@dataclass(frozen=True)
class _Form:
    """What a file of two classes, or of several, is made of."""

    score: str
    checks: tuple[str, ...]
    arguments: Mapping[str, str]  # of the score, beside the data, with their defaults

    def functions(self) -> Iterable[str]:
        """Return the names of the functions that every such file has."""
        return (name for path in self.checks for name in _functions_of(read_template(path)))


_OF_TWO = _Form(
    "numpy/score.py",
    ("numpy/check.py", "numpy/counts.py"),
    {"pos_label": "1", "sample_weight": "None"},
)
_OF_SEVERAL = _Form(
    "numpy/score_classes.py",
    ("numpy/check_classes.py", "numpy/counts.py"),
    {"labels": "None", "sample_weight": "None"},
)


def emit(compilation: Compilation, options: LossOptions, name: str = "") -> Artifact:
    """Return the module's text; `name` overrides the metric's own.

    Raises:
        MetricError: an option of the loss is given, or the name cannot be that of a function.
    """
    _refuse_options_of_losses(options)
    form = _OF_SEVERAL if compilation.typed.is_joint else _OF_TWO
    taken = _RESERVED | {*form.arguments, *_known_functions(), *form.functions()}
    title = _function_name(name or compilation.typed.name or "metric", taken)
    program = _value_only(compilation.program, taken, is_joint=compilation.typed.is_joint)
    holes = {
        "NAME": title,
        "VALUE": _value_lines(program),
        **_argument_holes(compilation, options, program, form),
    }
    parts = [
        fill(read_template(form.score), holes),
        *map(read_template, form.checks),
        *_used_functions(program),
    ]
    code = "\n\n\n".join(part.strip("\n") for part in parts)
    head = "\n".join(
        (
            provenance(compilation, options, name, "numpy"),
            mathematics(_without_slopes(compilation, program), _first_line(title)),
        )
    )
    imports = "import math\n\nimport numpy as np" if "math." in code else "import numpy as np"
    summary = f"{title}(y_true, y_pred) gives the metric M, and {title}_from_counts that of counts"
    return Artifact(title, f"{head}\n\n{imports}\n\n\n{code}\n", summary)


def _refuse_options_of_losses(options: LossOptions) -> None:
    for field in fields(LossOptions):
        value = getattr(options, field.name)
        if field.name not in _OPTIONS and value != field.default:
            wanted = "no such option with this target: it scores hard decisions"
            raise d.MetricError(d.WrongValue(None, field.name, repr(value), wanted))


def _function_name(name: str, taken: set[str]) -> str:
    """BalancedAccuracy → balanced_accuracy, as functions are called."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if not snake.isidentifier() or not snake.isascii():
        raise d.MetricError(d.WrongValue(None, "name", repr(name), "letters, digits and _ only"))
    if snake in taken:
        raise d.MetricError(d.WrongValue(None, "name", repr(name), "one that is not in use"))
    return snake


def _first_line(title: str) -> str:
    return f"{title}: M of hard decisions, with scikit-learn's arguments; needs numpy alone."


def _value_only(program: Program, taken: set[str], *, is_joint: bool) -> Program:
    """Return what the value needs, in names that mean nothing else in the file."""
    names: dict[str, str] = {}
    for name in (*program.parameters, *(assign.name for assign in program.value)):
        known = {*taken, *names.values()}
        names[name] = free(f"{name}_", known) if name in taken - {"value"} else name
    lines: list[Assign] = []
    wanted = {"value"}
    for assign in reversed(program.value):
        if assign.name in wanted:
            wanted |= {e.name for e in walk(assign.expr) if isinstance(e, Ref)}
            renamed = _renamed(assign.expr, names)
            lines.insert(0, replace(assign, name=names[assign.name], expr=renamed))
    inputs = tuple(name for name in program.inputs if name in wanted)
    if not any(name in _ENTRIES for name in inputs):  # a constant, in the shape of the counts
        nothing = Op("mul", (Num(Fraction(0)), _TP_SUM if is_joint else Ref("tp")))
        lines[-1] = replace(lines[-1], expr=Op("add", (nothing, lines[-1].expr)))
    parameters = tuple(names[name] for name in program.parameters)
    return Program(inputs, parameters, tuple(lines), ())


def _value_lines(program: Program) -> str:
    """Return the body of the function of counts."""
    lines = [_PRINTER.assign(line) for line in break_lines(program.value, _PRINTER, _LINE)]
    return "\n".join(["classes = tp.shape[-1]"] * ("classes" in program.inputs) + lines)


def _renamed(expr: Expr, names: Mapping[str, str]) -> Expr:
    match expr:
        case Ref(name):
            return Ref(names.get(name, name))
        case Op(op, args):
            return Op(op, tuple(_renamed(arg, names) for arg in args))
    return expr


def _argument_holes(
    compilation: Compilation, options: LossOptions, program: Program, form: _Form
) -> dict[str, str]:
    """Return argument lists: those of the data, then the policy, then the metric's own."""
    policy = {"zero_division": options.zero_division} if "quotient" in program.functions() else {}
    own = (float(parameter.default) for parameter in compilation.typed.parameters)
    given = {**policy, **dict(zip(program.parameters, own, strict=True))}
    defaults = [f"{name}={number(value)}" for name, value in given.items()]
    of_data = [f"{name}={value}" for name, value in form.arguments.items()]
    meaning = {name: _MEANING[name] for name in (*form.arguments, *policy)}
    meaning |= dict.fromkeys(program.parameters, "of the metric")
    star = ["*"] if given else []
    return {
        "SCORE_ARGUMENTS": ", ".join((*_DATA, "*", *of_data, *defaults)),
        "SCORE_CALL": ", ".join(("*entries", *(f"{name}={name}" for name in given))),
        "COUNT_ARGUMENTS": ", ".join((*_ENTRIES, *star, *defaults)),
        "ARGUMENT_DOCS": "\n".join(map(": ".join, meaning.items())),
    }


def _without_slopes(compilation: Compilation, program: Program) -> Compilation:
    found = (s for s in compilation.singularities if s.kind in _OF_VALUES)
    return replace(compilation, program=program, singularities=tuple(found))


def _known_functions() -> dict[str, str]:
    return _functions_of(read_template("numpy/functions.py"))


def _functions_of(template: str) -> dict[str, str]:
    """Return the text of each function of a template, by name."""
    nodes = (node for node in ast.parse(template).body if isinstance(node, ast.FunctionDef))
    return {node.name: ast.get_source_segment(template, node) or "" for node in nodes}


def _used_functions(program: Program) -> Iterable[str]:
    used = program.functions()
    return (text for name, text in _known_functions().items() if name in used)

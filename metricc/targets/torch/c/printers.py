"""How C writes a program: in doubles for the metric, in REAL for the elements of a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ....ir.program import Num, Op, Ref
from ...printer import Printer, break_lines, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ....ir.program import Assign, Expr

_LINE = 88  # what is left of a line inside a function, with its type
_DOUBLES = {
    "abs": "fabs({0})",
    "asin": "arc_sine({0})",
    "bounded": "clamp({0}, -1e60, 1e60)",
    "cbrt": "cube_root({0})",
    "cos": "cosine({0})",
    "exp": "exponential({0})",
    "literal": "{0}",
    "log": "logarithm({0})",
    "log1p": "logarithm1p({0})",
    "max": "maximum({0}, {1})",
    "min": "minimum({0}, {1})",
    "quotient": "quotient({0}, {1}, zero_division)",
    "sin": "sine({0})",
    "sqrt": "root({0})",
}
_ELEMENTS = {
    "clamp": "vclamp({0}, {1}, {2})",
    "cos": "vcos({0})",
    "exp": "vexp({0})",
    "literal": "R({0})",
    "max": "vmax({0}, {1})",
    "min": "vmin({0}, {1})",
    "nonnegative": "vmax({0}, 0)",
    "normal_cdf": "vnormal_cdf({0})",
    "sigmoid": "vsigmoid({0})",
    "sigmoid_product": "vsigmoid_product({0})",
    "sin": "vsin({0})",
    "step": "vstep({0})",
}
OF_DOUBLES = Printer(_DOUBLES)
"""With the functions of templates/c/functions.c, and those of C itself."""
OF_ELEMENTS = Printer(_ELEMENTS)
"""With the functions of templates/c/elements.c."""


def declarations(
    assigns: Iterable[Assign],
    printer: Printer,
    names: Mapping[str, str],
    given: Iterable[str] = (),
) -> str:
    """d = 2 * tp → `double d = 2.0 * tp;`, with `names` for what C calls otherwise.

    What is `given`, or declared before, is assigned to.
    """
    kind = "REAL" if printer is OF_ELEMENTS else "double"
    lines, known = [], {*given}
    written = [
        replace(a, name=names.get(a.name, a.name), expr=literal(a.expr, names)) for a in assigns
    ]
    for assign in break_lines(written, printer, _LINE):
        text = printer.assign(assign)
        lines.append(f"{text};" if assign.name in known else f"{kind} {text};")
        known.add(assign.name)
    return "\n".join(lines)


def literal(expr: Expr, names: Mapping[str, str]) -> Expr:
    """Write numbers as doubles, as 1 / 2 would be 0 in C, and names as C has them."""
    match expr:
        case Ref(name):
            return Ref(names.get(name, name))
        case Num(value) if value < 0:
            return Op("neg", (literal(Num(-value), names),))
        case Num(value):
            return Op("literal", (Ref(number(float(value))),))
    return Op(expr.op, tuple(literal(arg, names) for arg in expr.args))

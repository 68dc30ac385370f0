"""The first lines of an emitted Python file: who made it, from what, and the mathematics."""

from __future__ import annotations

import re
import shlex
import textwrap
from dataclasses import fields
from typing import TYPE_CHECKING

from .. import __version__
from .formula import write_out
from .options import LossOptions
from .printer import Printer, break_lines, without_guards

if TYPE_CHECKING:
    from ..ir.compilation import Compilation

MADE_BY = "# made by metricc "
FORMULA = "# formula: "
OVER_ENTRIES = "# over the entries: "
COMMAND = "# command: "
_WIDTH = 88
_PRINTER = Printer()


def provenance(
    compilation: Compilation, options: LossOptions, name: str, target: str = "torch"
) -> str:
    """Return comments: version, the formula as typed and over the entries, the command."""
    typed = one_line(compilation.typed.text)
    entries = write_out(compilation.typed)
    lines = [f"{MADE_BY}{__version__}; edit the formula, not this file", f"{FORMULA}{typed}"]
    if entries is not None and _squeeze(entries) != _squeeze(typed):
        lines.append(f"{OVER_ENTRIES}{entries}")
    return "\n".join([*lines, f"{COMMAND}{command(compilation, options, name, target)}"])


def mathematics(compilation: Compilation, title: str) -> str:
    """Return a docstring with value and slopes, if any, in the letters of the code below it."""
    program = compilation.program
    shown = without_guards((*program.value, *program.slopes))
    lines = [f"    {_PRINTER.assign(a)}" for a in break_lines(shown, _PRINTER, _WIDTH - 4)]
    what = "Value of M, and slopes dM/da at a positive and at a negative, from soft entries:"
    if not program.slopes:
        what = "Value of M from the entries:"
    return "\n".join(['"""' + title, "", what, "", *lines, *_singular_places(compilation), '"""'])


def _singular_places(compilation: Compilation) -> list[str]:
    """Return a paragraph on where the metric, or its slope, is singular; nothing if nowhere."""
    lines: list[str] = []
    for found in compilation.singularities:
        where = found.words if found.equation is None else f"{found.words}, {found.equation}"
        lines += textwrap.wrap(
            f"{found.kind}: {where}",
            _WIDTH,
            initial_indent="    ",
            subsequent_indent="         ",
            break_on_hyphens=False,
        )
    return ["", "Singular places, where the functions below bound it:", "", *lines] if lines else []


def command(
    compilation: Compilation, options: LossOptions, name: str, target: str = "torch"
) -> str:
    """Return the command line that makes the file again."""
    source = compilation.source
    is_file = source.name.endswith(".metric")
    formula = one_line(source.name if is_file else source.text)
    words = ["metricc", "compile"]
    words += ["--target", target] if target != "torch" else []
    for parameter, value in compilation.given.items():
        words += ["--param", f"{parameter}={value!r}"]
    for field in fields(LossOptions):
        value = getattr(options, field.name)
        if value != field.default and field.name not in ("inferred", *options.inferred):
            words += _flag(field.name.replace("_", "-"), value)
    words += ["--name", name] if name else []
    return shlex.join(
        [*words, "--", formula] if formula.startswith("-") else [*words[:2], formula, *words[2:]]
    )


def _flag(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, tuple):
        return [f"--{name}", ",".join(map(str, value))]
    return [f"--{name}", str(value)]


def one_line(text: str) -> str:
    """Return a formula without comments and line ends, and nothing in it that a line hides."""
    bare = re.sub(r"#[^\r\n]*", "", text)
    shown = "".join(
        c if c.isprintable() or c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in bare
    )
    return " ".join(shown.split())


def quoted(text: str) -> str:
    """Return a string literal with double quotes, as formatters prefer them."""
    return '"' + one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _squeeze(formula: str) -> str:
    return "".join(formula.split())

"""What every target has in common: an artifact, and templates with a checked set of holes."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from ..diagnostics import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..diagnostics import Diagnostic

WIDTH = 88
_HOLE = re.compile(r"__([A-Z_]+?)__")


@dataclass(frozen=True)
class Artifact:
    """An emitted file: its text, the name of what it defines, and a line about it.

    `warnings` are of the options that it was emitted with.
    """

    name: str
    text: str
    summary: str
    warnings: tuple[Diagnostic, ...] = ()


def read_template(path: str) -> str:
    """Return the text of a file below `templates/`."""
    file = resources.files(__package__).joinpath("templates", path)
    return file.read_text(encoding="utf-8")


def fill(
    template: str, holes: Mapping[str, str], break_line: Callable[[str], list[str]] | None = None
) -> str:
    """Fill `__HOLE__`s; a text of many lines takes the indentation of its hole.

    `break_line` breaks what became too long; as Python's formatters do, unless given.

    Raises:
        InternalError: a hole is left empty.
    """
    lines = []
    for line in template.splitlines():
        alone = _HOLE.fullmatch(line.strip())
        if alone and alone[1] in holes:
            indent = line[: len(line) - len(line.lstrip())]
            filled = textwrap.indent(holes[alone[1]], indent)
            lines += filled.splitlines()
        else:
            filled = _HOLE.sub(lambda hole: _one(hole[1], holes), line)
            lines += [line] if filled == line else (break_line or _break)(filled)
    return "\n".join(lines) + "\n"


def _split(arguments: str) -> list[str]:
    """x, y=(1, 2) → ["x", "y=(1, 2)"]."""
    found = [""]
    for part in arguments.split(", "):
        found[-1] += part
        is_whole = all(found[-1].count(a) == found[-1].count(b) for a, b in ("()", "[]"))
        found += [""] if is_whole else []
        found[-1] += "" if is_whole else ", "
    return found[:-1]


def wrap_call(line: str, indent: int) -> str:
    """Return a call that will stand at an indentation, broken if it is too long there."""
    return textwrap.dedent("\n".join(_break(" " * indent + line)))


def _one(name: str, holes: Mapping[str, str]) -> str:
    if name not in holes:
        raise InternalError(f"nothing fills the hole {name}")
    return holes[name]


def _break(line: str) -> list[str]:
    """Break a signature or call that is too long as formatters do: all arguments below, or each."""
    start, opening, rest = line.partition("(")
    inside, closing, end = rest.rpartition(")")
    has_text = not all(text.isidentifier() for text in line.split('"')[1::2])
    if len(line) <= WIDTH or not opening or not closing or has_text:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    arguments = [f"{indent}    {inside}"]
    if len(arguments[0]) > WIDTH:
        arguments = [f"{indent}    {argument}," for argument in _split(inside)]
    return [start + opening, *arguments, indent + closing + end]

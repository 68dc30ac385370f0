"""What every target has in common: an artifact, and templates with a checked set of holes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from ..diagnostics import InternalError

WIDTH = 88
_HOLE = re.compile(r"__([A-Z_]+?)__")


@dataclass(frozen=True)
class Artifact:
    """An emitted file: its text and the name of what it defines."""

    name: str
    text: str


def read_template(path: str) -> str:
    """Return the text of a file below `templates/`."""
    file = resources.files(__package__).joinpath("templates", path)
    return file.read_text(encoding="utf-8")


def fill(template: str, holes: Mapping[str, str]) -> str:
    """Fill `__HOLE__`s; a text of many lines takes the indentation of its hole.

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
            lines += _break(_HOLE.sub(lambda hole: _one(hole[1], holes), line))
    return "\n".join(lines) + "\n"


def _one(name: str, holes: Mapping[str, str]) -> str:
    if name not in holes:
        raise InternalError(f"nothing fills the hole {name}")
    return holes[name]


def _break(line: str) -> list[str]:
    """Break a call or signature that is too long: its arguments on a line of their own, or each."""
    opening = line.find("(")
    closing = line.rfind(")")
    if len(line) <= WIDTH or opening < 0 or line.lstrip().startswith(('"', "#")):
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    inside = line[opening + 1 : closing]
    together = f"{indent}    {inside}"
    if len(together) <= WIDTH and not line.endswith(":"):
        return [line[: opening + 1], together, indent + line[closing:]]
    if len(together) <= WIDTH:
        return [line[: opening + 1], together, indent + line[closing:]]
    each = [f"{indent}    {argument}," for argument in inside.split(", ")]
    return [line[: opening + 1], *each, indent + line[closing:]]

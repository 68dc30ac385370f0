"""The functions of C that a source calls, out of the templates that hold them."""

from __future__ import annotations

import re
from functools import cache

from ...target import read_template

_NAME = re.compile(r"^static (?:inline )?\w+ (\w+)\(", re.MULTILINE)


def called_by(code: str, template: str) -> list[str]:
    """Return the template's functions that `code` and these functions call, in their order."""
    known = _functions(template)
    wanted: set[str] = set()
    found = _called(code, known)
    while found - wanted:
        wanted |= found
        found = {name for w in wanted for name in _called(known[w], known)}
    return [text for name, text in known.items() if name in wanted]


def function_names() -> frozenset[str]:
    """Return the names of all of them, which no variable may have."""
    names = frozenset(name for t in ("elements", "functions") for name in _functions(t))
    return names | {"counts", "forward", "backward", "pull_back", "value_and_slopes"}


def _called(code: str, known: dict[str, str]) -> set[str]:
    return {name for name in re.findall(r"(\w+)\(", code) if name in known}


@cache
def _functions(template: str) -> dict[str, str]:
    """Return each function of a template, with the comment above it."""
    parts = re.split(r"\n\n(?=/\*|static)", read_template(f"c/{template}.c").strip("\n"))
    return {match[1]: part for part in parts if (match := _NAME.search(part))}

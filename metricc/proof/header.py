"""The first lines of an emitted file: the formula, and the command that made it."""

from __future__ import annotations

import ast
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..reader import read_beginning
from ..targets.header import COMMAND, FORMULA, MADE_BY, OVER_ENTRIES

if TYPE_CHECKING:
    from pathlib import Path

MAX_CHARACTERS = 1_000_000
"""No emitted file is nearly as long."""


@dataclass(frozen=True)
class Header:
    """The first lines of a file; `words` are the command's after `metricc compile`.

    `text` is the whole file, read once: what is proved is what its header was read from.
    """

    formula: str
    over_entries: str
    words: tuple[str, ...]
    text: str

    @property
    def defaults(self) -> dict[str, object]:
        """The numbers that the constructor of the loss has for defaults, read and not run."""
        classes = [x for x in ast.parse(self.text).body if isinstance(x, ast.ClassDef)]
        found: dict[str, object] = {}
        for node in (x for loss in classes if loss.name.endswith("Loss") for x in loss.body):
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                found |= {x.arg: ast.literal_eval(y) for x, y in pairs if y is not None}
        return found


def read_header(path: Path) -> Header:
    """Read the first lines of an emitted file.

    Raises:
        MetricError: the file cannot be read, or does not begin as emitted files do.
    """
    try:
        text = read_beginning(path, MAX_CHARACTERS + 1)
    except OSError as error:
        raise unprovable(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise unprovable(path, "is not text") from None
    except ValueError:  # a path with a null byte, or with what is no character
        raise unprovable(path, "is no path") from None
    if len(text) > MAX_CHARACTERS:
        raise unprovable(path, f"is longer than {MAX_CHARACTERS} characters")
    lines = text.splitlines()[:4]
    if not lines or not lines[0].startswith(MADE_BY):
        raise unprovable(path, f"does not begin with `{MADE_BY.strip()}`")
    found = dict.fromkeys((FORMULA, OVER_ENTRIES, COMMAND), "")
    for line in lines[1:]:
        for mark in found:
            if line.startswith(mark):
                found[mark] = line.removeprefix(mark)
    try:
        words = shlex.split(found[COMMAND])
    except ValueError:
        words = []
    if not found[FORMULA] or words[:2] != ["metricc", "compile"]:
        raise unprovable(path, "has no line with its formula, or with its command")
    return Header(found[FORMULA], found[OVER_ENTRIES], tuple(words[2:]), text)


def unprovable(path: Path, reason: str) -> d.MetricError:
    """Return the error that says why a file cannot be proved."""
    return d.MetricError(d.UnprovableFile(None, str(path), reason))

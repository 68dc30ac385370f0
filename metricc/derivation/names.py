"""What a user's names are called in a derivation, where some letters have a meaning already."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from ..ir.derivation import CLASS_LETTERS, LETTERS

if TYPE_CHECKING:
    from ..ir.compilation import Compilation
    from ..ir.typed import Term

_TAKEN = re.compile(r"D(_\d+)?|l|pi|.*_[ki]")
"""What derivations name themselves: D and D_2, the loss in ASCII, whatever has an index."""
_TAKEN_OF_CLASSES = re.compile(r"[EGHU](_\d+)?|.*_(k?[cj]|ic)")
"""Likewise those of several classes: E is a part that is one number per class."""


def user_names(compilation: Compilation) -> dict[str, str]:
    """Return the name in the derivation of each parameter and `let`: T → T_0, beta → beta."""
    typed = compilation.typed
    is_free = _is_free_of_classes if typed.is_joint else _is_free
    names = [*(p.name for p in typed.parameters), *_labels(typed.body)]
    used = {name for name in names if is_free(name)}
    called = {name: name for name in used}
    for name in names:
        if name not in called:
            wishes = (wish for i in count() for wish in (f"{name}_{i}", f"my_{name}_{i}"))
            called[name] = next(new for new in wishes if is_free(new) and new not in used)
            used.add(called[name])
    return called


def _is_free(name: str) -> bool:
    return name not in LETTERS and not _TAKEN.fullmatch(name)


def _is_free_of_classes(name: str) -> bool:
    return _is_free(name) and name not in CLASS_LETTERS and not _TAKEN_OF_CLASSES.fullmatch(name)


def _labels(body: Term) -> list[str]:
    labels: dict[str, None] = {}
    waiting, seen = [body], {body}
    while waiting:
        term = waiting.pop()
        if term.label:
            labels[term.label] = None
        below = [arg for arg in term.args if arg not in seen]
        seen.update(below)
        waiting += below
    return list(labels)

"""What a user's names are called in a derivation, where some letters have a meaning already."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from ..ir.derivation import LETTERS

if TYPE_CHECKING:
    from ..ir.compilation import Compilation
    from ..ir.typed import Term

_TAKEN = re.compile(r"D(_\d+)?|l|pi|.*_[ki]")
"""What derivations name themselves: D and D_2, the loss in ASCII, whatever has an index."""


def user_names(compilation: Compilation) -> dict[str, str]:
    """Return the name in the derivation of each parameter and `let`: T → T_0, beta → beta."""
    typed = compilation.typed
    names = [*(p.name for p in typed.parameters), *_labels(typed.body)]
    used = {name for name in names if _is_free(name)}
    called = {name: name for name in used}
    for name in names:
        if name not in called:
            wishes = (wish for i in count() for wish in (f"{name}_{i}", f"my_{name}_{i}"))
            called[name] = next(new for new in wishes if _is_free(new) and new not in used)
            used.add(called[name])
    return called


def _is_free(name: str) -> bool:
    return name not in LETTERS and not _TAKEN.fullmatch(name)


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

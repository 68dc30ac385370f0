"""Names for what is repeated: the user's, where a `let` has one, else D."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..ir.program import Expr, Op, Ref, walk
from .measure import length

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST = 12
"""A part of the value that is shorter than this is written out: β²P + Q, P + Q - T."""
SHORTEST_APART = 24
"""Likewise a part that the value does not have."""
MOST = 4
"""More names than this are harder to read than long formulas."""

Parts = tuple[tuple[str, Expr], ...]


def name_parts(
    formulas: Mapping[str, Expr], labels: Mapping[Expr, str]
) -> tuple[Parts, dict[str, Expr]]:
    """Return the named parts, in order of need, and the formulas with their names in place."""
    named = _reusing(formulas)
    parts: list[tuple[str, Expr]] = []
    while len(parts) < MOST:
        part = _most_repeated({**named, **dict(parts)}, labels)
        if part is None:
            break
        name = labels.get(part, f"part {len(parts)}")
        named = {key: replace_part(expr, part, Ref(name)) for key, expr in named.items()}
        parts = [(other, replace_part(expr, part, Ref(name))) for other, expr in parts]
        parts.append((name, part))
    return _numbered(in_order(parts), named)


def _reusing(formulas: Mapping[str, Expr]) -> dict[str, Expr]:
    """Write m where the whole value occurs in another formula."""
    value = formulas["value"]
    if length(value) < SHORTEST:
        return dict(formulas)
    return {
        name: expr if name == "value" else replace_part(expr, value, Ref("m"))
        for name, expr in formulas.items()
    }


def in_order(parts: list[tuple[str, Expr]]) -> list[tuple[str, Expr]]:
    """Return each part after those it needs."""
    known, done = dict(parts), {}

    def visit(name: str) -> None:
        for ref in walk(known[name]):
            if isinstance(ref, Ref) and ref.name in known and ref.name not in done:
                visit(ref.name)
        done[name] = known[name]

    for name in known:
        if name not in done:
            visit(name)
    return list(done.items())


def _numbered(
    parts: list[tuple[str, Expr]], named: dict[str, Expr]
) -> tuple[Parts, dict[str, Expr]]:
    """Call what has no name of the user's D, D_2, … in order of need."""
    fresh = [name for name, _ in parts if name.startswith("part ")]
    letters = {name: Ref("D" if i == 1 else f"D_{i}") for i, name in enumerate(fresh, 1)}
    rename = partial(rename_refs, names=letters)
    called = [(letters[name].name if name in letters else name, rename(e)) for name, e in parts]
    return tuple(called), {key: rename(expr) for key, expr in named.items()}


def _most_repeated(formulas: Mapping[str, Expr], labels: Mapping[Expr, str]) -> Expr | None:
    """Return the part whose name saves the most characters."""
    counts: dict[Expr, int] = {}
    for formula in set(formulas.values()):
        for part in walk(formula):
            if isinstance(part, Op):
                counts[part] = counts.get(part, 0) + 1
    in_value = set(walk(formulas["value"])) - {formulas["value"]}
    worthy = {
        part: (times - 1) * length(part)
        for part, times in counts.items()
        if times > 1
        and (part in labels or length(part) >= (SHORTEST if part in in_value else SHORTEST_APART))
    }
    return max(worthy, key=lambda part: (worthy[part], length(part), str(part)), default=None)


def rename_refs(expr: Expr, names: Mapping[str, Expr]) -> Expr:
    """Return `expr` with other names, or whole expressions, for some of its names."""
    if isinstance(expr, Ref):
        return names.get(expr.name, expr)
    if isinstance(expr, Op):
        return Op(expr.op, tuple(rename_refs(arg, names) for arg in expr.args))
    return expr


def replace_part(expr: Expr, old: Expr, new: Expr) -> Expr:
    """Return `expr` with `new` wherever `old` stood."""
    if expr == old:
        return new
    if isinstance(expr, Op):
        return Op(expr.op, tuple(replace_part(arg, old, new) for arg in expr.args))
    return expr

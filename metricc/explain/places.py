"""Where a metric is singular, and what the emitted code does there: run, not remembered."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING

from ..analysis.batches import SMOOTH, one_class_batches
from ..analysis.beside import limits_beside
from ..analysis.exact import Exact
from ..analysis.monotony import WITHOUT_VALUE, is_regular, matrices
from ..analysis.sampler import Sampler
from ..analysis.warnings import shown_matrix
from ..ir.typed import ENTRIES
from .layout import Table, labelled, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..ir.behaviour import Matrix, Singularity
    from ..ir.compilation import Compilation

_POLICY = {
    "0/0": "0/0 takes `zero_division`, 0 unless set",
    "x/0": "x/0 takes ±3.4e38, with the sign of x",
    "log 0": "log 0 takes -745",
    **dict.fromkeys(
        ("√0", "∛0", "0^c", "asin 1"),
        "a slope that would be infinite is large: a divisor of 0 counts as 1/1024 in it",
    ),
}
_OTHERS = 10
_NEAR = 1e-4
_NOWHERE = "none: it has a value and finite slopes for every batch, the empty one included"
_NONE_TRIED = "none among the matrices tried: with an absent class, a single one, no errors, …"
_NOT_FOUND = "the formula is too large to tell where it has no value; it has none, for example, at "


def singular_places(compilation: Compilation) -> list[str]:
    """Return each place in words, what happens there, and an example of what comes out."""
    if compilation.typed.is_joint:
        return _places_of_classes(compilation)
    unlisted = [line for matrix in _unlisted(compilation) for line in wrapped(_NOT_FOUND + matrix)]
    if not compilation.singularities:
        return unlisted or [_NOWHERE]
    lines: list[str] = []
    for words, group in groupby(compilation.singularities, key=_where):
        found = list(group)
        lines += labelled(" and ".join(singularity.kind for singularity in found), words)
    lines += [""]
    kinds = dict.fromkeys(singularity.kind for singularity in compilation.singularities)
    policies = dict.fromkeys(_POLICY[kind] for kind in kinds)
    return [*lines, *labelled("emitted code", *policies), *_examples(compilation), *unlisted]


def _places_of_classes(compilation: Compilation) -> list[str]:
    """Return the places of a joint metric, which were tried and not proved."""
    found = compilation.singularities
    if not found:
        return [_NONE_TRIED]
    lines = [line for place in found for line in labelled(place.kind, place.words)]
    policies = dict.fromkeys(_POLICY[place.kind] for place in found)
    return [*lines, "", *labelled("emitted code", *policies)]


def _unlisted(compilation: Compilation) -> Iterator[str]:
    """Yield a small matrix that has no value though no listed place says so, if there is one."""
    exact, listed = Exact(compilation.typed), compilation.singularities
    if not any(found.equation for found in listed):
        small = (*matrices(len(ENTRIES)), (0, 0, 0, 0))
        odd = (m for m in small if is_regular(m, listed) and exact.at(m) is None)
        yield from islice(map(shown_matrix, odd), 1)


def _where(singularity: Singularity) -> str:
    if singularity.equation is None:
        return singularity.words
    return f"{singularity.words}, {singularity.equation}"


def _examples(compilation: Compilation) -> list[str]:
    sampler, exact = Sampler(compilation.typed, compilation.program), Exact(compilation.typed)
    rows, lines = [], []
    for matrix in dict.fromkeys(_places(compilation)):
        sample = sampler.sample_at(matrix)
        if sample is not None:
            results = (sample.value, sample.grad_pos, sample.grad_neg)
            rows.append((shown_matrix(matrix), *map(shown, results)))
            lines += _beside(exact, matrix, sample.value)
    head = ("there", "value", "grad_pos", "grad_neg")
    return ["", *Table(head, tuple(rows)).lines(), *([""] if lines else []), *lines] if rows else []


def _beside(exact: Exact, matrix: Matrix, value: float) -> list[str]:
    """Return a line on one-sided limits that differ from the value that the policy gives."""
    limits = limits_beside(exact, matrix) if exact.at(matrix) is None else {}
    told = [
        f"{shown(limit)} as the decision on {whose} moves"
        for whose, limit in limits.items()
        if abs(limit - value) > _NEAR * max(1, abs(value))
    ]
    return wrapped(f"beside {shown_matrix(matrix)} the value is {', '.join(told)}") if told else []


def _places(compilation: Compilation) -> Iterator[Matrix]:
    """Yield a matrix on each face, its other entries 10, and one inside on a surface."""
    for singularity in compilation.singularities:
        for face in singularity.faces:
            tp, tn, fp, fn = (0 if entry in face else _OTHERS for entry in ENTRIES)
            yield tp, tn, fp, fn
    if any(s.equation and s.kind in WITHOUT_VALUE for s in compilation.singularities):
        exact = Exact(compilation.typed)
        inside = (matrix for matrix in matrices() if all(matrix) and exact.at(matrix) is None)
        yield from islice(inside, 1)


def one_class(compilation: Compilation) -> list[str]:
    """Return a table of what batches without positives, and without negatives, give."""
    rows = [
        (
            f"no actual {batch.missing}",
            shown_matrix(batch.matrix),
            shown(batch.value) if batch.is_defined else f"{shown(batch.value)} (undefined)",
            shown(batch.slope),
            shown(batch.smoothed),
        )
        for batch in one_class_batches(compilation.typed, compilation.program)
    ]
    head = ("batch", "for example", "value", "slope", f"slope with smooth={SMOOTH:g}")
    return Table(head, tuple(rows)).lines() if rows else []


def shown(number: float) -> str:
    """Return four digits, and 0 without a sign."""
    return f"{number + 0.0:.4g}"

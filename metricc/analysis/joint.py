"""Where a metric of several classes has no value, or a slope that jumps: tried, not proved.

The places are kinds of matrices that occur in practice: a class that is absent, a prediction that
is one class for all. A kind of singularity is told where each matrix of such a kind shows it.
"""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING

from ..frontend.values import NoValueError, TooBigError, evaluate, real
from ..ir.behaviour import Singularity
from ..ir.operators import REDUCTIONS
from ..ir.typed import below

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..frontend.values import Real
    from ..ir.typed import Term, TypedMetric

Matrix = tuple[tuple[int, ...], ...]
"""Counts of whole samples: the truth by rows, the prediction by columns."""

_CLASSES = 3
_DRAWS = 3
_POINTS = 12
_SEED = 1960  # any number: the same matrices every time
_LARGEST = 9


def _others(matrix: Matrix, index: int) -> list[int]:
    return [n for i, n in enumerate(matrix[index]) if i != index]


def _turned(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))


def _filled(lines: Matrix) -> int:
    return sum(any(line) for line in lines)


PLACES: dict[str, Callable[[Matrix], bool]] = {
    "a class without true positives": lambda m: not all(m[i][i] for i in range(len(m))),
    "a class without false negatives": lambda m: not all(any(_others(m, i)) for i in range(len(m))),
    "a class without false positives": lambda m: (
        not all(any(_others(_turned(m), i)) for i in range(len(m)))
    ),
    "a class without actual positives": lambda m: _filled(m) < len(m),
    "a class without predicted positives": lambda m: _filled(_turned(m)) < len(m),
    "a class without actual and predicted positives": lambda m: any(
        not any(row) and not any(column) for row, column in zip(m, _turned(m), strict=True)
    ),
    "no correct predictions": lambda m: not any(m[i][i] for i in range(len(m))),
    "no errors": lambda m: not any(n for i in range(len(m)) for n in _others(m, i)),
    "a truth of a single class": lambda m: _filled(m) <= 1,
    "a single class for all predictions": lambda m: _filled(_turned(m)) <= 1,
    "nothing but one class, always right": lambda m: sum(map(sum, m)) == m[0][0],
    "an empty batch": lambda m: not any(map(any, m)),
}
"""What each kind of matrix is like, from the most common to the rarest."""

_KEPT: dict[str, Callable[[int, int], bool]] = {
    "a class without true positives": lambda i, j: i != j or i > 0,
    "a class without false negatives": lambda i, j: i > 0 or j == 0,
    "a class without false positives": lambda i, j: j > 0 or i == 0,
    "a class without actual positives": lambda i, _: i > 0,
    "a class without predicted positives": lambda _, j: j > 0,
    "a class without actual and predicted positives": lambda i, j: i > 0 and j > 0,
    "no correct predictions": lambda i, j: i != j,
    "no errors": lambda i, j: i == j,
    "a truth of a single class": lambda i, _: i == 0,
    "a single class for all predictions": lambda _, j: j == 0,
    "nothing but one class, always right": lambda i, j: i == j == 0,
    "an empty batch": lambda _, _j: False,
}
"""The cells of such a matrix that are not 0."""


def _all(_row: int, _column: int) -> bool:
    return True


def random_matrix(seed: int, place: str = "") -> Matrix:
    """Return a matrix that lies at a place, and nowhere else if it can."""
    generator = random.Random(f"{_SEED} {seed}")
    keep = _KEPT[place] if place else _all
    cells = range(_CLASSES)
    return tuple(tuple(generator.randint(1, _LARGEST) * keep(i, j) for j in cells) for i in cells)


def given_by(metric: TypedMetric, matrix: Matrix) -> dict[str, Real]:
    """Return what a formula is evaluated at: the entries of each class, parameters at default."""
    tp = [matrix[i][i] for i in range(len(matrix))]
    fn = [sum(_others(matrix, i)) for i in range(len(matrix))]
    fp = [sum(_others(_turned(matrix), i)) for i in range(len(matrix))]
    total = sum(map(sum, matrix))
    tn = [total - x - y - z for x, y, z in zip(tp, fn, fp, strict=True)]
    counts = {"TP": tp, "TN": tn, "FP": fp, "FN": fn}
    given = {name: tuple(map(real, numbers)) for name, numbers in counts.items()}
    given |= {p.name: real(p.default) for p in metric.parameters}
    return {**given, "classes": real(len(matrix))}


def has_value(metric: TypedMetric, matrix: Matrix) -> bool:
    """Tell whether the formula itself has a value at a matrix."""
    return bool(_values(metric, matrix).keys() & {metric.body})


def singularities_of_classes(metric: TypedMetric) -> tuple[Singularity, ...]:
    """Return the kinds of singularity, with the widest places that show each."""
    shown: dict[str, list[str]] = {}
    for place in PLACES:
        seen = [kinds(metric, random_matrix(seed, place)) for seed in range(_DRAWS)]
        for kind in sorted(set.intersection(*seen)):
            if not any(_lies_in(place, wider) for wider in shown.get(kind, ())):
                shown.setdefault(kind, []).append(place)
    return tuple(Singularity(kind, (), ", or ".join(places)) for kind, places in shown.items())


def _lies_in(place: str, wider: str) -> bool:
    return all(PLACES[wider](random_matrix(seed, place)) for seed in range(_DRAWS))


def kinds(metric: TypedMetric, matrix: Matrix) -> set[str]:
    """Return the kinds of singularity that a formula meets at one matrix."""
    known = _values(metric, matrix)
    found: set[str] = set()
    for term in below(metric.body):
        if term.op in REDUCTIONS or not term.args or not _is_known(term, known):
            continue
        found.update(kind for row in _rows(term, known) if (kind := _kind(term.op, row)))
    return found


def _rows(term: Term, known: dict[Term, Real]) -> list[tuple[Real, ...]]:
    """Return the arguments of a term for each class, or once if no class matters."""
    args = [known[arg] for arg in term.args]
    size = max((len(arg) for arg in args if isinstance(arg, tuple)), default=1)
    columns = [arg if isinstance(arg, tuple) else (arg,) * size for arg in args]
    return list(zip(*columns, strict=True))


def _kind(op: str, args: tuple[Real, ...]) -> str:
    """Return what is singular about an operation, if anything is."""
    x = args[0]
    match op:
        case "div" if args[1] == 0:
            return "x/0" if x else "0/0"
        case "pow" if x <= 0 and args[1] != int(args[1]):
            return "x/0" if args[1] < 0 else "0^c" if args[1] < 1 or x < 0 else ""
        case "pow" if x == 0 and args[1] < 0:
            return "x/0"
        case "log" | "log2" | "log10" | "xlogx" if x <= 0:
            return "log 0"
        case "log1p" if x <= -1:
            return "log 0"
        case "sqrt" if x <= 0:
            return "√0"
        case "cbrt" if x == 0:
            return "∛0"
        case "asin" if abs(x) >= 1:
            return "asin 1"
    return ""


def _values(metric: TypedMetric, matrix: Matrix) -> dict[Term, Real]:
    """Return the values of all terms that have one."""
    known: dict[Term, Real] = {}
    given = given_by(metric, matrix)
    for term in _in_order(metric.body):
        if _is_known(term, known):
            with suppress(NoValueError, TooBigError):
                evaluate(term, given, known)
    return known


def _in_order(body: Term) -> list[Term]:
    """Return each term after those that it uses."""
    order: list[Term] = []
    seen: set[Term] = set()
    stack = [(body, False)]
    while stack:
        term, is_done = stack.pop()
        if is_done:
            order.append(term)
        elif term not in seen:
            seen.add(term)
            stack.append((term, True))
            stack += [(arg, False) for arg in term.args]
    return order


_TIES = {"min_over": "smallest", "max_over": "largest"}
_TURNING = ("abs", "sign", "step", "min", "max", "clamp")


def kinks_of_classes(metric: TypedMetric) -> tuple[str, ...]:
    """Return the places where slopes jump, in words: those that have samples on both sides."""
    terms = [term for term in below(metric.body) if term.op in (*_TIES, *_TURNING)]
    if not terms:
        return ()
    points = [_values(metric, random_matrix(seed)) for seed in range(_POINTS)]
    found: dict[str, None] = {}
    for term in terms:
        rows = [row for known in points if _is_known(term, known) for row in _rows(term, known)]
        if term.op in _TIES:
            found[f"two classes share the {_TIES[term.op]} value"] = None
        elif any(min(gaps) < 0 < max(gaps) for gaps in zip(*map(_gaps, rows), strict=True)):
            found[f"{term.op} turns from one side to the other"] = None
    return tuple(found)


def _is_known(term: Term, known: dict[Term, Real]) -> bool:
    return all(arg in known for arg in term.args)


def _gaps(row: tuple[Real, ...]) -> tuple[Real, ...]:
    """Return what is 0 where an operation turns: x, x - y, x - low and x - high."""
    return tuple(row[0] - other for other in row[1:]) or row

"""What a metric of several classes does, found by samples: K by K matrices for several K."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..evaluate import arrays, run
from ..ir.behaviour import Behaviour
from ..ir.typed import ENTRIES
from .batches import DROWNS
from .joint import has_value, kinks_of_classes, random_matrix
from .sampler import TOLERANCE

if TYPE_CHECKING:
    from ..ir.behaviour import Direction
    from ..ir.program import Program
    from ..ir.typed import TypedMetric

_CLASSES = (2, 3, 4, 5)
_SAMPLES = 50
_SEED = 20240525  # any number: the same samples every time make emission deterministic
_NOISE = 1e-12
_EMPTY = 0.3
"""How often a cell of a sparse matrix is empty."""

Array = Any
"""A numpy array; numpy is imported when a joint metric is met."""


@dataclass(frozen=True)
class Samples:
    """Values and slopes at several matrices of as many classes, and the perfect ones beside them.

    `gains` are the changes of the value as a sample of class a goes from a class b to its own.
    """

    totals: Array
    values: Array
    best: Array
    slopes: Array
    gains: Array


def analyse_classes(metric: TypedMetric, program: Program) -> Behaviour:
    """Look at matrices of 2 to 5 classes, some of them with empty cells."""
    import numpy as np

    generator = random.Random(_SEED)
    with np.errstate(all="ignore"):  # the policy answers what numpy would warn of
        found = [sample(metric, program, generator, count, 0.0) for count in _CLASSES]
        edges = [sample(metric, program, generator, count, _EMPTY) for count in _CLASSES]
    values = np.concatenate([x for s in (*found, *edges) for x in (s.values, s.best)])
    known = values[np.isfinite(values)]
    at_most_one = bool(known.size) and bool(known.max() <= 1 + TOLERANCE)
    at_least_zero = bool(known.size) and bool(known.min() >= -TOLERANCE)
    if all(_is_still(s) for s in found):
        return Behaviour(None, is_constant=True, is_at_most_one=at_most_one)
    by_slopes = _from_slopes(found)
    return Behaviour(
        by_slopes or _from_perfection(found),
        is_constant=False,
        is_at_most_one=at_most_one,
        is_at_least_zero=at_least_zero,
        is_monotone=by_slopes is not None,
        kinks=kinks_of_classes(metric),
    )


def sample(
    metric: TypedMetric, program: Program, generator: random.Random, count: int, empty: float
) -> Samples:
    """Draw matrices of `count` classes, and run the program on them."""
    import numpy as np

    cells = [
        0.0 if generator.random() < empty else 10 ** generator.uniform(-3, 5)
        for _ in range(_SAMPLES * count * count)
    ]
    matrices = np.array(cells, dtype=np.longdouble).reshape(_SAMPLES, count, count)
    truths = matrices.sum(axis=-1)
    perfect = truths[..., None] * np.eye(count)
    names, best = (run_matrices(metric, program, these) for these in (matrices, perfect))
    pos, neg = (np.broadcast_to(names[name], truths.shape) for name in ("grad_pos", "grad_neg"))
    gains = (pos[..., :, None] - neg[..., None, :])[..., ~np.eye(count, dtype=bool)]
    slopes = np.maximum(abs(pos), abs(neg)).max(axis=-1)
    value, highest = (np.broadcast_to(x["value"], (_SAMPLES, 1))[:, 0] for x in (names, best))
    return Samples(truths.sum(axis=-1), value, highest, slopes, gains)


def run_matrices(
    metric: TypedMetric, program: Program, matrices: Array, zero_division: float = 0.0
) -> dict[str, Any]:
    """Return every name of the program at matrices: truth by rows, prediction by columns."""
    import numpy as np

    rows, columns = matrices.sum(axis=-1), matrices.sum(axis=-2)
    tp = np.diagonal(matrices, axis1=-2, axis2=-1)
    fp, fn = columns - tp, rows - tp
    tn = rows.sum(axis=-1, keepdims=True) - tp - fp - fn
    counts = dict(zip(map(str.lower, ENTRIES), (tp, tn, fp, fn), strict=True))
    values = (np.longdouble(float(p.default)) for p in metric.parameters)
    given = dict(zip(program.parameters, values, strict=True))
    classes = {"classes": np.longdouble(matrices.shape[-1]), "weight": np.ones_like(tp)}
    return run(program, arrays(np), {**given, **classes, **counts}, zero_division)


def value_without_a_class(metric: TypedMetric, program: Program) -> float | None:
    """Return the value of a batch that lacks a class, if it has one by a policy alone.

    It is NaN where it depends on what 0/0 gives. A class that the formula leaves out by a factor
    of 0 needs no policy.
    """
    import numpy as np

    matrix = random_matrix(0, "a class without actual positives")
    if has_value(metric, matrix):
        return None
    with np.errstate(all="ignore"):
        found = [
            float(np.ravel(run_matrices(metric, program, np.array(matrix), zero)["value"])[0])
            for zero in (0.0, 1.0)
        ]
    if found[0] != found[1]:
        return np.nan
    return None if abs(found[0]) <= DROWNS else found[0]


def _is_still(samples: Samples) -> bool:
    sizes = samples.slopes * samples.totals
    return bool((sizes <= _NOISE * abs(samples.values)).all())


def _from_slopes(found: list[Samples]) -> Direction | None:
    """More is better if no sample that goes to its own class costs anything."""
    import numpy as np

    least = [(s.slopes * TOLERANCE)[:, None] for s in found]
    pairs = [(s.gains, t) for s, t in zip(found, least, strict=True)]
    if not all(np.isfinite(gains).all() for gains, _ in pairs):
        return None
    never_costs = all((gains >= -tolerance).all() for gains, tolerance in pairs)
    never_pays = all((gains <= tolerance).all() for gains, tolerance in pairs)
    if never_costs == never_pays:
        return None
    return "max" if never_costs else "min"


def _from_perfection(found: list[Samples]) -> Direction | None:
    """Compare the perfect prediction with others on the same truth."""
    import numpy as np

    pairs = [(s.best, s.values, TOLERANCE * (1 + abs(s.best))) for s in found]
    if not all(np.isfinite(best).all() for best, *_ in pairs):
        return None
    no_worse = all((best >= value - least).all() for best, value, least in pairs)
    no_better = all((best <= value + least).all() for best, value, least in pairs)
    if no_worse == no_better:
        return None
    return "max" if no_worse else "min"

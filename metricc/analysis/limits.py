"""Whether a number bounds the value: followed to the faces, to infinity, and to interior poles."""

from __future__ import annotations

import random
from itertools import combinations, pairwise
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..ir.behaviour import Side, Singularity
    from .sampler import Sampler

_STEPS = (1e3, 1e6, 1e9, 1e12)
_START = (3.0, 7.0, 5.0, 2.0)
_WALKS = 6
_TRIES = 200
_SHRINK = 0.9
_HUGE = 1e6
_LEAST = 1e-3
_LASTING = 0.6
"""Growth over a factor of 1000 that does not fade: a logarithm keeps all of it, a limit none."""
_SEED = 1906
_SIGNS: dict[Side, int] = {"above": 1, "below": -1}


def unbounded(sampler: Sampler, singularities: tuple[Singularity, ...]) -> tuple[Side, ...]:
    """Return the sides on which the value grows and grows."""
    has_pole = any(found.kind == "x/0" and found.equation for found in singularities)
    paths = list(_paths(sampler))
    return tuple(
        side
        for side, sign in _SIGNS.items()
        if any(_grows(path, sign) for path in paths) or (has_pole and _climbs(sampler, sign))
    )


def _paths(sampler: Sampler) -> Iterator[list[float | None]]:
    """Yield values as some entries vanish, or grow, and the others stay."""
    for count in range(1, 5):
        for moving in combinations(range(4), count):
            for power in (-1, 1):
                yield [
                    sampler.at(
                        [x * step**power if i in moving else x for i, x in enumerate(_START)]
                    )
                    for step in _STEPS
                ]


def _grows(path: Sequence[float | None], sign: int) -> bool:
    values = [sign * value for value in path if value is not None]
    if len(values) < len(_STEPS):
        return False
    gains = [after - before for before, after in pairwise(values)]
    return gains[-1] > _LEAST and all(b > _LASTING * a > 0 for a, b in pairwise(gains))


def _climbs(sampler: Sampler, sign: int) -> bool:
    """Walk uphill from several places in ever smaller steps: only a pole leads to huge values."""
    generator = random.Random(_SEED)
    return any(_summit(sampler, sign, generator) > _HUGE for _ in range(_WALKS))


def _summit(sampler: Sampler, sign: int, generator: random.Random) -> float:
    place, best, reach = [10 ** generator.uniform(0, 2) for _ in _START], -inf, 1.0
    for _ in range(_TRIES):
        step = [x * 10 ** generator.uniform(-reach, reach) for x in place]
        value = sampler.at(step)
        if value is not None and sign * value > best:
            place, best = step, sign * value
        else:
            reach *= _SHRINK
    return best

"""What is known of a metric beyond its program: found by analysis, told by warnings, explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["max", "min"]
Side = Literal["above", "below"]

Matrix = tuple[int, int, int, int]
"""A confusion matrix of whole samples: TP, TN, FP, FN."""


@dataclass(frozen=True)
class Singularity:
    """Where something of one kind happens: on faces, or where an equation holds.

    `kind` is 0/0, x/0, log 0, √0, ∛0, 0^c (a slope that is infinite at 0) or asin 1.
    """

    kind: str
    faces: tuple[tuple[str, ...], ...]
    words: str
    equation: str | None = None


@dataclass(frozen=True)
class Witness:
    """One prediction is put right between two matrices, and the value gets worse."""

    before: Matrix
    after: Matrix
    values: tuple[float, float]


@dataclass(frozen=True)
class Behaviour:
    """How a metric answers to the predictions.

    `direction` is None where nothing shows it; `is_constant` where no prediction matters.
    `is_monotone` says that no sampled slope points the wrong way; a `witness` is against it.
    `one_sided` is a poor prediction that has the best value; `unbounded` the sides on which no
    number bounds the value; `kinks` are the places where the slopes jump.
    """

    direction: Direction | None
    is_constant: bool
    is_at_most_one: bool
    is_at_least_zero: bool = False
    is_monotone: bool = False
    witness: Witness | None = None
    one_sided: str = ""
    unbounded: tuple[Side, ...] = ()
    kinks: tuple[str, ...] = ()

"""faces: sets of places where an expression vanishes, and what becomes of them in an expression."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Face = frozenset[str]
"""The entries that are 0 there."""


@dataclass(frozen=True)
class Zeros:
    """Where an expression vanishes: on faces, none of which contains another, and on surfaces.

    `sign` is 1 or -1 for what is nowhere negative or nowhere positive, else 0.
    """

    sign: int
    faces: frozenset[Face] = frozenset()
    equations: tuple[str, ...] = ()


def minimal(faces: Iterable[Face]) -> frozenset[Face]:
    """Drop each face that lies in another."""
    found = frozenset(faces)
    return frozenset(face for face in found if not any(other < face for other in found))


def either(one: Zeros, other: Zeros) -> Zeros:
    """Return the zeros of a product."""
    equations = tuple(dict.fromkeys(one.equations + other.equations))
    return Zeros(one.sign * other.sign, minimal(one.faces | other.faces), equations)


def both(one: Zeros, other: Zeros) -> Zeros:
    """Return the zeros of a sum of two parts of the same sign."""
    faces = minimal(a | b for a, b in product(one.faces, other.faces))
    equations = tuple(equation for equation in one.equations if equation in other.equations)
    return Zeros(one.sign, faces, equations)

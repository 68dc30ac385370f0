"""The random numbers that sympy draws to factor polynomials, the same each time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sympy.core.random import rng

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEED = 1969  # any number: with the draws of a fresh process, one in some hundreds takes minutes


@contextmanager
def same_draws() -> Iterator[None]:
    """Make what sympy does within, or in the function decorated, a matter of its input alone."""
    state = rng.getstate()
    rng.seed(_SEED)
    try:
        yield
    finally:
        rng.setstate(state)

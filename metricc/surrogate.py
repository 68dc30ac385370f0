"""The surrogates of the library, compiled: from the definition to programs in one call."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from . import diagnostics as d
from .frontend.check import check_surrogate
from .frontend.values import evaluate, real
from .ir.surrogate import CompiledSurrogate
from .library import load_library
from .passes.surrogate import SLOPES, VALUES, differentiate_surrogate, schedule_surrogate

if TYPE_CHECKING:
    from .frontend.values import Real
    from .ir.surrogate import TypedSurrogate

_TOLERANCE = real(Fraction(1, 10**40))
_SAMPLES = [
    (Fraction(p, 97), Fraction(sharpness), Fraction(threshold, 10))
    for p, sharpness, threshold in (
        (0, 10, 5),
        (13, 1, 3),
        (31, 10, 5),
        (52, 4, 6),
        (55, 20, 5),
        (97, 73, 4),
        (80, 7, 9),
        (5, 30, 1),
    )
]
"""(p, sharpness, threshold) at which a law is tested."""


@cache
def compile_surrogate(name: str, *, rescaled: bool = False) -> CompiledSurrogate:
    """Return the programs of a library surrogate.

    `rescaled` stretches it to reach 0 at 0 and 1 at 1: (A(p) - A(0)) / (A(1) - A(0)). One that
    does so as it is stays as it is.

    Raises:
        MetricError: the library has no surrogate of this name.
    """
    library = load_library()
    if name not in library.surrogates:
        wanted = " or ".join(f'"{known}"' for known in library.surrogates)
        raise d.MetricError(d.WrongValue(None, "surrogate", repr(name), wanted))
    entry = library.surrogates[name]
    typed = check_surrogate(entry.definition, library)
    if not is_symmetric(typed):
        raise d.InternalError(f"1 - A(p; threshold) of {name} is not A(1 - p; 1 - threshold)")
    is_stretched = rescaled and not _reaches_both_ends(typed)
    symbolic = differentiate_surrogate(typed, is_symmetric=True, rescaled=is_stretched)
    return CompiledSurrogate(
        name=name,
        summary=entry.summary,
        source=entry.source,
        rescaled=rescaled,
        is_stretched=is_stretched,
        typed=typed,
        symbolic=differentiate_surrogate(typed, is_symmetric=True, rescaled=False),
        program=schedule_surrogate(symbolic, VALUES, SLOPES),
        forward=schedule_surrogate(symbolic, VALUES, ()),
        backward=schedule_surrogate(symbolic, (), SLOPES),
    )


def compile_decision(name: str | None, *, rescaled: bool, is_joint: bool) -> CompiledSurrogate:
    """Return what a derivation is of: a sigmoid unless named, or a softmax of several classes.

    Raises:
        MetricError: the library has no surrogate of this name.
    """
    if is_joint and name in (None, "softmax"):
        name = "identity"  # of what softmax gives
    return compile_surrogate(name or "sigmoid", rescaled=rescaled)


def is_symmetric(surrogate: TypedSurrogate) -> bool:
    """Tell whether 1 - A(p; threshold) = A(1 - p; 1 - threshold), at 50 digits."""
    sums = (
        _at(surrogate, p, sharpness, threshold) + _at(surrogate, 1 - p, sharpness, 1 - threshold)
        for p, sharpness, threshold in _SAMPLES
    )
    return all(abs(total - 1) < _TOLERANCE for total in sums)


def _reaches_both_ends(surrogate: TypedSurrogate) -> bool:
    """Tell whether A(0) is 0, whatever sharpness and threshold are; then A(1) is 1."""
    values = (_at(surrogate, Fraction(0), s, threshold) for _, s, threshold in _SAMPLES)
    return not any(values)


def _at(surrogate: TypedSurrogate, p: Fraction, sharpness: Fraction, threshold: Fraction) -> Real:
    given = {"p": real(p), "sharpness": real(sharpness), "threshold": real(threshold)}
    return evaluate(surrogate.body, given, {})

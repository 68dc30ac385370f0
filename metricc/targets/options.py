"""The options of a loss, the same words on the command line, in Python and in emitted code."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from .. import diagnostics as d
from ..library import load_library

if TYPE_CHECKING:
    from collections.abc import Callable

Direction = Literal["max", "min"]


@dataclass(frozen=True)
class LossOptions:
    """Structural options fix the text; the numeric ones become constructor defaults.

    `surrogate` is one of the library's, `rescaled` stretches it to reach 0 and 1. `sharpness` is
    the paper's L: the surrogate's slope at the threshold is L/4. `smooth` is a pseudo-count added
    to each entry. `direction` None means inferred from the metric.
    """

    from_logits: bool = True
    surrogate: str = "sigmoid"
    rescaled: bool = False
    direction: Direction | None = None
    sharpness: float = 10.0
    threshold: float = 0.5
    smooth: float = 0.0
    zero_division: float = 0.0

    @classmethod
    def make(cls, **given: Any) -> LossOptions:  # noqa: ANN401 - checked here, field by field
        """Check names and values, and return the options.

        Raises:
            MetricError: an option is unknown or its value is not one it can take.
        """
        known = {f.name for f in fields(cls)}
        for name in given:
            if name not in known:
                raise d.MetricError(d.UnknownOption(None, name, ", ".join(sorted(known))))
        for name, allowed in (("surrogate", surrogates()), ("direction", get_args(Direction))):
            value = given.get(name, getattr(cls, name))
            if value != getattr(cls, name) and value not in allowed:
                wanted = " or ".join(f'"{word}"' for word in allowed)
                raise d.MetricError(d.WrongValue(None, name, repr(value), wanted))
        for name in ("from_logits", "rescaled"):
            if not isinstance(given.get(name, True), bool):
                wanted = "True or False"
                raise d.MetricError(d.WrongValue(None, name, repr(given[name]), wanted))
        numbers = {name: _number(name, given[name]) for name in _WANTED if name in given}
        return cls(**{**given, **numbers})


def surrogates() -> tuple[str, ...]:
    """Return the names that `surrogate` can be: those of the library."""
    return tuple(load_library().surrogates)


LARGEST = 1e30
"""Beyond this, products of options and counts would overflow."""

_WANTED: dict[str, tuple[str, Callable[[float], bool]]] = {
    "sharpness": ("a finite number above 0", lambda x: x > 0),
    "threshold": ("a number between 0 and 1", lambda x: 0 < x < 1),
    "smooth": ("a finite number, 0 or more", lambda x: x >= 0),
    "zero_division": ("a finite number, usually 0 or 1", lambda _: True),
}


def _number(name: str, value: object) -> float:
    wanted, is_good = _WANTED[name]
    number = cast("float", value if isinstance(value, Real) else math.nan)
    if not isinstance(value, bool) and abs(number) <= LARGEST and is_good(number):
        return float(number)
    raise d.MetricError(d.WrongValue(None, name, repr(value), wanted))

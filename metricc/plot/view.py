"""What a picture shows beside the metric: at which prevalence, and which surrogate."""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

from .. import diagnostics as d
from ..targets.options import LossOptions

SUFFIXES = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class View:
    """The options of a picture; those of the surrogate are called as in a loss."""

    prevalence: float = 0.5
    surrogate: str = "sigmoid"
    sharpness: float = 10.0
    threshold: float = 0.5
    rescaled: bool = False

    @classmethod
    def make(cls, **given: Any) -> View:  # noqa: ANN401 - checked here, field by field
        """Check names and values, and return the view.

        Raises:
            MetricError: an option is unknown or its value is not one it can take.
        """
        known = [f.name for f in fields(cls)]
        for name, value in given.items():
            if name not in known:
                wanted = f"one of the options of a plot: {', '.join(known)}"
                raise d.MetricError(d.WrongValue(None, name, repr(value), wanted))
        prevalence = given.pop("prevalence", cls.prevalence)
        _check_prevalence(prevalence)
        options = LossOptions.make(**{"surrogate": cls.surrogate, **given})
        return cls(float(prevalence), *(getattr(options, name) for name in known[1:]))


def _check_prevalence(value: object) -> None:
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 < float(value) < 1:
        wanted = "a number between 0 and 1: the share of positives"
        raise d.MetricError(d.WrongValue(None, "prevalence", repr(value), wanted))

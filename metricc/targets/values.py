"""The values that options of a loss can take, checked one by one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from .. import diagnostics as d
from ..library import load_library

if TYPE_CHECKING:
    from collections.abc import Callable

Direction = Literal["max", "min"]
Task = Literal["binary", "multilabel", "multiclass"]
Average = Literal["macro", "micro", "weighted", "none"]
Kernels = Literal["none", "c", "triton", "auto"]
MixWeights = Literal["slopes"]


def surrogates() -> tuple[str, ...]:
    """Return the names of the library's surrogates; `surrogate` can also be "softmax"."""
    return tuple(load_library().surrogates)


LARGEST = 1e30
"""Beyond this, products of options and counts would overflow."""

_LARGEST_INDEX = 2**31
_WANTED: dict[str, tuple[str, Callable[[float], bool]]] = {
    "sharpness": ("a finite number above 0", lambda x: x > 0),
    "threshold": ("a number between 0 and 1", lambda x: 0 < x < 1),
    "smooth": ("a finite number, 0 or more", lambda x: x >= 0),
    "zero_division": ("a finite number, usually 0 or 1", lambda _: True),
    "mix": ("a finite number, 0 or more", lambda x: x >= 0),
    "exponent": ("a finite number above 0", lambda x: x > 0),
    "momentum": ("a number from 0 to less than 1", lambda x: 0 <= x < 1),
}
_WORDS: dict[str, Callable[[], tuple[object, ...]]] = {
    "surrogate": lambda: (*surrogates(), "softmax"),
    "direction": lambda: get_args(Direction),
    "task": lambda: get_args(Task),
    "average": lambda: get_args(Average),
    "sync": lambda: (True, False, "mean", "sum"),
    "kernels": lambda: get_args(Kernels),
    "mix_weights": lambda: get_args(MixWeights),
}
_SWITCHES = ("from_logits", "rescaled", "per_sample", "log", "extended", "validate")


def checked(name: str, value: object) -> Any:  # noqa: ANN401 - as LossOptions types it
    """Return the value of an option, numbers in their plain types.

    Raises:
        MetricError: the option cannot take this value.
    """
    if name in _WORDS:
        return _word(name, value)
    if name in _SWITCHES:
        if isinstance(value, bool):
            return value
        raise d.MetricError(d.WrongValue(None, name, repr(value), "True or False"))
    if name in ("class_dim", "ignore_index"):
        return _integer(name, value, "an integer")
    if name == "weight":
        return _weights(value)
    if name == "classes":
        return _classes(value)
    return _number(name, value)


def _word(name: str, value: object) -> object:
    allowed = _WORDS[name]()
    if isinstance(value, str | bool) and value in allowed:
        return value
    wanted = " or ".join(f'"{word}"' if isinstance(word, str) else str(word) for word in allowed)
    raise d.MetricError(d.WrongValue(None, name, repr(value), wanted))


def _number(name: str, value: object) -> float:
    wanted, is_good = _WANTED[name]
    number = cast("float", value if isinstance(value, Real) else math.nan)
    if not isinstance(value, bool) and abs(number) <= LARGEST and is_good(number):
        return float(number)
    raise d.MetricError(d.WrongValue(None, name, repr(value), wanted))


def _integer(name: str, value: object, wanted: str) -> int:
    if (
        isinstance(value, Integral)
        and not isinstance(value, bool)
        and abs(int(value)) < _LARGEST_INDEX
    ):
        return int(value)
    raise d.MetricError(d.WrongValue(None, name, repr(value), wanted))


def _items(name: str, value: object, wanted: str) -> list[Any]:
    listed = value.tolist() if hasattr(value, "tolist") else value
    items = list(listed) if isinstance(listed, Iterable) and not isinstance(listed, str) else []
    if not items:
        raise d.MetricError(d.WrongValue(None, name, repr(value), wanted))
    return items


def _weights(value: object) -> tuple[float, ...]:
    wanted = "a number of 0 or more for each class that counts, not all 0"
    weights = _items("weight", value, wanted)
    numbers = [w if isinstance(w, Real) and not isinstance(w, bool) else math.nan for w in weights]
    if not all(0 <= float(number) <= LARGEST for number in numbers) or not any(numbers):
        raise d.MetricError(d.WrongValue(None, "weight", repr(value), wanted))
    return tuple(float(number) for number in numbers)


def _classes(value: object) -> tuple[int, ...]:
    wanted = "the indices of classes, each once, such as (1, 2)"
    indices = tuple(_integer("classes", i, wanted) for i in _items("classes", value, wanted))
    if min(indices) < 0 or len({*indices}) < len(indices):
        raise d.MetricError(d.WrongValue(None, "classes", repr(value), wanted))
    return indices

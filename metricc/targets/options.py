"""The options of a loss, the same words on the command line, in Python and in emitted code."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from .. import diagnostics as d
from ..frontend.names import nearest
from ..library import load_library

if TYPE_CHECKING:
    from collections.abc import Callable

Direction = Literal["max", "min"]
Task = Literal["binary", "multilabel", "multiclass"]
Average = Literal["macro", "micro", "weighted", "none"]


@dataclass(frozen=True)
class LossOptions:
    """Structural options fix the text; the numeric ones become constructor defaults.

    `surrogate` is one of the library's, or "softmax" for classes that exclude each other;
    `rescaled` stretches it to reach 0 and 1. `sharpness` is the paper's L: the surrogate's slope
    at the threshold is L/4. `smooth` is a pseudo-count added to each entry.

    `task` and `average` are torchmetrics' words; `per_sample` makes a confusion matrix of each
    sample. `weight` is a number per class, `classes` are those that count. `mix` weighs a cross
    entropy that is added; `log` takes -log M in the place of 1 - M, `exponent` its power.
    `sync` sums the entries over ranks, for trainers that average gradients ("mean") or add them.
    `momentum` keeps a running average of the entries. `extended` adds what a training script may
    ask for: a mask, counts, the hard metric. None means inferred from metric and task;
    `inferred` are the names of what was.
    """

    from_logits: bool = True
    surrogate: str | None = None
    rescaled: bool = False
    direction: Direction | None = None
    task: Task | None = None
    average: Average | None = None
    per_sample: bool = False
    class_dim: int = 1
    ignore_index: int | None = None
    weight: tuple[float, ...] | None = None
    classes: tuple[int, ...] | None = None
    mix: float = 0.0
    log: bool = False
    exponent: float = 1.0
    sync: bool | Literal["mean", "sum"] = False
    momentum: float = 0.0
    extended: bool = False
    sharpness: float = 10.0
    threshold: float = 0.5
    smooth: float = 0.0
    zero_division: float = 0.0
    inferred: tuple[str, ...] = ()

    @classmethod
    def make(cls, **given: Any) -> LossOptions:  # noqa: ANN401 - checked here, field by field
        """Check names and values, and return the options.

        Raises:
            MetricError: an option is unknown or its value is not one it can take.
        """
        known = {f.name: f.default for f in fields(cls) if f.name != "inferred"}
        for name in given:
            if name not in known:
                likely, listed = nearest(name, known), " ".join(sorted(known))
                raise d.MetricError(d.UnknownOption(None, name, listed, likely))
        checked = {}
        for name, value in given.items():
            is_default = type(value) is type(known[name]) and value == known[name]
            checked[name] = value if is_default else _checked(name, value)
        return cls(**checked)

    def resolved(self, *, is_joint: bool) -> LossOptions:
        """Return the options with what is inferred filled in; `is_joint` of the metric's classes.

        Raises:
            MetricError: two options, or an option and the metric, exclude each other.
        """
        task = self.task or ("multiclass" if is_joint else "binary")
        default = "identity" if task == "multiclass" else "sigmoid"
        average = self.average or ("macro" if task != "binary" and not is_joint else None)
        found = replace(self, task=task, average=average, surrogate=self.surrogate or default)
        names = ("task", "average", "surrogate")
        found = replace(found, inferred=tuple(n for n in names if getattr(self, n) is None))
        for conflict in _CONFLICTS:
            if conflict.applies(found, is_joint):
                raise d.MetricError(d.Conflict(None, *conflict.words))
        return found

    @property
    def has_classes(self) -> bool:
        """Tell whether the input has a class dimension."""
        return self.task != "binary"

    @property
    def is_grouped(self) -> bool:
        """Tell whether a batch holds more than one confusion matrix."""
        return self.has_classes or self.per_sample

    @property
    def is_softmax(self) -> bool:
        """Tell whether the classes exclude each other."""
        return self.task == "multiclass"

    @property
    def is_reshaped(self) -> bool:
        """Tell whether the metric is changed before it is averaged."""
        return self.log or self.exponent != 1


@dataclass(frozen=True)
class _ConflictRule:
    """Options that exclude each other, in the user's words, and what to do."""

    words: tuple[str, str]
    applies: Callable[[LossOptions, bool], bool]


def _needs_classes(o: LossOptions) -> bool:
    given = (o.weight is not None, o.classes is not None, o.class_dim != 1)
    is_average = o.average not in (None, "none") or (o.average == "none" and not o.per_sample)
    return any(given) or is_average


_CONFLICTS = (
    _ConflictRule(
        (
            'a metric with sums over classes and task="binary"',
            'give task="multiclass" or "multilabel"',
        ),
        lambda o, is_joint: is_joint and o.task == "binary",
    ),
    _ConflictRule(
        ("`average` or `weight` and a metric that has its own sums over classes", "leave them out"),
        lambda o, is_joint: is_joint and (o.average is not None or o.weight is not None),
    ),
    _ConflictRule(
        (
            '`average`, `weight`, `classes` or `class_dim` and task="binary"',
            'give task="multiclass" or "multilabel"',
        ),
        lambda o, _: o.task == "binary" and _needs_classes(o),
    ),
    _ConflictRule(
        ('`weight` and average="micro" or "none"', 'give average="macro" or "weighted"'),
        lambda o, _: o.weight is not None and o.average in ("micro", "none"),
    ),
    _ConflictRule(
        (
            'a soft decision of one probability and task="multiclass"',
            'give surrogate="identity" or "softmax"',
        ),
        lambda o, _: o.is_softmax and (o.surrogate not in ("identity", "softmax") or o.rescaled),
    ),
    _ConflictRule(
        (
            'surrogate="softmax" without task="multiclass"',
            'task="multiclass", or another surrogate',
        ),
        lambda o, _: not o.is_softmax and o.surrogate == "softmax",
    ),
    _ConflictRule(
        ("`log` and `exponent`", "give one of the two"),
        lambda o, _: o.log and o.exponent != 1,
    ),
    _ConflictRule(
        ("`momentum` or `sync` and `per_sample`", "give per_sample=False: samples do not add up"),
        lambda o, _: o.per_sample and (o.momentum > 0 or bool(o.sync)),
    ),
)


def surrogates() -> tuple[str, ...]:
    """Return the names of the library's surrogates; `surrogate` can also be "softmax"."""
    return tuple(load_library().surrogates)


LARGEST = 1e30
"""Beyond this, products of options and counts would overflow."""

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
}
_SWITCHES = ("from_logits", "rescaled", "per_sample", "log", "extended")


def _checked(name: str, value: object) -> Any:  # noqa: ANN401 - as LossOptions types it
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
    if isinstance(value, Integral) and not isinstance(value, bool):
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

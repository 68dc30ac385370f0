"""The options of a loss, the same words on the command line, in Python and in emitted code."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from .. import diagnostics as d
from ..frontend.names import nearest
from .values import Average, Direction, Kernels, MixWeights, Task, checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ir.typed import TypedMetric

_ELSEWHERE = {
    "class_weight": "weight",
    "class_weights": "weight",
    "gamma": "exponent",
    "include_background": "classes",
    "log_loss": "log",
    "reduction": "average",
}
"""What other libraries call an option."""


@dataclass(frozen=True)
class LossOptions:
    """Structural options fix the text; the numeric ones become constructor defaults.

    `surrogate` is one of the library's, or "softmax" for classes that exclude each other;
    `rescaled` stretches it to reach 0 and 1. `sharpness` is the paper's L: the surrogate's slope
    at the threshold is L/4. `smooth` is a pseudo-count added to each entry.

    `task` and `average` are torchmetrics' words; `per_sample` makes a confusion matrix of each
    sample. `weight` is a number per class, `classes` are those that count. `mix` weighs a cross
    entropy that is added, in which `mix_weights="slopes"` lets an error weigh what it costs the
    metric; `log` takes -log M in the place of 1 - M, `exponent` its power.
    `sync` sums the entries over ranks, for trainers that average gradients ("mean") or add them.
    `momentum` keeps a running average of the entries. `extended` adds what a training script may
    ask for: a mask, counts, the hard metric. `validate` looks at the values of each batch, on any
    device; without it loops do, and torch on a CPU at those of the first batches. `kernels` adds
    fused loops, in C for the CPU or in Triton for CUDA; "auto" both. None means inferred from
    metric and task; `inferred` are the names of what was.
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
    mix_weights: MixWeights | None = None
    log: bool = False
    exponent: float = 1.0
    sync: bool | Literal["mean", "sum"] = False
    momentum: float = 0.0
    extended: bool = False
    validate: bool = False
    kernels: Kernels = "none"
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
                likely = _ELSEWHERE.get(name) or nearest(name, known)
                listed = " ".join(sorted(known))
                raise d.MetricError(d.UnknownOption(None, name, listed, likely))
        if "average" in given and given["average"] is None:  # the "none" of torchmetrics
            raise d.MetricError(d.WrongValue(None, "average", "None", '"none" or "macro"'))
        values = {}
        for name, value in given.items():
            is_default = type(value) is type(known[name]) and value == known[name]
            values[name] = value if is_default else checked(name, value)
        return cls(**values)

    def resolved(self, metric: TypedMetric) -> LossOptions:
        """Return the options for `metric`, with what is inferred filled in.

        Raises:
            MetricError: two options, or an option and the metric, exclude each other.
        """
        is_joint = metric.is_joint
        task = self.task or ("multiclass" if is_joint else "binary")
        default = "identity" if task == "multiclass" else "sigmoid"
        average = self.average or ("macro" if task != "binary" and not is_joint else None)
        found = replace(self, task=task, average=average, surrogate=self.surrogate or default)
        names = ("task", "average", "surrogate")
        found = replace(found, inferred=tuple(n for n in names if getattr(self, n) is None))
        for conflict in _CONFLICTS:
            if conflict.applies(found, metric):
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
    applies: Callable[[LossOptions, TypedMetric], bool]


def _needs_classes(o: LossOptions) -> bool:
    given = (o.weight is not None, o.classes is not None, o.class_dim != 1)
    is_average = o.average not in (None, "none") or (o.average == "none" and not o.per_sample)
    return any(given) or is_average


def _is_whole(o: LossOptions) -> bool:
    return o.is_softmax and o.classes is None


def _is_sharpened_in_vain(o: LossOptions) -> bool:
    is_sharp = o.sharpness != LossOptions.sharpness and o.surrogate == "identity"
    return is_sharp or o.threshold != LossOptions.threshold


_CONFLICTS = (
    _ConflictRule(
        (
            'a metric with sums over classes and task="binary"',
            'give task="multiclass" or "multilabel"',
        ),
        lambda o, metric: metric.is_joint and o.task == "binary",
    ),
    _ConflictRule(
        ("`average` or `weight` and a metric that has its own sums over classes", "leave them out"),
        lambda o, metric: metric.is_joint and (o.average is not None or o.weight is not None),
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
        (
            "a metric of one class per sample and `classes` or another task",
            'give task="multiclass" and all classes',
        ),
        lambda o, metric: metric.of_classes == "exclusive" and not _is_whole(o),
    ),
    _ConflictRule(
        (
            '`sharpness` or `threshold` and the plain softmax of task="multiclass"',
            'give surrogate="softmax" for a sharpness; the most probable class needs no threshold',
        ),
        lambda o, _: o.is_softmax and _is_sharpened_in_vain(o),
    ),
    _ConflictRule(
        ("a `weight` per class that counts and `classes`", "give both the same length"),
        lambda o, _: bool(o.weight and o.classes) and len(o.weight or ()) != len(o.classes or ()),
    ),
    _ConflictRule(
        ("`log` and `exponent`", "give one of the two"),
        lambda o, _: o.log and o.exponent != 1,
    ),
    _ConflictRule(
        (
            '`mix`, surrogate="softmax" and kernels="c", which takes one softmax, not two',
            'give kernels="auto" or "none", or surrogate="identity"',
        ),
        lambda o, _: o.mix > 0 and o.surrogate == "softmax" and o.kernels == "c",
    ),
    _ConflictRule(
        ("`mix_weights` and mix=0", "give mix=0.5, or another weight of the cross entropy"),
        lambda o, _: o.mix_weights is not None and o.mix == 0,
    ),
    _ConflictRule(
        (
            '`mix_weights` and task="multiclass"',
            "leave it out: what one class gains there, others lose",
        ),
        lambda o, _: o.mix_weights is not None and o.is_softmax,
    ),
    _ConflictRule(
        ("`momentum` or `sync` and `per_sample`", "give per_sample=False: samples do not add up"),
        lambda o, _: o.per_sample and (o.momentum > 0 or bool(o.sync)),
    ),
)

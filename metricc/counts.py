"""Counts of hard decisions: one confusion matrix, or one of each class against the rest."""

from __future__ import annotations

import reprlib
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn

from .ir.program import Ref, walk
from .library import load_library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from .ir.program import Program
    from .ir.typed import TypedMetric

Array = Any
"""A numpy array; numpy is imported when something is counted."""
Counts = tuple[Array, Array, Array, Array]
"""TP, FP, FN, TN, as `Metric.value` takes them."""
_NUMBERS = "be a number or an array of numbers"


def check_counts(
    counts: Mapping[str, ArrayLike | None], program: Program, metric: TypedMetric
) -> tuple[dict[str, Array], tuple[int, ...]]:
    """Return what a program reads of counts, and the shape of its value.

    Raises:
        TypeError: an entry that the program reads is not given, or is no number.
        ValueError: a count is negative, the shapes do not broadcast, or there are no classes.
    """
    import numpy as np

    given: dict[str, Array] = {}
    for name, number in counts.items():
        if number is None:
            continue
        given[name] = _numbers(name, number).astype(np.longdouble)
        if (given[name] < 0).any():
            raise ValueError(f"{name} must not be negative")
    _refuse_missing([name for name in counts if name not in given], program, metric)
    shape = np.broadcast_shapes(*(array.shape for array in given.values()))
    if not metric.is_joint:
        return given, shape
    if not shape or not shape[-1]:
        raise ValueError("give counts as arrays, with one number per class on the last axis")
    given = {name: np.broadcast_to(array, shape) for name, array in given.items()}
    return {**given, "classes": np.longdouble(shape[-1])}, shape[:-1]


def _refuse_missing(missing: list[str], program: Program, metric: TypedMetric) -> None:
    """What the value does not read may be left out; nothing that it reads is taken to be 0."""
    reads = {e.name for a in program.value for e in walk(a.expr) if isinstance(e, Ref)}
    needed = [name for name in missing if name in reads]
    if needed:
        advice = ", ".join(f"{name}=…" for name in needed)
        what = metric.name or "the formula"
        raise TypeError(f"{what} reads {' and '.join(needed)}: give {advice}")


def _numbers(name: str, given: ArrayLike, wanted: str = _NUMBERS) -> Array:
    """Return numbers or bools as an array, those of torch without their gradient.

    Raises:
        TypeError: they are something else.
    """
    import numpy as np

    plain = given.detach().cpu().double() if hasattr(given, "detach") else given
    try:
        array = np.asarray(plain)
    except (TypeError, ValueError, RuntimeError):  # rows of several lengths, a list of tensors
        raise TypeError(f"{name} must {wanted}") from None
    is_number = array.dtype.kind in "biuf"
    if array.dtype.kind == "O":  # fractions, large integers
        is_number = all(isinstance(number, Real) for number in array.flat)
    if not is_number:
        raise TypeError(f"{name} must {wanted}, not {reprlib.repr(given)}")
    return array


def count(
    y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None, metric: TypedMetric
) -> Counts:
    """Return the counts of decisions that are 0 or 1, for a metric of one matrix.

    Raises:
        TypeError: labels or weights are no arrays of numbers.
        ValueError: shapes differ, a label is neither 0 nor 1, or a weight is negative.
    """
    truth, decided = (
        _decisions(name, labels, metric)
        for name, labels in (("y_true", y_true), ("y_pred", y_pred))
    )
    weight = _weights(truth, decided, sample_weight)
    cells = (truth & decided, ~truth & decided, truth & ~decided, ~truth & ~decided)
    tp, fp, fn, tn = (weight[cell].sum() for cell in cells)
    return tp, fp, fn, tn


def count_classes(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None,
    num_classes: int | None,
) -> Counts:
    """Return the counts of each class; there are as many as the largest label says, or as given.

    Raises:
        TypeError: labels or weights are no arrays of numbers.
        ValueError: shapes differ, a label is no class, or a weight is negative.
    """
    import numpy as np

    truth, decided = (
        _classes(name, labels, num_classes)
        for name, labels in (("y_true", y_true), ("y_pred", y_pred))
    )
    weight = _exact(_weights(truth, decided, sample_weight))
    largest = max((int(labels.max()) for labels in (truth, decided) if labels.size), default=0)
    size = largest + 1 if num_classes is None else num_classes
    is_hit = truth == decided
    tp, fp, fn = (
        np.bincount(labels[chosen], weight[chosen], size)
        for labels, chosen in ((truth, is_hit), (decided, ~is_hit), (truth, ~is_hit))
    )
    return tp, fp, fn, weight.sum() - tp - fp - fn


def _exact(weight: Array) -> Array:
    """Return weights to 2^-52 of their sum, which makes all sums of them exact.

    A truth or prediction of a single class then has zeros where it should.
    """
    import numpy as np

    step = 2 * np.spacing(weight.sum())
    return np.round(weight / step) * step


def _weights(truth: Array, decided: Array, sample_weight: ArrayLike | None) -> Array:
    """Return a weight for each sample."""
    import numpy as np

    if truth.shape != decided.shape:
        shapes = f"{truth.shape} and {decided.shape}"
        raise ValueError(f"y_true and y_pred must have the same shape, not {shapes}")
    weight = _numbers("sample_weight", 1.0 if sample_weight is None else sample_weight)
    weight = weight.astype(float)
    if not ((weight >= 0) & (weight < np.inf)).all():
        raise ValueError("sample_weight must be finite and 0 or more")
    try:
        return np.broadcast_to(weight, truth.shape)
    except ValueError:
        shapes = f"{weight.shape} and {truth.shape}"
        raise ValueError(f"sample_weight must broadcast to y_true, not {shapes}") from None


def _decisions(name: str, labels: ArrayLike, metric: TypedMetric) -> Array:
    import numpy as np

    array = _numbers(name, labels, "hold hard decisions, 0 or 1")
    is_label = (array == 0) | (array == 1)
    if not is_label.all():
        found = np.extract(~is_label, array)[0]
        if ((array >= 0) & (array == np.floor(array))).all():
            advice = f'of several classes, score with metricc.compile("{of_classes(metric)}")'
        else:
            advice = f"decide first, as in {name} >= 0.5"
        raise ValueError(f"{name} must hold hard decisions, 0 or 1, not {found:g}; {advice}")
    return array.astype(bool)


def refuse_keyword(name: str, metric: TypedMetric) -> NoReturn:
    """Say that `score` does not take a keyword, and where to go for several classes.

    Raises:
        TypeError: always.
    """
    if metric.is_joint:
        raise TypeError(
            f"score has no keyword `{name}`; it has sample_weight, num_classes and zero_division"
        )
    advice = f'of several classes, score with metricc.compile("{of_classes(metric)}")'
    raise TypeError(
        f"score has no keyword `{name}` for a metric of two classes, but sample_weight and"
        f" zero_division; {advice}"
    )


def of_classes(metric: TypedMetric) -> str:
    """Return what to compile in the place of a metric of two classes where there are more."""
    library = load_library()
    named = {f"multiclass_{metric.name}", metric.of_classes} & library.metrics.keys()
    if named or library.find(metric.name) is None:
        return min(named, default="mean(…)")
    values = ", ".join(f"{p.name}={float(p.default):g}" for p in metric.parameters)
    return f"mean({metric.name}({values}))" if values else f"mean({metric.name})"


def _classes(name: str, labels: ArrayLike, num_classes: int | None) -> Array:
    import numpy as np

    array = _numbers(name, labels, "hold classes, 0, 1, 2 and so on")
    limit = np.inf if num_classes is None else num_classes
    is_class = (array >= 0) & (array < limit) & (array == np.floor(array))
    if not is_class.all():
        found = np.extract(~is_class, array)[0]
        end = "and so on" if num_classes is None else f"up to {num_classes - 1}"
        raise ValueError(f"{name} must hold classes, 0, 1, 2 {end}, not {found}")
    return array.astype(np.int64)

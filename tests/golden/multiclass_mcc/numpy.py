# made by metricc 0.1.0; edit the formula, not this file
# formula: let size = sum(AP) in let chance = sum(AP*PP) in (size*sum(TP) - chance) / sqrt((size^2 - sum(PP^2))*(size^2 - sum(AP^2)))
# over the entries: (sum(TP + FN)*sum(TP) - sum((TP + FN)*(TP + FP)))/sqrt((sum(TP + FN)^2 - sum((TP + FP)^2))*(sum(TP + FN)^2 - sum((TP + FN)^2)))
# command: metricc compile multiclass_mcc --target numpy
"""multiclass_mcc: M of hard decisions, with scikit-learn's arguments; needs numpy alone.

Value of M from the entries:

    pp = tp + fp
    ap = tp + fn
    size = sum_over(ap)
    size_sq = size * size
    s = size_sq - sum_over(ap * ap)
    d = sqrt((size_sq - sum_over(pp * pp)) * s)
    chance = sum_over(pp * ap)
    value = (sum_over(tp) * size - chance) / d

Singular places, where the functions below bound it:

    0/0: a truth of a single class, or a single class for all predictions
"""

import numpy as np


def multiclass_mcc(
    y_true, y_pred, *, labels=None, sample_weight=None, zero_division=0.0
):
    """Return M of hard decisions as a float; scikit-learn's arguments.

    y_true, y_pred: labels of any number of classes, in arrays of one shape
    labels: the classes, also those that do not occur; None means those that do
    sample_weight: weights of 0 or more that broadcast to the labels
    zero_division: value of 0/0; may be nan
    """
    entries = count_classes(y_true, y_pred, labels, sample_weight)
    value = multiclass_mcc_from_counts(*entries, zero_division=zero_division)
    return float(value)


@np.errstate(all="ignore")  # what numpy would warn of has a stated value
def multiclass_mcc_from_counts(tp, fp, fn, tn, *, zero_division=0.0):
    """Return M of counts, each class against the rest; the classes are the last axis."""
    tp, fp, fn, tn = as_counts(tp, fp, fn, tn)
    check_last_axis(tp)
    pp = tp + fp
    ap = tp + fn
    size = sum_over(ap)
    size_sq = size * size
    s = size_sq - sum_over(ap * ap)
    d = sqrt((size_sq - sum_over(pp * pp)) * s)
    chance = sum_over(pp * ap)
    value = quotient(sum_over(tp) * size - chance, d, zero_division)
    return value[..., 0][()]


def count_classes(y_true, y_pred, labels, sample_weight):
    """Return tp, fp, fn, tn of each class: how many samples, or how much weight, they hold."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    classes = find_classes(y_true, y_pred, labels)
    weight = exact_weights(sample_weight, y_true.shape).ravel()
    actual, predicted = (np.searchsorted(classes, y.ravel()) for y in (y_true, y_pred))
    hit, size = actual == predicted, len(classes)
    tp = np.bincount(actual[hit], weight[hit], size)
    fp = np.bincount(predicted[~hit], weight[~hit], size)
    fn = np.bincount(actual[~hit], weight[~hit], size)
    return tp, fp, fn, weight.sum() - tp - fp - fn


def find_classes(y_true, y_pred, labels):
    """Return the classes in order; raise unless both arrays hold these alone, in one shape."""
    if y_true.shape != y_pred.shape:
        shapes = f"{y_true.shape} and {y_pred.shape}"
        raise ValueError(f"y_true and y_pred must have the same shape, not {shapes}")
    try:
        found = {*np.unique(y_true).tolist(), *np.unique(y_pred).tolist()}
        classes = sorted(found if labels is None else {*np.unique(labels).tolist()})
    except TypeError:
        raise ValueError("labels must be all numbers or all strings") from None
    floats = [label for label in {*found, *classes} if isinstance(label, float)]
    if not all(label.is_integer() for label in floats):
        raise ValueError("y_true, y_pred and labels must hold labels, not scores")
    if others := sorted(found.difference(classes), key=str):
        shown = ", ".join(map(repr, others[:5]))
        raise ValueError(f"y_true and y_pred hold {shown}, which labels lacks")
    if not classes:
        raise ValueError("y_true and y_pred are empty, and labels names no class")
    return np.array(classes)


def exact_weights(sample_weight, shape):
    """Return the weight of each sample, to 2^-52 of their sum, which makes all sums exact."""
    weight = as_weight(sample_weight, shape)
    step = 2 * np.spacing(weight.sum())
    return np.round(weight / step) * step


def check_last_axis(counts):
    """Raise unless there is an axis of classes."""
    if not counts.ndim or not counts.shape[-1]:
        raise ValueError("counts must have the classes on their last axis")


def as_counts(*counts):
    """Return arrays of one shape."""
    arrays = np.broadcast_arrays(*(np.asarray(count, dtype=float) for count in counts))
    for name, array in zip(("tp", "fp", "fn", "tn"), arrays):
        if (array < 0).any():
            raise ValueError(f"{name} must not be negative")
    return arrays


def as_weight(sample_weight, shape):
    """Return the weight of each sample."""
    weight = np.asarray(1.0 if sample_weight is None else sample_weight, dtype=float)
    if not ((weight >= 0) & (weight < np.inf)).all():
        raise ValueError("sample_weight must be finite and 0 or more")
    try:
        return np.broadcast_to(weight, shape)
    except ValueError:
        shapes = f"{weight.shape} and {shape}"
        raise ValueError(f"sample_weight must fit y_true, not {shapes}") from None


def quotient(x, y, zero_division):
    """Return x / y; 0/0 is `zero_division`, and x/0 is ±3.4e38, the bound of float32."""
    bound = np.where(x == 0, float(zero_division), np.sign(x) * 3.4e38)
    return np.where(y == 0, bound, np.divide(x, y))


def sqrt(x):
    """Return the root of x, and 0 where x is not positive."""
    return np.sqrt(np.maximum(x, 0))


def sum_over(x):
    """Return the sum over all classes, in an axis of one."""
    return np.sum(x, axis=-1, keepdims=True)

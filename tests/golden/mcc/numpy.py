# made by metricc 0.1.0; edit the formula, not this file
# formula: (TP*TN - FP*FN) / sqrt((TP + FP)*(TP + FN)*(TN + FP)*(TN + FN))
# command: metricc compile mcc --target numpy
"""mcc: M of hard decisions, with scikit-learn's arguments; needs numpy alone.

Value of M from the entries:

    pp = tp + fp
    ap = tp + fn
    an = tn + fp
    pn = tn + fn
    d = sqrt(pp * ap * an * pn)
    value = (tp * tn - fp * fn) / d

Singular places, where the functions below bound it:

    0/0: no predicted positives, or no actual positives, or no actual negatives, or no
         predicted negatives
"""

import numpy as np


def mcc(y_true, y_pred, *, pos_label=1, sample_weight=None, zero_division=0.0):
    """Return M of hard decisions as a float; scikit-learn's arguments.

    y_true, y_pred: labels of two classes, in arrays of one shape
    pos_label: the label that counts as positive
    sample_weight: weights of 0 or more that broadcast to the labels
    zero_division: value of 0/0; may be nan
    """
    entries = count_entries(y_true, y_pred, pos_label, sample_weight)
    value = mcc_from_counts(*entries, zero_division=zero_division)
    return float(value)


@np.errstate(all="ignore")  # what numpy would warn of has a stated value
def mcc_from_counts(tp, fp, fn, tn, *, zero_division=0.0):
    """Return M of counts, numbers or arrays that broadcast."""
    tp, fp, fn, tn = as_counts(tp, fp, fn, tn)
    pp = tp + fp
    ap = tp + fn
    an = tn + fp
    pn = tn + fn
    d = sqrt(pp * ap * an * pn)
    value = quotient(tp * tn - fp * fn, d, zero_division)
    return value[()]


def count_entries(y_true, y_pred, pos_label, sample_weight):
    """Return tp, fp, fn, tn: how many samples, or how much weight, each of them holds."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    check_labels(y_true, y_pred, pos_label)
    weight = as_weight(sample_weight, y_true.shape)
    actual, predicted = y_true == pos_label, y_pred == pos_label
    tp, fp = actual & predicted, ~actual & predicted
    fn, tn = actual & ~predicted, ~actual & ~predicted
    return [weight[entry].sum() for entry in (tp, fp, fn, tn)]


def check_labels(y_true, y_pred, pos_label):
    """Raise unless both hold `pos_label` and at most one other label, in the same shape."""
    if y_true.shape != y_pred.shape:
        shapes = f"{y_true.shape} and {y_pred.shape}"
        raise ValueError(f"y_true and y_pred must have the same shape, not {shapes}")
    labels = {*np.unique(y_true).tolist(), *np.unique(y_pred).tolist()}
    if any(isinstance(label, float) and not label.is_integer() for label in labels):
        raise ValueError("y_true and y_pred must hold labels, not scores")
    if len(labels) > 2 or (len(labels) == 2 and pos_label not in labels):
        found = ", ".join(map(repr, sorted(labels, key=str)[:5]))
        raise ValueError(f"labels must be {pos_label!r} and one other, not {found}")


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

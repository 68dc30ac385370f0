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

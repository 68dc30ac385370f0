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

def __NAME__(__SCORE_ARGUMENTS__):
    """Return M of hard decisions as a float; scikit-learn's arguments.

    y_true, y_pred: labels of any number of classes, in arrays of one shape
    __ARGUMENT_DOCS__
    """
    entries = count_classes(y_true, y_pred, labels, sample_weight)
    value = __NAME___from_counts(__SCORE_CALL__)
    return float(value)


@np.errstate(all="ignore")  # what numpy would warn of has a stated value
def __NAME___from_counts(__COUNT_ARGUMENTS__):
    """Return M of counts, each class against the rest; the classes are the last axis."""
    tp, fp, fn, tn = as_counts(tp, fp, fn, tn)
    check_last_axis(tp)
    __VALUE__
    return value[..., 0][()]

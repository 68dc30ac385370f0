def metric_value(__METRIC_ARGUMENTS__):
    """Return the metric alone, as it is before the loss takes __SHAPE__ of it."""
    __METRIC_VALUE__
    return value

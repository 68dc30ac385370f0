def log_loss(input, target, sample_weight):
    """Return the cross entropy of positives, that of negatives, and the number of each."""
    target = target.to(input.dtype)
    __LOG_LOSS_BEFORE__
    misses = -__OF_POSITIVES__
    alarms = -__OF_NEGATIVES__
    sums = [misses, alarms, target, 1 - target]
    if sample_weight is not None:  # large ones add up to more than float32 holds
        sums = [precise(sample_weight) * x for x in sums]
    __LOG_LOSS_SUMS__


def log_loss_backward(scale, pos_root, neg_root, input, target, sample_weight):
    """Return the gradient of `scale` times that sum, each side times its root squared."""
    positive, negative = target * pos_root, (1 - target) * neg_root
    if sample_weight is not None:  # in this order, in which nothing overflows
        positive = sample_weight.to(input.dtype) * positive
        negative = sample_weight.to(input.dtype) * negative
    positive, negative = positive * pos_root, negative * neg_root
    __LOG_LOSS_SIDES_SLOPE__

def soft_counts(__COUNT_ARGUMENTS__):
    """Return the soft entries __ENTRIES__; nothing else in forward reads the batch."""
    pred, rest = surrogate(widen(input)__SURROGATE_OPTIONS__)
    if sample_weight is not None:
        pred, rest = sample_weight * pred, sample_weight * rest
    __COUNTS__


def value_and_slopes(__PROGRAM_ARGUMENTS__):
    """Return the metric and dM/da at a positive and at a negative, from the entries."""
    # value
    __VALUE__

    # slopes
    __SLOPES__
    return value, grad_pos, grad_neg


def pull_back(__PULL_ARGUMENTS__):
    """Return the gradient for the input; nothing else in backward reads the batch."""
    wide = widen(input)
    pos = target.to(wide.dtype)
    # Slopes may exceed float32 where the gradient does not: a root of them at either end.
    root = (1 + abs(grad_pos) + abs(grad_neg)) ** 0.5
    grad = pos * (grad_pos / root) + (1 - pos) * (grad_neg / root)
    if sample_weight is not None:
        grad = sample_weight * grad
    grad = surrogate_backward(grad, wide__SURROGATE_OPTIONS__) * root
    limit = torch.finfo(input.dtype).max
    grad = grad.clamp(-limit, limit) * scale  # what a loss scale adds may overflow
    return grad.to(input.dtype)

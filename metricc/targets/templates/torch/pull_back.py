def pull_back(__PULL_ARGUMENTS__, soft=None):
    """Return the gradient for the input; nothing else in backward reads the batch."""
    wide = widen(__HEEDED__)
    pos = __TARGET__.to(wide)
    soft = soft or surrogate(wide__SURROGATE_OPTIONS__)
    # Slopes may exceed float32 where the gradient does not: a root of them at either end.
    root = (1e-30 + abs(grad_pos) + abs(grad_neg)) ** 0.5
    __PULL_SMALL__
    __GRAD__
    __SCALE_FIRST__
    if sample_weight is not None:  # so that no product below overflows
        grad = (sample_weight * grad).clamp(-1e35, 1e35)
    grad = surrogate_backward(grad, wide, *soft__SURROGATE_OPTIONS__) * root
    limit = torch.finfo(input.dtype).max
    grad = grad.clamp(-limit, limit)__SCALE__
    __PULL_LOG_LOSS__
    return grad.to(input.dtype)

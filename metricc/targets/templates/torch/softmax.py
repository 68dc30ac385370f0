def surrogate(input__SURROGATE_OPTIONS__):
    """Return a = __SOFTMAX__, classes in dimension 1, and 1 - a."""
    pred = __PRED__
    return pred, 1 - pred


def surrogate_backward(grad, input__SURROGATE_OPTIONS__):
    """Return grad times the Jacobian of a, which is symmetric__FOR__."""
    pred = __PRED__
    shift = (pred * grad).sum(1, keepdim=True)
    return __SOFTMAX_SLOPE__

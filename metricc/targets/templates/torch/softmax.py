def surrogate(input__SURROGATE_OPTIONS__):
    """Return a = __SOFTMAX__, classes in dimension 1, and 1 - a."""
    pred = __PRED__
    return pred, from_others(1 - pred, pred, pred)


def surrogate_backward(grad, input__SURROGATE_OPTIONS__):
    """Return grad times the Jacobian of a, which is symmetric__FOR__."""
    pred = __PRED__
    shift = (pred * grad).sum(1, keepdim=True)
    __SOFTMAX_SLOPE__


def from_others(x, pred, parts):
    """Return x, but at the largest pred the sum of all other parts: a difference loses digits."""
    top = pred.argmax(1, keepdim=True)
    return x.scatter(1, top, parts.scatter(1, top, 0).sum(1, keepdim=True))

def surrogate(input__SURROGATE_OPTIONS__):
    """Return a = __SOFTMAX__, classes in dimension 1, and 1 - a."""
    pred = __PRED__
    return pred, from_others(1 - pred, pred, pred)


def surrogate_backward(grad, input, pred, rest__SURROGATE_OPTIONS__):
    """Return grad times the Jacobian of a, which is symmetric__FOR__."""
    shift = (pred * grad).sum(1, keepdim=True)
    __SOFTMAX_SLOPE__


def from_others(x, pred, parts):
    """Return x, but for a pred above 1/2 the sum of all other parts: a difference loses digits."""
    is_top = pred > 0.5
    return torch.where(is_top, parts.masked_fill(is_top, 0).sum(1, keepdim=True), x)

@triton.jit
def soft(__SOFT_ARGUMENTS__):
    """Return the shares of the classes, and 1 - each."""
    pred = _softmax(__LOGITS__, is_class)
    return pred, _from_others(1 - pred, label, pred, pred)


@triton.jit
def soft_backward(grad, __SOFT_ARGUMENTS__):
    """Return grad times the Jacobian of the shares, which is symmetric__FOR__."""
    pred = _softmax(__LOGITS__, is_class)
    shift = tl.sum(pred * grad, 1, keep_dims=True)
    grad = pred * (grad - shift)
    grad = _from_others(grad, label, pred, -grad)
    return grad__CHAIN__

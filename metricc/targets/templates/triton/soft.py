@triton.jit
def soft(__SOFT_ARGUMENTS__):
    """Return the soft decision a of each element, and 1 - a."""
    __SOFT__
    return pred, rest


@triton.jit
def soft_backward(grad, __SOFT_ARGUMENTS__):
    """Return grad * da/dinput."""
    __SLOPE__

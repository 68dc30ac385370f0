def surrogate(input):
    """Return the probability a = input, and 1 - a."""
    return input, 1 - input


def surrogate_backward(grad, input):
    """Return grad * da/dinput."""
    return grad

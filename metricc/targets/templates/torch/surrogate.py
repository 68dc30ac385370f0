def surrogate(input__SURROGATE_OPTIONS__):
    """Return __DECISION__, and 1 - a.__INTRODUCTION__"""
    __SOFT__


def surrogate_backward(grad, input, pred, rest__SURROGATE_OPTIONS__):
    """Return grad * da/dinput__HOW__."""
    __SLOPE__

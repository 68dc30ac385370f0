@triton.jit
def value_and_slopes_in_doubles(__PROGRAM_ARGUMENTS__):
    """Return the metric and dM/da at a positive and at a negative, from the entries."""
    # value
    __VALUE__

    # slopes
    __SLOPES__
    return value, grad_pos, grad_neg

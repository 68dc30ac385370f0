@triton.jit
def decide(__DECISION_NUMBERS__, DTYPE: tl.constexpr):
    """Return the numbers of the soft decision, made from doubles."""
    __DECISION__
    return __DECIDED__

def linearize(__CALL_ARGUMENTS__):
    """Return the loss and its slopes."""
    __ENTRIES_OF_BATCH__
    __SMOOTH__
    value, grad_pos, grad_neg = value_and_slopes(__PROGRAM_CALL__)
    __SPREAD__
    __MEAN_LOG_LOSS__
    __RETURN_BOUNDED__

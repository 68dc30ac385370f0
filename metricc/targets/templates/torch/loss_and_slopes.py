def loss_and_slopes(entries__LOSS_ARGUMENTS__):
    """Return the loss and its slopes, of what was counted: floats or tensors."""
    __SPLIT__
    __SMOOTH__
    value, grad_pos, grad_neg = value_and_slopes(__PROGRAM_CALL__)
    __MEAN_LOG_LOSS__
    __RETURN_BOUNDED__


def linearize(__CALL_ARGUMENTS__):
    """Return the loss and its slopes."""
    __ENTRIES_OF_BATCH__
    return loss_and_slopes(entries__LOSS_ARGUMENTS__)

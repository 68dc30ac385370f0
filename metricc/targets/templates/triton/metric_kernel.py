@triton.jit
def metric_kernel(
    parts_ptr,
    loss_ptr,
    slopes_ptr,
    programs,
    __DOUBLES_OF_METRIC__
    LIMIT: tl.constexpr,
    BLOCK_SIZE: tl.constexpr,
):
    """Store the loss and its slopes; one program, so the parts add up in one order."""
    __FULL_DOUBLES__
    offsets = tl.arange(0, BLOCK_SIZE)
    mask = offsets < programs
    __LOAD_ENTRIES__
    value, grad_pos, grad_neg = value_and_slopes_in_doubles(__PROGRAM_ARGUMENTS__)
    tl.store(loss_ptr, _clamp(__LOSS__, -LIMIT, LIMIT))
    tl.store(slopes_ptr, _clamp(__SIGN__grad_pos, -1e60, 1e60))
    tl.store(slopes_ptr + 1, _clamp(__SIGN__grad_neg, -1e60, 1e60))

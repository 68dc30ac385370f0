@triton.jit
def count_kernel(
    input_ptr,
    target_ptr,
    weight_ptr,
    parts_ptr,
    size,
    __DOUBLES_OF_DECISION__
    DTYPE: tl.constexpr,
    BLOCK_SIZE: tl.constexpr,
):
    """Store the soft entries of every n-th block of the batch, n programs side by side."""
    program, programs = tl.program_id(0).to(tl.int64), tl.num_programs(0)
    __DECIDE__
    __ZEROS__
    for block_start in range(program * BLOCK_SIZE, size, programs * BLOCK_SIZE):
        offsets = block_start + tl.arange(0, BLOCK_SIZE)
        mask = offsets < size
        __LOAD__
        pred, rest = soft(__SOFT_CALL__)
        # what weighs nothing, or lies beyond the batch, is in no entry
        if weight_ptr is not None:
            # large weights add up to more than float32 holds
            weight = weight.to(tl.float64)
            pred, rest = weight * pred, weight * rest
        pred, rest = tl.where(mask, pred, 0), tl.where(mask, rest, 0)
        __COUNTS__
    __STORE_PARTS__

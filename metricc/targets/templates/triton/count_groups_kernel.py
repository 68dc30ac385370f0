@triton.jit
def count_kernel(
    input_ptr,
    target_ptr,
    weight_ptr,
    parts_ptr,
    input_strides,
    target_strides,
    weight_strides,
    samples,
    sites,
    classes,
    programs,
    __DOUBLES_OF_DECISION__
    IS_INDEX: tl.constexpr,
    DTYPE: tl.constexpr,
    BLOCK_SITES: tl.constexpr,
    BLOCK_CLASSES: tl.constexpr,
):
    """Store the soft entries of each class, of every n-th block of a group of samples."""
    number, groups = tl.program_id(0).to(tl.int64), tl.num_programs(0) // programs
    group, program = number // programs, number % programs
    label = tl.arange(0, BLOCK_CLASSES)[None, :]
    is_class = label < classes
    __DECIDE__
    __ZEROS__
    size = samples * sites
    for block_start in range(program * BLOCK_SITES, size, programs * BLOCK_SITES):
        place = block_start + tl.arange(0, BLOCK_SITES)[:, None]
        sample, site = group * samples + place // sites, place % sites
        mask = (place < size) & is_class
        __LOAD__
        pred, rest = soft(__SOFT_CALL__)
        # what weighs nothing, or lies beyond the batch, is in no entry
        if weight_ptr is not None:
            # large weights add up to more than float32 holds
            weight = weight.to(tl.float64)
            pred, rest = weight * pred, weight * rest
        pred, rest = tl.where(mask, pred, 0), tl.where(mask, rest, 0)
        __COUNTS__
    label = tl.arange(0, BLOCK_CLASSES)
    first = parts_ptr + (group * classes + label) * programs + program
    row, mask = groups * classes * programs, label < classes
    __STORE_PARTS__

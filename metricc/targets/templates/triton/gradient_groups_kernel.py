@triton.jit
def gradient_kernel(
    input_ptr,
    target_ptr,
    weight_ptr,
    slopes_ptr,
    gradient_ptr,
    input_strides,
    target_strides,
    weight_strides,
    gradient_strides,
    samples,
    sites,
    classes,
    programs,
    __DOUBLES_OF_DECISION__
    IS_INDEX: tl.constexpr,
    DTYPE: tl.constexpr,
    LIMIT: tl.constexpr,
    BLOCK_SITES: tl.constexpr,
    BLOCK_CLASSES: tl.constexpr,
):
    """Store the gradient of every n-th block of a group of samples."""
    number, groups = tl.program_id(0).to(tl.int64), tl.num_programs(0) // programs
    group, program = number // programs, number % programs
    label = tl.arange(0, BLOCK_CLASSES)[None, :]
    is_class = label < classes
    # Slopes may exceed float32 where the gradient does not: a root of them at either end.
    first, row = slopes_ptr + group * classes + label, groups * classes
    grad_pos = tl.load(first, is_class, other=0)
    grad_neg = tl.load(first + row, is_class, other=0)
    scale = tl.load(first + 2 * row, is_class, other=0).to(DTYPE)
    root = tl.sqrt(1e-30 + tl.abs(grad_pos) + tl.abs(grad_neg))
    __SHARED_ROOT__
    grad_pos, grad_neg = (grad_pos / root).to(DTYPE), (grad_neg / root).to(DTYPE)
    root = root.to(DTYPE)
    __DECIDE__
    size = samples * sites
    for block_start in range(program * BLOCK_SITES, size, programs * BLOCK_SITES):
        place = block_start + tl.arange(0, BLOCK_SITES)[:, None]
        sample, site = group * samples + place // sites, place % sites
        mask = (place < size) & is_class
        __LOAD__
        # dloss/dinput = (target dloss/da at positives + (1 - target) at negatives) da/dinput
        grad = target * grad_pos + (1 - target) * grad_neg
        __SCALE_FIRST__
        if weight_ptr is not None:  # so that no product below overflows
            grad = _clamp(weight * grad, -1e35, 1e35)
        grad = soft_backward(grad, __SOFT_CALL__)
        # what a loss scale adds may overflow
        grad = _clamp(grad * root, -LIMIT, LIMIT)__SCALE_LAST__
        place = _at(gradient_ptr, gradient_strides, sample, label, site)
        tl.store(place, grad, mask)

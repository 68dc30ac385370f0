@triton.jit
def gradient_kernel(
    input_ptr,
    target_ptr,
    weight_ptr,
    slopes_ptr,
    grad_output_ptr,
    gradient_ptr,
    size,
    __DOUBLES_OF_DECISION__
    DTYPE: tl.constexpr,
    LIMIT: tl.constexpr,
    BLOCK_SIZE: tl.constexpr,
):
    """Store the gradient of a block of the batch."""
    # Slopes may exceed float32 where the gradient does not: a root of them at either end.
    grad_pos, grad_neg = tl.load(slopes_ptr), tl.load(slopes_ptr + 1)
    root = tl.sqrt(1e-30 + tl.abs(grad_pos) + tl.abs(grad_neg))
    grad_pos, grad_neg = (grad_pos / root).to(DTYPE), (grad_neg / root).to(DTYPE)
    scale = tl.load(grad_output_ptr).to(DTYPE)
    __DECIDE__
    offsets = tl.program_id(0).to(tl.int64) * BLOCK_SIZE + tl.arange(0, BLOCK_SIZE)
    mask = offsets < size
    __LOAD__
    # dloss/dinput = (target dloss/da at positives + (1 - target) at negatives) da/dinput
    grad = target * grad_pos + (1 - target) * grad_neg
    if weight_ptr is not None:  # so that no product below overflows
        grad = _clamp(weight * grad, -1e35, 1e35)
    grad = soft_backward(grad, __SOFT_CALL__)
    # what a loss scale adds may overflow
    grad = _clamp(grad * root.to(DTYPE), -LIMIT, LIMIT) * scale
    tl.store(gradient_ptr + offsets, grad, mask)

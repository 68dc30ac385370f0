class __NAME__Triton(torch.autograd.Function):
    """The same by Triton kernels, each of which reads the batch once; saves its inputs only."""

    @staticmethod
    def forward(ctx, __DATA__, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        ctx.save_for_backward(__DATA__)
        ctx.options = options
        with torch.cuda.device_of(input):
            __PARTS__
            loss, ctx.slopes = launch_metric(input, parts__METRIC_NUMBERS__)
        return loss

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; one that is differentiated or batched itself comes from torch."""
        if not is_plain(grad_output):
            return __NAME__.backward(ctx, grad_output)
        batch = ctx.saved_tensors__SAVED__
        with torch.cuda.device_of(grad_output):
            gradient = launch_gradient(grad_output, ctx.slopes, *batch__PULL_OPTIONS__)
        return gradient, __NONES__


def launch_counts(__COUNT_ARGUMENTS__):
    """Return the soft entries __ENTRIES__ of each program's share of the batch, as rows."""
    blocks = triton.cdiv(input.numel(), BLOCK_SIZE)
    programs = min(max(blocks, 1), PROGRAMS)
    parts = input.new_empty((__ROWS__, programs), dtype=torch.float64)
    count_kernel[(programs,)](
        *flat(input, target, sample_weight),
        parts,
        input.numel(),
        __LAUNCH_DECISION__
        DTYPE=tl.float64 if input.dtype == torch.float64 else tl.float32,
        BLOCK_SIZE=BLOCK_SIZE,
    )
    return parts


def launch_metric(__LAUNCH_METRIC_ARGUMENTS__):
    """Return the loss, and its slopes at a positive and at a negative, on the device."""
    dtype = torch.promote_types(input.dtype, torch.float32)
    loss = input.new_empty((), dtype=dtype)
    slopes = input.new_empty(2, dtype=torch.float64)
    metric_kernel[(1,)](
        parts,
        loss,
        slopes,
        parts.shape[1],
        __LAUNCH_METRIC__
        LIMIT=torch.finfo(dtype).max,
        BLOCK_SIZE=PROGRAMS,
    )
    return loss, slopes


def launch_gradient(__LAUNCH_GRADIENT_ARGUMENTS__):
    """Return the gradient for the input."""
    gradient = torch.empty_like(input, memory_format=torch.contiguous_format)
    if input.numel() == 0:
        return gradient
    gradient_kernel[(triton.cdiv(input.numel(), BLOCK_SIZE),)](
        *flat(input, target, sample_weight),
        slopes,
        grad_output,
        gradient,
        input.numel(),
        __LAUNCH_DECISION__
        DTYPE=tl.float64 if input.dtype == torch.float64 else tl.float32,
        LIMIT=torch.finfo(input.dtype).max,
        BLOCK_SIZE=BLOCK_SIZE,
    )
    return gradient


def flat(input, target, sample_weight):
    """Return the batch as kernels read it: one element after the other."""
    if sample_weight is not None:
        sample_weight = sample_weight.expand_as(input).contiguous()
    return input.contiguous(), target.contiguous(), sample_weight

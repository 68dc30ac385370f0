class __NAME__Triton(torch.autograd.Function):
    """The same by Triton kernels, each of which reads the batch once; saves its inputs only."""

    @staticmethod
    def forward(ctx, __DATA__, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        ctx.save_for_backward(__DATA__)
        ctx.options = options
        if counts is None:
            counts = launch_counts(__COUNT_CALL__)
        loss, *ctx.slopes = linearize(__DATA__, *options)
        return rounded(loss, input)

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; one that is differentiated or batched itself comes from torch."""
        if not is_plain(grad_output):
            return __NAME__.backward(ctx, grad_output)
        batch = ctx.saved_tensors__SAVED__
        slopes = *ctx.slopes, grad_output
        gradient = launch_gradient(slopes, *batch__PULL_OPTIONS__)
        return gradient, __NONES__


def launch_counts(__COUNT_ARGUMENTS__):
    """Return the soft entries __ENTRIES__, a row each, in float64."""
    shape = __SHAPE__
    if input.numel() == 0:
        return input.new_zeros(shape, dtype=torch.float64)
    batch, (groups, *sizes), blocks = tiles(input, target, sample_weight)
    programs = programs_of(groups, sizes[0] * sizes[1], blocks["BLOCK_SITES"])
    parts = input.new_empty((__ROWS__, groups, sizes[2], programs), dtype=torch.float64)
    with torch.cuda.device_of(input):
        count_kernel[(groups * programs,)](
            *batch,
            parts,
            *(None if x is None else x.stride() for x in batch),
            *sizes,
            programs,
            __LAUNCH_DECISION__
            **blocks,
        )
    return parts.sum(-1).reshape(shape)


def launch_gradient(__LAUNCH_GRADIENT_ARGUMENTS__):
    """Return the gradient for the input, from slopes and what multiplies each gradient."""
    if input.numel() == 0:
        return torch.empty_like(input)
    batch, (groups, *sizes), blocks = tiles(input, target, sample_weight)
    shape = __GROUPS_SHAPE__
    wide = [x.to(torch.float64).expand(shape).reshape(groups, sizes[2]) for x in slopes]
    gradient = torch.empty_like(batch[0])
    programs = programs_of(groups, sizes[0] * sizes[1], blocks["BLOCK_SITES"])
    with torch.cuda.device_of(input):
        gradient_kernel[(groups * programs,)](
            *batch[:3],
            torch.stack(wide),
            gradient,
            *(None if x is None else x.stride() for x in (*batch, gradient)),
            *sizes,
            programs,
            __LAUNCH_DECISION__
            LIMIT=torch.finfo(input.dtype).max,
            **blocks,
        )
    return gradient.view(input.shape)


def programs_of(groups, sites, block):
    """Return how many programs share the blocks of a group."""
    return min(triton.cdiv(sites, block), max(PROGRAMS // groups, 1))


def tiles(input, target, sample_weight):
    """Return the batch by sample, class and site; its sizes; and what kernels read at once."""
    is_index = target.dim() < input.dim()
    target = target.unsqueeze(1) if is_index else target
    __SIZES__
    batch = [
        None if x is None else x.expand_as(input).reshape(samples, classes, sites)
        for x in (input, target, sample_weight)
    ]
    wide = triton.next_power_of_2(classes)
    blocks = {
        "IS_INDEX": is_index,
        "DTYPE": tl.float64 if input.dtype == torch.float64 else tl.float32,
        "BLOCK_SITES": max(BLOCK_SIZE // wide, 1),
        "BLOCK_CLASSES": wide,
    }
    return batch, (__GROUP_SIZES__, sites, classes), blocks

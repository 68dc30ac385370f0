class __NAME__(torch.autograd.Function):
    """__LOSS_FORMULA__ of a batch with its closed-form gradient; saves its inputs only."""

    generate_vmap_rule = True

    @staticmethod
    def forward(input, target, sample_weight, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        value, *slopes = linearize(input, target, sample_weight, *options)
        dtype = torch.promote_types(input.dtype, torch.float32)
        limit = torch.finfo(dtype).max
        loss = torch.as_tensor(__LOSS__, dtype=dtype).clamp(-limit, limit)
        if is_plain():
            loss._slopes = slopes  # spares backward a pass over the batch
        return loss

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Keep what the gradient is computed from."""
        input, target, sample_weight, ctx.options = inputs
        ctx.slopes = getattr(output, "_slopes", None)
        ctx.save_for_backward(input, target, sample_weight)
        ctx.save_for_forward(input, target, sample_weight)

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; differentiable, so that second derivatives follow from it."""
        slopes = ctx.slopes
        if slopes is None or torch.is_grad_enabled():
            _, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
        scale = __SIGN__grad_output
        gradient = pull_back(scale, *slopes, *ctx.saved_tensors__PULL_OPTIONS__)
        return gradient, None, None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        """Return the derivative along `tangent`."""
        _, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
        gradient = pull_back(__SIGN__1.0, *slopes, *ctx.saved_tensors__PULL_OPTIONS__)
        return (gradient * tangent).sum(dtype=widen(tangent).dtype)


class __NAME__Compiled(__NAME__):
    """The same without forward mode, which torch.compile refuses."""

    jvp = torch.autograd.Function.jvp

class __NAME__(torch.autograd.Function):
    """__LOSS_FORMULA__ of __GROUPS__ with its closed-form gradient; saves its inputs only."""

    generate_vmap_rule = True

    @staticmethod
    def forward(__DATA__, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        loss, *_ = linearize(__DATA__, *options)
        return rounded(loss, input)

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Keep what the gradient is computed from."""
        *tensors, ctx.options = inputs
        ctx.save_for_backward(*tensors)
        __SAVE_FOR_FORWARD__

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; differentiable, so that second derivatives follow from it."""
        _, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
        gradient = pull_back(grad_output, *slopes, *ctx.saved_tensors__SAVED____PULL_OPTIONS__)
        return gradient, __NONES__
    __JVP__

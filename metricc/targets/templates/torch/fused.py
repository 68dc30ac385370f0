class __NAME__Fused(torch.autograd.Function):
    """The same by loops in C, each of which reads the batch once; saves its inputs only."""

    @staticmethod
    def forward(ctx, __DATA__, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        ctx.save_for_backward(__DATA__)
        ctx.options = options
        __FUSED_FORWARD__

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; one that is differentiated or batched itself comes from torch."""
        if not is_plain(grad_output):
            return __NAME__.backward(ctx, grad_output)
        batch = ctx.saved_tensors__SAVED__
        __FUSED_BACKWARD__
        return gradient, __NONES__

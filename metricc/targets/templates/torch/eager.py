class __NAME__Eager(torch.autograd.Function):
    """The same, sooner, where nothing transforms or differentiates what runs here."""

    @staticmethod
    def forward(ctx, __DATA__, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        ctx.save_for_backward(__DATA__)
        ctx.options = options
        __EAGER_FORWARD__
        return rounded(loss, input)

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; one that is to be differentiated itself comes from __NAME__."""
        if not is_plain(grad_output):
            return __NAME__.backward(ctx, grad_output)
        batch = ctx.saved_tensors__SAVED__
        __EAGER_BACKWARD__
        return gradient, __NONES__

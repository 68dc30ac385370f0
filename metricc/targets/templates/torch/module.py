class __NAME__Backward(torch.autograd.Function):
    """The loss with a closed-form gradient; only the inputs are saved."""

    generate_vmap_rule = True

    @staticmethod
    def forward(input, target, sample_weight, *options):
        """Return __LOSS_FORMULA__ of the batch."""
        value, _, _ = linearize(input, target, sample_weight, *options)
        return __LOSS__

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Keep what the gradient is computed from."""
        input, target, sample_weight, *ctx.options = inputs
        ctx.save_for_backward(input, target, sample_weight)
        ctx.save_for_forward(input, target, sample_weight)

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; differentiable, so that second derivatives follow from it."""
        _, grad_pos, grad_neg = linearize(*ctx.saved_tensors, *ctx.options)
        slopes = __SIGN__grad_output * grad_pos, __SIGN__grad_output * grad_neg
        gradient = pull_back(*slopes, *ctx.saved_tensors__SOFTEN_OPTIONS__)
        return gradient, None, None, *[None] * len(ctx.options)


class __NAME__(__NAME__Backward):
    """The same with forward mode, which torch.compile does not accept."""

    @staticmethod
    def jvp(ctx, tangent, *_):
        """Return the derivative along `tangent`."""
        _, grad_pos, grad_neg = linearize(*ctx.saved_tensors, *ctx.options)
        slopes = __SIGN__grad_pos, __SIGN__grad_neg
        gradient = pull_back(*slopes, *ctx.saved_tensors__SOFTEN_OPTIONS__)
        return (gradient * tangent).sum().to(grad_pos.dtype)


def check(input, target, sample_weight):
    """Raise if the arguments do not fit together."""
    if not input.is_floating_point():
        raise TypeError(f"input must be floating point, not {input.dtype}")
    if target.shape != input.shape:
        shapes = f"{tuple(target.shape)} and {tuple(input.shape)}"
        raise ValueError(f"target and input must have the same shape, not {shapes}")
    if target.requires_grad:
        raise ValueError("target requires grad, and this loss has no gradient for it")
    if sample_weight is None:
        return
    if sample_weight.requires_grad:
        raise ValueError("sample_weight requires grad, and this loss has no gradient for it")
    sizes = zip(reversed(sample_weight.shape), reversed(input.shape))
    fits = all(size in (1, full) for size, full in sizes)
    if not fits or sample_weight.dim() > input.dim():
        shapes = f"{tuple(sample_weight.shape)} and {tuple(input.shape)}"
        raise ValueError(f"sample_weight must broadcast to input, not {shapes}")


class __NAME__Loss(torch.nn.Module):
    """__LOSS_FORMULA__, for __INPUTS__ and a target of the same shape, of 0, 1 or between."""

    def __init__(__INIT_ARGUMENTS__):
        super().__init__()
        __INIT_BODY__

    def forward(self, input, target, sample_weight=None):
        """Return the loss of the batch as a 0-dim tensor; weights broadcast to the input."""
        check(input, target, sample_weight)
        function = __NAME__Backward if torch.compiler.is_compiling() else __NAME__
        return function.apply(__APPLY_ARGUMENTS__)

    def extra_repr(self):
        """Return the formula and the options."""
        parts = [
            __FORMULA__,
            __OPTION_PARTS__
        ]
        return ", ".join(parts)

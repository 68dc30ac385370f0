# made by metricc 0.1.0; edit the formula, not this file
# formula: (1 + beta^2)*TP / ((1 + beta^2)*TP + beta^2*FN + FP)
# command: metricc compile fbeta --no-from-logits --surrogate identity
"""Fbeta as a loss: training raises M, the metric.

Value of M, and slopes dM/da at a positive and at a negative, from soft entries:

    beta_sq = beta * beta
    s = 1 + beta_sq
    c = s * tp
    d = c + fp + beta_sq * fn
    value = c / d
    grad_pos = (s - value) / d
    grad_neg = -value / d

Singular places, where the functions below bound it:

    0/0: no actual and no predicted positives
"""

import torch


def soft_counts(input, target, sample_weight):
    """Return the soft entries tp, fp, fn; nothing else in forward reads the batch."""
    pred, rest = surrogate(widen(input))
    if sample_weight is not None:
        pred, rest = sample_weight * pred, sample_weight * rest
    tp = target * pred
    fp = pred - tp
    fn = target * rest
    return torch.stack([tp.sum(), fp.sum(), fn.sum()])


def value_and_slopes(tp, fp, fn, zero_division, beta):
    """Return the metric and dM/da at a positive and at a negative, from the entries."""
    # value
    beta_sq = beta * beta
    s = 1 + beta_sq
    c = s * tp
    d = c + fp + beta_sq * fn
    value = quotient(c, d, zero_division)

    # slopes
    d = nonzero(d)
    grad_pos = (s - value) / d
    grad_neg = -value / d
    return value, grad_pos, grad_neg


def pull_back(scale, grad_pos, grad_neg, input, target, sample_weight):
    """Return the gradient for the input; nothing else in backward reads the batch."""
    wide = widen(input)
    pos = target.to(wide.dtype)
    # Slopes may exceed float32 where the gradient does not: a root of them at either end.
    root = (1 + abs(grad_pos) + abs(grad_neg)) ** 0.5
    grad = pos * (grad_pos / root) + (1 - pos) * (grad_neg / root)
    if sample_weight is not None:
        grad = sample_weight * grad
    grad = surrogate_backward(grad, wide) * root
    limit = torch.finfo(input.dtype).max
    grad = grad.clamp(-limit, limit) * scale  # what a loss scale adds may overflow
    return grad.to(input.dtype)


def surrogate(input):
    """Return the probability a = input, and 1 - a."""
    return input, 1 - input


def surrogate_backward(grad, input):
    """Return grad * da/dinput."""
    return grad


def nonzero(x):
    """Return x, or 1/1024 where it is 0: by this convention a slope over 0 is finite."""
    return x + 2**-10 * (x == 0)


def quotient(x, y, zero_division):
    """Return x / y; 0/0 is `zero_division`, and x/0 is ±3.4e38, the bound of float32."""
    bound = zero_division * (x == 0) + 3.4e38 * (x > 0) - 3.4e38 * (x < 0)
    return x / (y + (y == 0)) * (y != 0) + bound * (y == 0)


def linearize(input, target, sample_weight, smooth, zero_division, *parameters):
    """Return the loss and its slopes: on a CPU as floats, which are faster than tensors."""
    entries = soft_counts(input, target, sample_weight)
    if is_plain() and entries.is_cpu:
        entries = entries.tolist()
    else:
        precise = torch.float32 if entries.is_mps else torch.float64
        entries = entries.to(precise).unbind()
    entries = [smooth + entry for entry in entries]
    value, grad_pos, grad_neg = value_and_slopes(*entries, zero_division, *parameters)
    return [bounded(x) for x in (1 - value, -grad_pos, -grad_neg)]


def widen(x):
    """Return x in the dtype of all arithmetic: float64 stays, the rest becomes float32."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def bounded(x):
    """Return x brought to [-1e60, 1e60], the roots of which float32 holds."""
    if isinstance(x, torch.Tensor):
        limit = 1e60 if x.dtype == torch.float64 else 1e37
        return x.clamp(-limit, limit)
    return min(max(x, -1e60), 1e60)


def is_plain():
    """Tell whether nothing differentiates, traces or transforms what runs here."""
    if torch.is_grad_enabled() or torch.compiler.is_compiling():
        return False
    return not torch._C._are_functorch_transforms_active()  # as Function.apply asks


def rounded(loss, input):
    """Return the loss in float32, or in float64 for a float64 input, and finite."""
    dtype = torch.promote_types(input.dtype, torch.float32)
    limit = torch.finfo(dtype).max
    return torch.as_tensor(loss, dtype=dtype).clamp(-limit, limit)


class Fbeta(torch.autograd.Function):
    """1 - M of a batch with its closed-form gradient; saves its inputs only."""

    generate_vmap_rule = True

    @staticmethod
    def forward(input, target, sample_weight, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        loss, *slopes = linearize(input, target, sample_weight, *options)
        loss = rounded(loss, input)
        if is_plain():
            loss._slopes = slopes  # spares backward a pass over the batch
        return loss

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Keep what the gradient is computed from."""
        *tensors, ctx.options = inputs
        ctx.slopes = getattr(output, "_slopes", None)
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; differentiable, so that second derivatives follow from it."""
        slopes = ctx.slopes
        if slopes is None or torch.is_grad_enabled():
            _, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
        gradient = pull_back(grad_output, *slopes, *ctx.saved_tensors)
        return gradient, None, None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        """Return the derivative along `tangent`."""
        _, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
        gradient = pull_back(1.0, *slopes, *ctx.saved_tensors)
        return (gradient * tangent).sum(dtype=widen(tangent).dtype)


class FbetaCompiled(Fbeta):
    """The same without forward mode, which torch.compile refuses."""

    jvp = torch.autograd.Function.jvp


class FbetaLoss(torch.nn.Module):
    """1 - M of all elements, for probabilities and a target of 0, 1 or between.

    smooth: pseudo-count added to each entry
    zero_division: value of 0/0
    beta: of the metric
    """

    def __init__(self, *, smooth=0.0, zero_division=0.0, beta=1.0):
        super().__init__()
        self.smooth = float(smooth)
        self.zero_division = float(zero_division)
        self.beta = float(beta)

    def forward(self, input, target, sample_weight=None):
        """Return the loss of the batch as a 0-dim tensor; weights broadcast."""
        check(input, target, sample_weight=sample_weight)
        function = Fbeta
        if torch.compiler.is_compiling():
            function = FbetaCompiled
        options = (
            self.smooth,
            self.zero_division,
            self.beta,
        )
        return function.apply(input, target, sample_weight, options)

    def extra_repr(self):
        """Return the formula and the options."""
        parts = [
            "(1 + beta^2)*TP / ((1 + beta^2)*TP + beta^2*FN + FP)",
            "surrogate=identity",
            "from_logits=False",
            f"smooth={self.smooth}",
            f"zero_division={self.zero_division}",
            f"beta={self.beta}",
        ]
        return ", ".join(parts)


def check(input, target, **weights):
    """Raise if the arguments do not fit together."""
    if not input.is_floating_point():
        raise TypeError(f"input must be floating point, not {input.dtype}")
    if target.shape != input.shape:
        shapes = f"{tuple(target.shape)} and {tuple(input.shape)} in a binary task"
        raise ValueError(f"target and input must have the same shape, not {shapes}")
    if target.requires_grad:
        raise ValueError("target requires grad, but only input gets a gradient")
    for name, weight in weights.items():
        if weight is None:
            continue
        sizes = zip(reversed(weight.shape), reversed(input.shape))
        fits = all(size in (1, full) for size, full in sizes)
        if not fits or weight.dim() > input.dim():
            shapes = f"{tuple(weight.shape)} and {tuple(input.shape)}"
            raise ValueError(f"{name} must broadcast to input, not {shapes}")
        if weight.requires_grad:
            raise ValueError(f"{name} requires grad, but only input gets a gradient")

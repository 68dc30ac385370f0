# made by metricc 0.1.0; edit the formula, not this file
# formula: 2*TP / (2*TP + FP + FN)
# command: metricc compile f1
"""F1 as a loss: training raises M, the metric.

Value of M, and slopes dM/da at a positive and at a negative, from soft entries:

    d = 2 * tp + fp + fn
    value = 2 * tp / d
    grad_pos = (2 - value) / d
    grad_neg = -value / d

Singular places, where the functions below bound it:

    0/0: no actual and no predicted positives
"""

import torch


def soft_counts(input, target, sample_weight, sharpness, threshold):
    """Return the soft entries tp, fp, fn; nothing else in forward reads the batch."""
    pred, rest = surrogate(widen(input), sharpness, threshold)
    if sample_weight is not None:
        pred, rest = sample_weight * pred, sample_weight * rest
    tp = target * pred
    fp = pred - tp
    fn = target * rest
    return torch.stack([tp.sum(), fp.sum(), fn.sum()])


def value_and_slopes(tp, fp, fn, zero_division):
    """Return the metric and dM/da at a positive and at a negative, from the entries."""
    # value
    d = 2 * tp + fp + fn
    value = quotient(2 * tp, d, zero_division)

    # slopes
    d = nonzero(d)
    grad_pos = (2 - value) / d
    grad_neg = -value / d
    return value, grad_pos, grad_neg


def pull_back(
    scale, grad_pos, grad_neg, input, target, sample_weight, sharpness, threshold
):
    """Return the gradient for the input; nothing else in backward reads the batch."""
    wide = widen(input)
    pos = target.to(wide.dtype)
    # Slopes may exceed float32 where the gradient does not: a root of them at either end.
    root = (1 + abs(grad_pos) + abs(grad_neg)) ** 0.5
    grad = pos * (grad_pos / root) + (1 - pos) * (grad_neg / root)
    if sample_weight is not None:
        grad = sample_weight * grad
    grad = surrogate_backward(grad, wide, sharpness, threshold) * root
    limit = torch.finfo(input.dtype).max
    grad = grad.clamp(-limit, limit) * scale  # what a loss scale adds may overflow
    return grad.to(input.dtype)


def surrogate(input, sharpness, threshold):
    """Return a = A(p), the soft decision p > threshold for p = sigmoid(input), and 1 - a."""
    x = sharpness * (torch.sigmoid(input) - threshold)
    return torch.sigmoid(x), torch.sigmoid(-x)


def surrogate_backward(grad, input, sharpness, threshold):
    """Return grad * da/dinput, with p * q for dp/dinput: p * (1 - p) would round to 0."""
    p, q = torch.sigmoid(input), torch.sigmoid(-input)
    x = sharpness * (p - threshold)
    return grad * torch.sigmoid(x) * torch.sigmoid(-x) * p * q * sharpness


def nonzero(x):
    """Return x, or 1/1024 where it is 0: by this convention a slope over 0 is finite."""
    return x + 2**-10 * (x == 0)


def quotient(x, y, zero_division):
    """Return x / y; 0/0 is `zero_division`, and x/0 is ±3.4e38, the bound of float32."""
    bound = zero_division * (x == 0) + 3.4e38 * (x > 0) - 3.4e38 * (x < 0)
    return x / (y + (y == 0)) * (y != 0) + bound * (y == 0)


def linearize(
    input, target, sample_weight, sharpness, threshold, smooth, zero_division
):
    """Return the loss and its slopes: on a CPU as floats, which are faster than tensors."""
    entries = soft_counts(input, target, sample_weight, sharpness, threshold)
    if is_plain() and entries.is_cpu:
        entries = entries.tolist()
    else:
        precise = torch.float32 if entries.is_mps else torch.float64
        entries = entries.to(precise).unbind()
    entries = [smooth + entry for entry in entries]
    value, grad_pos, grad_neg = value_and_slopes(*entries, zero_division)
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


class F1(torch.autograd.Function):
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
        gradient = pull_back(grad_output, *slopes, *ctx.saved_tensors, *ctx.options[:2])
        return gradient, None, None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        """Return the derivative along `tangent`."""
        _, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
        gradient = pull_back(1.0, *slopes, *ctx.saved_tensors, *ctx.options[:2])
        return (gradient * tangent).sum(dtype=widen(tangent).dtype)


class F1Compiled(F1):
    """The same without forward mode, which torch.compile refuses."""

    jvp = torch.autograd.Function.jvp


class F1Loss(torch.nn.Module):
    """1 - M of all elements, for logits and a target of 0, 1 or between.

    sharpness: of the soft decision, whose slope at the threshold is sharpness / 4
    threshold: probability above which the decision is positive
    smooth: pseudo-count added to each entry
    zero_division: value of 0/0
    """

    def __init__(self, *, sharpness=10.0, threshold=0.5, smooth=0.0, zero_division=0.0):
        super().__init__()
        self.sharpness = float(sharpness)
        self.threshold = float(threshold)
        self.smooth = float(smooth)
        self.zero_division = float(zero_division)

    def forward(self, input, target, sample_weight=None):
        """Return the loss of the batch as a 0-dim tensor; weights broadcast."""
        check(input, target, sample_weight=sample_weight)
        function = F1
        if torch.compiler.is_compiling():
            function = F1Compiled
        options = (
            self.sharpness,
            self.threshold,
            self.smooth,
            self.zero_division,
        )
        return function.apply(input, target, sample_weight, options)

    def extra_repr(self):
        """Return the formula and the options."""
        parts = [
            "2*TP / (2*TP + FP + FN)",
            f"sharpness={self.sharpness}",
            f"threshold={self.threshold}",
            f"smooth={self.smooth}",
            f"zero_division={self.zero_division}",
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

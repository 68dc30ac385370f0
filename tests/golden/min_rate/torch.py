# made by metricc 0.1.0; edit the formula, not this file
# formula: min(TP/(TP + FN), TN/(TN + FP))
# command: metricc compile min_rate --sharpness 73.0 --smooth 1.0
"""MinRate as a loss: training raises M, the metric.

Value of M, and slopes dM/da at a positive and at a negative, from soft entries:

    ap = tp + fn
    recall = tp / ap
    an = tn + fp
    specificity = tn / an
    value = min(recall, specificity)
    s = specificity - recall
    grad_pos = step(s) / ap
    grad_neg = -step(-s) / an

Singular places, where the functions below bound it:

    0/0: no actual positives, or no actual negatives
"""

import functools
import math

import torch


def soft_entries(input, target, sample_weight, sharpness, threshold):
    """Return the soft decisions, and the entries tp, tn, fp, fn that they add up to."""
    soft = surrogate(widen(input), sharpness, threshold)
    return soft, count(*soft, target, sample_weight)


def soft_counts(input, target, sample_weight, sharpness, threshold):
    """Return the soft entries as a tensor; nothing else in forward reads the batch."""
    _, entries = soft_entries(input, target, sample_weight, sharpness, threshold)
    return torch.stack(entries)


def count(pred, rest, target, sample_weight):
    """Return the entries tp, tn, fp, fn, of decisions and what they leave."""
    if sample_weight is not None:
        pred, rest = sample_weight * pred, sample_weight * rest
    tp = target * pred
    fp = pred - tp
    fn = target * rest
    tn = rest - fn
    entries = [tp, tn, fp, fn]
    if sample_weight is not None:  # large ones add up to more than float32 holds
        entries = [precise(x) for x in entries]
    return [x.sum() for x in entries]


def value_and_slopes(tp, tn, fp, fn, zero_division):
    """Return the metric and dM/da at a positive and at a negative, from the entries."""
    # value
    ap = tp + fn
    recall = quotient(tp, ap, zero_division)
    an = tn + fp
    specificity = quotient(tn, an, zero_division)
    value = minimum(recall, specificity)

    # slopes
    ap = nonzero(ap)
    an = nonzero(an)
    s = specificity - recall
    grad_pos = step(s) / ap
    grad_neg = -step(-s) / an
    return value, grad_pos, grad_neg


def pull_back(
    scale,
    grad_pos,
    grad_neg,
    input,
    target,
    sample_weight,
    sharpness,
    threshold,
    soft=None,
):
    """Return the gradient for the input; nothing else in backward reads the batch."""
    wide = widen(input)
    pos = target.to(wide)
    soft = soft or surrogate(wide, sharpness, threshold)
    # Slopes may exceed float32 where the gradient does not: a root of them at either end.
    root = (1e-30 + abs(grad_pos) + abs(grad_neg)) ** 0.5
    is_small = isinstance(root, float) and abs(scale) * root**2 < 1e7
    if is_small and sample_weight is None and input.dtype != torch.float16:
        grad = between(pos, scale * grad_pos, scale * grad_neg)
        grad = surrogate_backward(grad, wide, *soft, sharpness, threshold)
        return grad.to(input.dtype)
    grad = pos * (grad_pos / root) + (1 - pos) * (grad_neg / root)
    if sample_weight is not None:  # so that no product below overflows
        grad = (sample_weight * grad).clamp(-1e35, 1e35)
    grad = surrogate_backward(grad, wide, *soft, sharpness, threshold) * root
    limit = torch.finfo(input.dtype).max
    grad = grad.clamp(-limit, limit) * scale  # what a loss scale adds may overflow
    return grad.to(input.dtype)


def surrogate(input, sharpness, threshold):
    """Return a = A(p), the soft decision p > threshold for p = sigmoid(input), and 1 - a."""
    x = sharpness * (torch.sigmoid(input) - threshold)
    return x.sigmoid(), x.neg_().sigmoid_()


def surrogate_backward(grad, input, pred, rest, sharpness, threshold):
    """Return grad * da/dinput, with p * q for dp/dinput: p * (1 - p) would round to 0."""
    p, q = torch.sigmoid(input), torch.sigmoid(-input)
    return grad.mul_(pred).mul_(rest).mul_(p).mul_(q).mul_(sharpness)


def nonzero(x):
    """Return x, or 1/1024 where it is 0: by this convention a slope over 0 is finite."""
    return x + 2**-10 * (x == 0)


def quotient(x, y, zero_division):
    """Return x / y; 0/0 is `zero_division`, and x/0 is ±3.4e38, the bound of float32."""
    bound = zero_division * (x == 0) + 3.4e38 * (x > 0) - 3.4e38 * (x < 0)
    return x / (y + (y == 0)) * (y != 0) + bound * (y == 0)


def step(x):
    """Return 1 where x is positive, 0 where it is negative, and 1/2 between."""
    if isinstance(x, torch.Tensor):
        return (x.sign() + 1) / 2
    return 0.5 * (x > 0) + 0.5 * (x >= 0)


def minimum(x, y):
    """Return the smaller of x and y."""
    if isinstance(x, torch.Tensor) or isinstance(y, torch.Tensor):
        return torch.where(x <= y, x, y)
    return min(x, y)


def between(pos, grad_pos, grad_neg):
    """Return grad_pos where pos is 1 and grad_neg where it is 0, each to the last digit."""
    if abs(grad_pos) < abs(grad_neg):
        return between(1 - pos, grad_neg, grad_pos)
    return torch.add(pos.new_full((), grad_neg), pos, alpha=grad_pos - grad_neg)


def loss_and_slopes(entries, smooth, zero_division):
    """Return the loss and its slopes, of what was counted: floats or tensors."""
    entries = [smooth + entry for entry in entries]
    value, grad_pos, grad_neg = value_and_slopes(*entries, zero_division)
    return [bounded(x) for x in (1 - value, -grad_pos, -grad_neg)]


def linearize(
    input, target, sample_weight, sharpness, threshold, smooth, zero_division
):
    """Return the loss and its slopes."""
    counts = soft_counts(input, target, sample_weight, sharpness, threshold)
    entries = precise(counts).unbind()
    return loss_and_slopes(entries, smooth, zero_division)


def widen(x):
    """Return x in the dtype of all arithmetic: float64 stays, the rest becomes float32."""
    return x if x.dtype in (torch.float32, torch.float64) else x.to(torch.float32)


def precise(x):
    """Return x in float64 where the device has it."""
    return x.to(torch.float32 if x.is_mps else torch.float64)


def bounded(x):
    """Return x brought to [-1e60, 1e60], the roots of which float32 holds."""
    if isinstance(x, torch.Tensor):
        limit = 1e60 if x.dtype == torch.float64 else 1e37
        return x.clamp(-limit, limit)
    return min(max(x, -1e60), 1e60)


def rounded(loss, input):
    """Return the loss in float32, or in float64 for a float64 input, and finite."""
    dtype = torch.promote_types(input.dtype, torch.float32)
    limit = torch.finfo(dtype).max
    if isinstance(loss, torch.Tensor):
        return loss.to(dtype).clamp(-limit, limit)
    return torch.scalar_tensor(min(max(loss, -limit), limit), dtype=dtype)


class MinRate(torch.autograd.Function):
    """1 - M of a batch with its closed-form gradient; saves its inputs only."""

    generate_vmap_rule = True

    @staticmethod
    def forward(input, target, sample_weight, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        loss, *_ = linearize(input, target, sample_weight, *options)
        return rounded(loss, input)

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Keep what the gradient is computed from."""
        *tensors, ctx.options = inputs
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; differentiable, so that second derivatives follow from it."""
        _, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
        gradient = pull_back(grad_output, *slopes, *ctx.saved_tensors, *ctx.options[:2])
        return gradient, None, None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        """Return the derivative along `tangent`."""
        _, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
        gradient = pull_back(1.0, *slopes, *ctx.saved_tensors, *ctx.options[:2])
        return (gradient * tangent).sum(dtype=widen(tangent).dtype)


class MinRateCompiled(MinRate):
    """The same without forward mode, which torch.compile refuses."""

    jvp = torch.autograd.Function.jvp


def blocks(input, *others):
    """Return a batch in parts that a processor's cache holds, cut along the longest dimension."""
    size = 2**16 * torch.get_num_threads()
    if input.numel() <= size or not input.is_cpu:
        return [(input, *others)]
    others = [x if x is None else x.expand_as(input) for x in others]
    dim = max(range(input.dim()), key=lambda dim: input.shape[dim])
    rows = max(size * input.shape[dim] // input.numel(), 1)
    parts = input.split(rows, dim)

    def cut(x):
        if x is None or x.shape[dim] == 1:
            return [x] * len(parts)
        return x.split(rows, dim)

    return list(zip(parts, *(cut(x) for x in others)))


def count_blocks(batch, numbers):
    """Return what is counted as floats, and the soft decisions of a small batch, for backward."""
    parts = blocks(*batch)
    entries = [0.0] * 4
    for part in parts:
        soft, sums = soft_entries(*part, *numbers)
        entries = [entry + x.item() for entry, x in zip(entries, sums)]
    is_small = len(parts) == 1 and batch[0].numel() <= 2**17  # less than 1 MiB to keep
    return entries, soft if is_small else None


def pull_back_blocks(scale, slopes, batch, numbers, soft=None):
    """Return the gradient for the input, made part by part if there are many."""
    parts = blocks(*batch)
    if len(parts) == 1:
        return pull_back(scale, *slopes, *batch, *numbers, soft)
    gradient = torch.empty_like(batch[0])
    for (place,), part in zip(blocks(gradient), parts):
        place.copy_(pull_back(scale, *slopes, *part, *numbers))
    return gradient


@functools.lru_cache(maxsize=16)
def constants(numbers, dtype):
    """Return numbers as 0-dim tensors, by which torch multiplies sooner than by floats."""
    dtype = torch.promote_types(dtype, torch.float32)
    return [torch.tensor(x, dtype=dtype, device="cpu") for x in numbers]


def is_plain(grad_output):
    """Tell whether a gradient is for one number, and nothing differentiates or transforms it."""
    if torch.is_grad_enabled() or torch._C._are_functorch_transforms_active():
        return False
    return not torch._C._functorch.is_legacy_batchedtensor(grad_output)


class MinRateEager(torch.autograd.Function):
    """The same, sooner, where nothing transforms or differentiates what runs here."""

    @staticmethod
    def forward(ctx, input, target, sample_weight, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        ctx.save_for_backward(input, target, sample_weight)
        ctx.options = options
        if input.is_cpu:
            batch = input, target, sample_weight
            entries, ctx.soft = count_blocks(batch, constants(options[:2], input.dtype))
            loss, *ctx.slopes = loss_and_slopes(entries, *options[2:])
        else:
            ctx.soft = None
            loss, *ctx.slopes = linearize(input, target, sample_weight, *options)
        return rounded(loss, input)

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; one that is to be differentiated itself comes from MinRate."""
        if not is_plain(grad_output):
            return MinRate.backward(ctx, grad_output)
        batch = ctx.saved_tensors
        numbers = constants(ctx.options[:2], batch[0].dtype)
        scale = grad_output.item() if grad_output.is_cpu else grad_output
        soft, ctx.soft = ctx.soft, None  # which a second pass makes again
        gradient = pull_back_blocks(scale, ctx.slopes, batch, numbers, soft)
        return gradient, None, None, None


def choose(input):
    """Return the function for these tensors."""
    if torch.compiler.is_compiling():
        return MinRateCompiled
    is_transformed = torch._C._are_functorch_transforms_active()
    if is_transformed or torch.autograd.forward_ad._current_level >= 0:
        return MinRate
    if type(input) not in (torch.Tensor, torch.nn.Parameter):
        return MinRate
    return MinRateEager


class MinRateLoss(torch.nn.Module):
    """1 - M of all elements, for logits and a target of 0, 1 or between.

    sharpness: of the soft decision, whose slope at the threshold is sharpness / 4
    threshold: probability above which the decision is positive
    smooth: pseudo-count added to each entry
    zero_division: value of 0/0
    """

    def __init__(self, *, sharpness=73.0, threshold=0.5, smooth=1.0, zero_division=0.0):
        super().__init__()
        self.sharpness = as_number("sharpness", sharpness, above=0)
        self.threshold = as_number("threshold", threshold, above=0, below=1)
        self.smooth = as_number("smooth", smooth, least=0)
        self.zero_division = as_number("zero_division", zero_division)
        self.unseen = 8

    def forward(self, input, target, sample_weight=None):
        """Return the loss of the batch as a 0-dim tensor; weights broadcast."""
        check(input, target, sample_weight=sample_weight)
        if can_read(target) and self.unseen:  # the first batches, and only on a CPU
            self.unseen -= 1
            check_values(input, target, sample_weight)
        function = choose(input)
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
            "min(TP/(TP + FN), TN/(TN + FP))",
            f"sharpness={self.sharpness}",
            f"threshold={self.threshold}",
            f"smooth={self.smooth}",
            f"zero_division={self.zero_division}",
        ]
        return ", ".join(parts)


def as_number(name, value, *, above=-math.inf, least=-math.inf, below=math.inf):
    """Return a finite number within these bounds as a float."""
    is_number = hasattr(value, "__float__")  # text that reads as one has none
    if is_number and above < value < below and least <= value and abs(value) <= 1e30:
        return float(value)
    bounds = {"above": above, "of at least": least, "below": below}
    limits = [f" {word} {bound}" for word, bound in bounds.items() if abs(bound) < 2]
    raise ValueError(f"{name} must be a finite number{''.join(limits)}, not {value!r}")


def check_values(input, target, sample_weight):
    """Raise if a value is out of range; NaN is left to the loss, in which it shows."""
    check_weights(sample_weight)
    check_range("target", blank(target, sample_weight), "; or give ignore_index")


def check_range(name, x, hint=""):
    """Raise if a number in x is below 0 or above 1, beyond what rounding does."""
    if x.numel() == 0 or x.dtype == torch.bool:
        return
    low, high = (bound.item() for bound in x.detach().float().aminmax())
    if low < -0.01 or high > 1.01:
        raise ValueError(f"{name} must be from 0 to 1, not {low:g} to {high:g}{hint}")


def blank(x, sample_weight):
    """Return x with 0 for what weighs nothing, which may be NaN, or no share."""
    if sample_weight is None:
        return x
    return x.masked_fill(sample_weight == 0, 0)


def check_weights(sample_weight):
    """Raise if a weight is negative or beyond float32; a NaN shows in the loss."""
    if sample_weight is None or not can_read(sample_weight):
        return
    if sample_weight.numel() == 0:
        return
    least, most = (bound.item() for bound in sample_weight.aminmax())
    if least < 0 or most > 1e39:
        found = f"{least if least < 0 else most:g}"
        raise ValueError(f"sample_weight must be from 0 to 3.4e38, not {found}")


def can_read(x):
    """Tell whether to look at x waits for no device, and breaks no trace."""
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return False
    return type(x) in (torch.Tensor, torch.nn.Parameter) and x.is_cpu


def check_floats(input):
    """Raise unless input is a tensor of floating point numbers."""
    if not isinstance(input, torch.Tensor):
        raise TypeError(f"input must be a tensor, not {type(input).__name__}")
    if not input.is_floating_point():
        raise TypeError(f"input must be floating point, not {input.dtype}")


def check_data(name, x, input):
    """Raise unless x holds real numbers beside input, and is no part of what is learned."""
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name} must be a tensor, not {type(x).__name__}")
    if x.is_complex():
        raise TypeError(f"{name} must hold real numbers, not {x.dtype}")
    if x.device != input.device:
        raise ValueError(f"{name} is on {x.device}, but input is on {input.device}")
    if x.requires_grad:
        raise ValueError(f"{name} requires grad, but only input gets a gradient")


def check(input, target, **weights):
    """Raise if the arguments do not fit together."""
    check_floats(input)
    check_data("target", target, input)
    if target.shape != input.shape:
        shapes = f"{tuple(target.shape)} and {tuple(input.shape)} in a binary task"
        raise ValueError(f"target and input must have the same shape, not {shapes}")
    for name, weight in weights.items():
        if weight is None:
            continue
        check_data(name, weight, input)
        sizes = zip(reversed(weight.shape), reversed(input.shape))
        fits = all(size in (1, full) for size, full in sizes)
        if not fits or weight.dim() > input.dim():
            shapes = f"{tuple(weight.shape)} and {tuple(input.shape)}"
            raise ValueError(f"{name} must broadcast to input, not {shapes}")

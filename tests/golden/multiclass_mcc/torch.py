# made by metricc 0.1.0; edit the formula, not this file
# formula: let size = sum(AP) in let chance = sum(AP*PP) in (size*sum(TP) - chance) / sqrt((size^2 - sum(PP^2))*(size^2 - sum(AP^2)))
# over the entries: (sum(TP + FN)*sum(TP) - sum((TP + FN)*(TP + FP)))/sqrt((sum(TP + FN)^2 - sum((TP + FP)^2))*(sum(TP + FN)^2 - sum((TP + FN)^2)))
# command: metricc compile multiclass_mcc
"""MulticlassMcc as a loss: training raises M, the metric.

Value of M, and slopes dM/da at a positive and at a negative, from soft entries:

    pp = tp + fp
    ap = tp + fn
    size = sum_over(ap)
    size_sq = size * size
    s = size_sq - sum_over(ap * ap)
    d = sqrt((size_sq - sum_over(pp * pp)) * s)
    chance = sum_over(pp * ap)
    value = (sum_over(tp) * size - chance) / d
    grad_neg = (value * s * pp / d - ap) / d
    grad_pos = size / d + grad_neg

Singular places, where the functions below bound it:

    0/0: a truth of a single class, or a single class for all predictions
    √0: a truth of a single class, or a single class for all predictions
"""

import math

import torch


def soft_counts(input, target, sample_weight):
    """Return the soft entries tp, fp, fn of each class; nothing else in forward reads the batch."""
    input = blank(input, sample_weight)
    target = blank(positives(target, input), sample_weight)
    pred, rest = surrogate(widen(input))
    return torch.stack(count(pred, rest, target, sample_weight))


def count(pred, rest, target, sample_weight):
    """Return the entries tp, fp, fn of each class, of decisions and what they leave."""
    if sample_weight is not None:
        pred, rest = sample_weight * pred, sample_weight * rest
    tp = target * pred
    fp = pred - tp
    fn = target * rest
    entries = [tp, fp, fn]
    if sample_weight is not None:  # large ones add up to more than float32 holds
        entries = [precise(x) for x in entries]
    return [x.sum(sites(x)) for x in entries]


def sites(x):
    """Return the dimensions that one confusion matrix sums over, all but classes."""
    return (0, *range(2, x.dim()))


def beside(x, wide):
    """Return what groups have, a number or a row of classes each, to multiply a batch by."""
    return x.reshape(x.shape + (1,) * (wide.dim() - 2)).to(wide)


def blank(x, sample_weight):
    """Return x with 0 for what weighs nothing, which may be NaN, or no share."""
    if sample_weight is None:
        return x
    return x.masked_fill(sample_weight == 0, 0)


def positives(target, input):
    """Return the target of each class: an index becomes 1 for its class and 0 for others."""
    if target.dim() == input.dim():
        return target
    classes = torch.arange(input.shape[1], device=target.device)
    return target.unsqueeze(1) == classes.reshape(-1, *[1] * (input.dim() - 2))


def value_and_slopes(tp, fp, fn, zero_division):
    """Return the metric and dM/da at a positive and at a negative, from the entries of each class."""
    # value
    pp = tp + fp
    ap = tp + fn
    size = sum_over(ap)
    size_sq = size * size
    s = size_sq - sum_over(ap * ap)
    d = sqrt((size_sq - sum_over(pp * pp)) * s)
    chance = sum_over(pp * ap)
    value = quotient(sum_over(tp) * size - chance, d, zero_division)

    # slopes
    d = nonzero(d)
    grad_neg = (value * s * pp / d - ap) / d
    grad_pos = size / d + grad_neg
    return value, grad_pos, grad_neg


def pull_back(scale, grad_pos, grad_neg, input, target, sample_weight, soft=None):
    """Return the gradient for the input; nothing else in backward reads the batch."""
    wide = widen(blank(input, sample_weight))
    pos = blank(positives(target, input), sample_weight).to(wide)
    soft = soft or surrogate(wide)
    # Slopes may exceed float32 where the gradient does not: a root of them at either end.
    root = (1e-30 + abs(grad_pos) + abs(grad_neg)) ** 0.5
    root = root.amax(-1, keepdim=True)  # softmax mixes the slopes of all classes
    slopes = grad_pos / root, grad_neg / root, root, scale
    grad_pos, grad_neg, root, scale = (beside(x, wide) for x in slopes)
    grad = pos * grad_pos + (1 - pos) * grad_neg
    if sample_weight is not None:  # so that no product below overflows
        grad = (sample_weight * grad).clamp(-1e35, 1e35)
    grad = surrogate_backward(grad, wide, *soft) * root
    limit = torch.finfo(input.dtype).max
    grad = grad.clamp(-limit, limit) * scale  # what a loss scale adds may overflow
    return grad.to(input.dtype)


def surrogate(input):
    """Return a = softmax(input), classes in dimension 1, and 1 - a."""
    pred = torch.softmax(input.clamp(-1e30, 1e30), 1)
    return pred, from_others(1 - pred, pred, pred)


def surrogate_backward(grad, input, pred, rest):
    """Return grad times the Jacobian of a, which is symmetric."""
    shift = (pred * grad).sum(1, keepdim=True)
    grad = pred * (grad - shift)
    return from_others(grad, pred, -grad)


def from_others(x, pred, parts):
    """Return x, but for a pred above 1/2 the sum of all other parts: a difference loses digits."""
    is_top = pred > 0.5
    return torch.where(is_top, parts.masked_fill(is_top, 0).sum(1, keepdim=True), x)


def nonzero(x):
    """Return x, or 1/1024 where it is 0: by this convention a slope over 0 is finite."""
    return x + 2**-10 * (x == 0)


def quotient(x, y, zero_division):
    """Return x / y; 0/0 is `zero_division`, and x/0 is ±3.4e38, the bound of float32."""
    bound = zero_division * (x == 0) + 3.4e38 * (x > 0) - 3.4e38 * (x < 0)
    return x / (y + (y == 0)) * (y != 0) + bound * (y == 0)


def sqrt(x):
    """Return the root of x, and 0 where x is not positive."""
    return (x * (x > 0) + (x <= 0)) ** 0.5 * (x > 0)


def sum_over(x):
    """Return the sum over the classes."""
    return x.sum(-1, keepdim=True)


def gather(counts):
    """Return what the metric takes, in float64 where the device has it."""
    entries = precise(counts)
    return entries.unbind()


def linearize(input, target, sample_weight, counts, smooth, zero_division):
    """Return the loss and its slopes."""
    if counts is None:
        counts = soft_counts(input, target, sample_weight)
    entries = gather(counts)
    entries = [smooth + entry for entry in entries]
    value, grad_pos, grad_neg = value_and_slopes(
        *entries, entries[0].new_full((), zero_division)
    )
    results = (1 - value, -grad_pos, -grad_neg)
    return [bounded(torch.as_tensor(x)) for x in results]


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


class MulticlassMcc(torch.autograd.Function):
    """1 - M of each confusion matrix with its closed-form gradient; saves its inputs only."""

    generate_vmap_rule = True

    @staticmethod
    def forward(input, target, sample_weight, counts, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        loss, *_ = linearize(input, target, sample_weight, counts, *options)
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
        gradient = pull_back(grad_output, *slopes, *ctx.saved_tensors[:3])
        return gradient, None, None, None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        """Return the derivative along `tangent`."""
        loss, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
        gradient = pull_back(torch.ones_like(loss), *slopes, *ctx.saved_tensors[:3])
        rate = (gradient * tangent).sum(sites(tangent))
        return rate.sum_to_size(loss.shape).to(widen(tangent).dtype)


class MulticlassMccCompiled(MulticlassMcc):
    """The same without forward mode, which torch.compile refuses."""

    jvp = torch.autograd.Function.jvp


def blocks(input, *others):
    """Return a batch in parts that a processor's cache holds, cut along the longest dimension."""
    size = 2**16 * torch.get_num_threads()
    if input.numel() <= size or not input.is_cpu:
        return [(input, *others)]
    dim = max(sites(input), key=lambda dim: input.shape[dim])
    rows = max(size * input.shape[dim] // input.numel(), 1)
    parts = input.split(rows, dim)

    def cut(x):
        at = dim if x is None or x.dim() == input.dim() else max(dim - 1, 0)
        if x is None or x.shape[at] == 1:
            return [x] * len(parts)
        return x.split(rows, at)

    return list(zip(parts, *(cut(x) for x in others)))


def pull_back_blocks(scale, slopes, batch, numbers, soft=None):
    """Return the gradient for the input, made part by part if there are many."""
    parts = blocks(*batch)
    if len(parts) == 1:
        return pull_back(scale, *slopes, *batch, *numbers, soft)
    gradient = torch.empty_like(batch[0])
    for (place,), part in zip(blocks(gradient), parts):
        place.copy_(pull_back(scale, *slopes, *part, *numbers))
    return gradient


def is_plain(grad_output):
    """Tell whether a gradient is for one number, and nothing differentiates or transforms it."""
    if torch.is_grad_enabled() or torch._C._are_functorch_transforms_active():
        return False
    return not torch._C._functorch.is_legacy_batchedtensor(grad_output)


class MulticlassMccEager(torch.autograd.Function):
    """The same, sooner, where nothing transforms or differentiates what runs here."""

    @staticmethod
    def forward(ctx, input, target, sample_weight, counts, options):
        """Return the loss in float32, or in float64 for a float64 input."""
        ctx.save_for_backward(input, target, sample_weight, counts)
        ctx.options = options
        if counts is None:
            parts = blocks(input, target, sample_weight)
            counts = [precise(soft_counts(*part)) for part in parts]
            counts = torch.stack(counts).sum(0)
        loss, *ctx.slopes = linearize(input, target, sample_weight, counts, *options)
        return rounded(loss, input)

    @staticmethod
    def backward(ctx, grad_output):
        """Return the gradient; one that is to be differentiated itself comes from MulticlassMcc."""
        if not is_plain(grad_output):
            return MulticlassMcc.backward(ctx, grad_output)
        batch = ctx.saved_tensors[:3]
        gradient = pull_back_blocks(grad_output, ctx.slopes, batch, ())
        return gradient, None, None, None, None


def choose(input):
    """Return the function for these tensors."""
    if torch.compiler.is_compiling():
        return MulticlassMccCompiled
    is_transformed = torch._C._are_functorch_transforms_active()
    if is_transformed or torch.autograd.forward_ad._current_level >= 0:
        return MulticlassMcc
    if type(input) not in (torch.Tensor, torch.nn.Parameter):
        return MulticlassMcc
    return MulticlassMccEager


class MulticlassMccLoss(torch.nn.Module):
    """1 - M of all classes, for logits and targets of class indices or shares.

    smooth: pseudo-count added to each entry
    zero_division: value of 0/0
    class_dim: dimension of input that holds the classes
    """

    def __init__(self, *, smooth=0.0, zero_division=0.0, class_dim=1):
        super().__init__()
        self.smooth = as_number("smooth", smooth, least=0)
        self.zero_division = as_number("zero_division", zero_division)
        self.class_dim = class_dim
        self.unseen = 8

    def forward(self, input, target, sample_weight=None):
        """Return the loss of the batch as a 0-dim tensor; weights fit the samples."""
        input, target, sample_weight = arrange(
            input, target, sample_weight, self.class_dim
        )
        if can_read(target) and self.unseen:  # the first batches, and only on a CPU
            self.unseen -= 1
            check_values(input, target, sample_weight)
        function = choose(input)
        options = (
            self.smooth,
            self.zero_division,
        )
        loss = function.apply(input, target, sample_weight, None, options)
        return loss.sum()

    def extra_repr(self):
        """Return the formula and the options."""
        parts = [
            "let size = sum(AP) in let chance = sum(AP*PP) in (size*sum(TP) - chance) / sqrt((size^2 - sum(PP^2))*(size^2 - sum(AP^2)))",
            "task=multiclass",
            f"smooth={self.smooth}",
            f"zero_division={self.zero_division}",
            f"class_dim={self.class_dim}",
        ]
        return ", ".join(parts)


def arrange(input, target, sample_weight, class_dim):
    """Check the arguments and bring them to one layout."""
    check(input, target, class_dim)
    if target.dim() == input.dim():
        target = target.movedim(class_dim, 1)
    input = input.movedim(class_dim, 1)
    sample_weight = align("sample_weight", sample_weight, input, class_dim)
    check_weights(sample_weight)
    return input, target, sample_weight


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
    if target.dim() == input.dim():
        check_range("target", blank(target, sample_weight))


def check_range(name, x, hint=""):
    """Raise if a number in x is below 0 or above 1, beyond what rounding does."""
    if x.numel() == 0 or x.dtype == torch.bool:
        return
    low, high = (bound.item() for bound in x.detach().float().aminmax())
    if low < -0.01 or high > 1.01:
        raise ValueError(f"{name} must be from 0 to 1, not {low:g} to {high:g}{hint}")


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


def align(name, weight, input, class_dim):
    """Return a weight in the layout of input: per sample, per site, or per site and class."""
    if weight is None:
        return None
    check_data(name, weight, input)
    aligned = weight
    if weight.dim() <= 1:
        aligned = weight.reshape(-1, *[1] * (input.dim() - 1))
    elif weight.dim() == input.dim() - 1:
        aligned = weight.unsqueeze(1)
    elif weight.dim() == input.dim():
        aligned = weight.movedim(class_dim, 1)
    wanted = (len(input), 1, *input.shape[2:])
    fits = all(size in (1, full) for size, full in zip(aligned.shape, wanted))
    if not fits or aligned.dim() != input.dim():
        shapes = f"{tuple(weight.shape)} for an input of"
        shapes += f" {tuple(input.movedim(1, class_dim).shape)}"
        raise ValueError(f"{name} must have a number per sample or site, not {shapes}")
    return aligned


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


def check_input(input, target, class_dim):
    """Raise unless input has classes, and target is data beside it."""
    check_floats(input)
    check_data("target", target, input)
    if not -input.dim() <= class_dim < input.dim() or input.dim() < 2:
        shape = f"{tuple(input.shape)} has no dimension {class_dim}"
        raise ValueError(f"input must have a class dimension, (N, C, ...): {shape}")


def check(input, target, class_dim):
    """Raise if the arguments do not fit together."""
    check_input(input, target, class_dim)
    shape = list(input.shape)
    classes = shape.pop(class_dim)
    if list(target.shape) not in (shape, list(input.shape)):
        wanted = f"{tuple(shape)} (class indices) or {tuple(input.shape)} (shares)"
        raise ValueError(f"target must have shape {wanted}, not {tuple(target.shape)}")
    if target.dim() < input.dim():
        check_indices(target, classes)


def check_indices(target, classes):
    """Raise if a class index is none; on a device without waiting for it."""
    if target.is_floating_point() or target.is_complex():
        raise TypeError(f"class indices must be integers, not {target.dtype}")
    index = target.long()
    if can_read(target) and index.numel() > 0:
        low, high = (x.item() for x in index.aminmax())
        if 0 <= low and high < classes:
            return
    wrong = (index < 0) | (index >= classes)
    if can_read(target) and wrong.any():
        found = target[wrong][0].item()
        raise ValueError(f"target holds class {found}, but input has {classes} classes")
    if target.is_cuda and not torch.compiler.is_compiling():
        torch._assert_async(~wrong.any(), "target holds a class that input has not")

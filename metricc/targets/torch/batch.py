"""What reads the batch: the sums of the forward pass, and the gradient of the backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .plan import Holes, Plan


def batch_holes(plan: Plan) -> Holes:
    """Return what soft_counts, count, log_loss and pull_back leave open."""
    options, entries = plan.options, plan.entries
    return {
        "ENTRIES": ", ".join(entries),
        "LAST": " of each class" if options.has_classes else "",
        **_site_holes(plan),
        "BLANK": "input = blank(input, sample_weight)" if plan.arranges else "",
        "HEEDED": "blank(input, sample_weight)" if plan.arranges else "input",
        "POSITIVES": f"target = {plan.target}" if plan.arranges else "",
        "COUNTS": _counts(plan),
        "RETURN_COUNTS": _return_counts(plan),
        "RETURN_SOFT": _return_soft(plan),
        "SUMS": _sums_in_words(plan),
        **_block_holes(plan),
        "TARGET": plan.target,
        **_gradient_holes(plan),
        **_log_loss_holes(plan),
        **_softmax_holes(plan),
    }


def _counts(plan: Plan) -> str:
    """Each entry as a sum of non-negative terms, with the fewest operations."""
    entries = plan.entries
    lines = [
        "if sample_weight is not None:",
        "    pred, rest = sample_weight * pred, sample_weight * rest",
    ]
    for positive, negative, soft in (("tp", "fp", "pred"), ("fn", "tn", "rest")):
        if positive in entries or negative in entries:
            lines.append(f"{positive} = target * {soft}")
        if negative in entries:
            lines.append(f"{negative} = {soft} - {positive}")
    lines += [
        f"entries = [{', '.join(entries)}]",
        "if sample_weight is not None:  # large ones add up to more than float32 holds",
        "    entries = [precise(x) for x in entries]",
        _sums(plan, "entries"),
    ]
    return "\n".join(lines)


def _sums(plan: Plan, parts: str) -> str:
    """Return the sums over all that a confusion matrix holds; groups keep their dimensions."""
    sites = "sites(x)" if plan.options.is_grouped else ""
    return f"return [x.sum({sites}) for x in {parts}]"


def _site_holes(plan: Plan) -> Holes:
    """Return which dimensions are summed; what is left are groups, then classes."""
    options = plan.options
    kept = ["samples"] * options.per_sample + ["classes"] * options.has_classes
    dims = {
        (False, True): "(0, *range(2, x.dim()))",
        (True, False): "tuple(range(1, x.dim()))",
        (True, True): "tuple(range(2, x.dim()))",
    }
    return {
        "KEPT": " and ".join(kept),
        "SITES": dims.get((options.per_sample, options.has_classes), ""),
        "GROUP_DIMS": "2" if options.has_classes else "1",
    }


def _return_counts(plan: Plan) -> str:
    call = "count(pred, rest, target, sample_weight)"
    if not plan.has_log_loss:
        return f"return torch.stack({call})"
    return f"{_LOG_LOSSES}\nreturn torch.stack([*{call}, *losses])"


def _return_soft(plan: Plan) -> str:
    call = "count(*soft, target, sample_weight)"
    if not plan.has_log_loss:
        return f"return soft, {call}"
    return f"{_LOG_LOSSES}\nreturn soft, [*{call}, *losses]"


def _sums_in_words(plan: Plan) -> str:
    if plan.has_log_loss:
        return "the sums that count and log_loss give"
    return f"the entries {', '.join(plan.entries)} that they add up to"


_LOG_LOSSES = "losses = log_loss(widen(input), target, sample_weight)"


def _block_holes(plan: Plan) -> Holes:
    """Return how a batch is cut: groups stay whole, weights may be one for many."""
    options = plan.options
    lines = ["def cut(x):"]
    if options.is_softmax:
        lines += ["    at = dim if x is None or x.dim() == input.dim() else max(dim - 1, 0)"]
    at = "at" if options.is_softmax else "dim"
    lines += [
        f"    if x is None or x.shape[{at}] == 1:",
        "        return [x] * len(parts)",
        f"    return x.split(rows, {at})",
    ]
    whole = "others = [x if x is None else x.expand_as(input) for x in others]"
    return {
        "CUT_OTHERS": "" if options.is_grouped else whole,
        "CUT_DIMS": "sites(input)" if options.is_grouped else "range(input.dim())",
        "CUT": "\n".join(lines),
    }


def counts_shape(plan: Plan) -> str:
    """Return the code of the shape of what soft_counts returns, once arguments are arranged."""
    options = plan.options
    rows = len(plan.entries) + len(plan.log_loss_counts)
    if not options.is_grouped:
        return f"({rows},)"
    sizes = ["input.shape[0]"] if options.per_sample else []
    sizes += ["input.shape[1]"] if options.has_classes else []
    return f"({', '.join((str(rows), *sizes))})"


def _gradient_holes(plan: Plan) -> Holes:
    """Return how slopes meet elements: floats as they are, tensors in the batch's dtype."""
    options = plan.options
    if not options.is_grouped:
        grad = "grad = pos * (grad_pos / root) + (1 - pos) * (grad_neg / root)"
    else:
        shared = "root = root.amax(-1, keepdim=True)  # softmax mixes the slopes of all classes"
        lines = [
            "slopes = grad_pos / root, grad_neg / root, root, scale",
            "grad_pos, grad_neg, root, scale = (beside(x, wide) for x in slopes)",
            "grad = pos * grad_pos + (1 - pos) * grad_neg",
        ]
        grad = "\n".join([*([shared] if options.is_softmax else []), *lines])
    is_early = options.is_softmax and options.average == "none"
    late = " * scale  # what a loss scale adds may overflow"
    return {
        "GRAD": grad,
        "PULL_SMALL": "\n".join(_pull_small(plan)),
        "SCALE_FIRST": "grad = grad * scale" if is_early else "",
        "SCALE": "" if is_early else late,
        "PULL_LOG_LOSS": "\n".join(_pull_log_loss(plan)),
    }


def _pull_log_loss(plan: Plan) -> list[str]:
    """Return the lines that add the gradient of the cross entropy, if there is one."""
    if not plan.has_log_loss:
        return []
    call = "grad = grad + log_loss_backward({}, wide, pos, sample_weight)"
    shape = "beside({}, wide)" if plan.options.is_grouped else "{}"
    if plan.mixes_by_slopes:
        roots = ", ".join(shape.format(x) for x in ("log_pos**0.5", "log_neg**0.5"))
        lines = [f"log_roots = {roots}", call.format("scale, *log_roots")]
    else:
        root = shape.format("log_slope**0.5")
        note = "  # which float32 holds, as for the slopes"
        lines = [f"log_root = {root}{note}", call.format("scale, log_root")]
    return [*lines, "grad = grad.clamp(-limit, limit)"]


def _pull_small(plan: Plan) -> list[str]:
    """Return the short way for floats that fear no overflow: with fewer operations, in place.

    Options are at most 1e30, so slopes below 1e7 keep the gradient in float32; weights may not.
    """
    if not plan.has_floats or plan.has_log_loss:
        return []
    names = "".join(f", {name}" for name in plan.surrogate_options)
    return [
        "is_small = isinstance(root, float) and abs(scale) * root**2 < 1e7",
        "if is_small and sample_weight is None and input.dtype != torch.float16:",
        "    grad = between(pos, scale * grad_pos, scale * grad_neg)",
        f"    grad = surrogate_backward(grad, wide, *soft{names})",
        "    return grad.to(input.dtype)",
    ]


_SIDES = {
    True: ("target * log_sigmoid(input)", "(1 - target) * log_sigmoid(-input)"),
    False: ("target * log_p", "(1 - target) * log_q"),
}
"""The negative cross entropy of positives and of negatives, of logits or probabilities."""
_LOSSES = {
    **{("binary", of_logits): f"-{pos} - {neg}" for of_logits, (pos, neg) in _SIDES.items()},
    ("softmax", True): "-target * torch.log_softmax(input, 1)",
    ("softmax", False): "-target * torch.log(input.clamp(min=1e-38))",
}
_BEFORE = {
    ("binary", True): "input = input.clamp(-1e30, 1e30)\n"
    "log_sigmoid = torch.nn.functional.logsigmoid",
    ("binary", False): "log_p = torch.log(input.clamp(min=1e-38))\n"
    "log_q = torch.log((1 - input).clamp(min=1e-38))",
    ("softmax", True): "input = input.clamp(-1e30, 1e30)",
    ("softmax", False): "",
}
_SLOPES = {
    ("binary", True): "pred, rest = torch.sigmoid(input), torch.sigmoid(-input)\n"
    "return scale * ((1 - target) * pred - target * rest)",
    ("binary", False): "variance = (input * (1 - input)).clamp(min=1e-12)\n"
    "return scale * (input - target) / variance",
    ("softmax", True): "pull = scale * target\n"
    "pred = torch.softmax(input.clamp(-1e30, 1e30), 1)\n"
    "rest = from_others(1 - pred, pred, pred)\n"
    "return pred * (pull.sum(1, keepdim=True) - pull) - rest * pull",
    ("softmax", False): "return -scale * target / input.clamp(min=1e-12)",
}

_SIDES_SLOPES = {
    True: "return scale * (negative * torch.sigmoid(input) - positive * torch.sigmoid(-input))",
    False: "variance = (input * (1 - input)).clamp(min=1e-12)\n"
    "return scale * (negative * input - positive * (1 - input)) / variance",
}


def _log_loss_holes(plan: Plan) -> Holes:
    kind = ("softmax" if plan.options.is_softmax else "binary", plan.options.from_logits)
    of_logits = plan.options.from_logits
    return {
        "LOG_LOSS_BEFORE": _BEFORE[kind],
        "LOG_LOSS": _LOSSES[kind],
        "OF_POSITIVES": _SIDES[of_logits][0],
        "OF_NEGATIVES": _SIDES[of_logits][1],
        "LOG_LOSS_SIDES_SLOPE": _SIDES_SLOPES[of_logits],
        "TERMS": " / input.shape[1]" if plan.options.is_softmax else "",
        "LOG_LOSS_SUMS": _sums(plan, "sums" if plan.mixes_by_slopes else "(losses, weight)"),
        "LOG_LOSS_SLOPE": _SLOPES[kind],
    }


def _softmax_holes(plan: Plan) -> Holes:
    is_sharp = plan.options.surrogate == "softmax"
    logits = "sharpness * input" if is_sharp else "input"
    clamped = f"({logits})" if is_sharp else logits
    pred, slope = f"torch.softmax({clamped}.clamp(-1e30, 1e30), 1)", "pred * (grad - shift)"
    name, last = f"softmax({logits})", ""
    factor = "sharpness * " if is_sharp else ""
    if not plan.options.from_logits:
        pred = "torch.softmax(sharpness * torch.log(input.clamp(min=1e-38)), 1)"
        name, last = "softmax(sharpness * log(input))", " / input.clamp(min=1e-38)"
    return {
        "SOFTMAX": name,
        "PRED": pred,
        "FOR": " before the division" if last else "",
        "SOFTMAX_SLOPE": f"grad = {slope}\nreturn {factor}from_others(grad, pred, -grad){last}",
    }

def widen(input):
    """Return the input in the dtype of all arithmetic: float64 stays, the rest is float32."""
    return input if input.dtype == torch.float64 else input.float()


def split(target, sample_weight, dtype):
    """Return the weight of each element as a positive and as a negative."""
    pos = target.to(dtype)
    neg = 1 - pos
    if sample_weight is None:
        return pos, neg
    weight = sample_weight.to(dtype)
    return weight * pos, weight * neg


def soft_counts(__COUNT_ARGUMENTS__):
    """Return the soft entries __ENTRIES__: the only pass over the batch forward."""
    hit, miss = soften(__SOFTEN_INPUT__)
    pos, neg = split(target, sample_weight, hit.dtype)
    __COUNTS__
    return __ENTRIES__


def value_and_slopes(__PROGRAM_ARGUMENTS__):
    """Return the metric and dM/da at a positive and at a negative, from the entries."""
    # value
    __VALUE__

    # slopes
    __SLOPES__
    return value, grad_pos, grad_neg


def pull_back(__PULL_ARGUMENTS__):
    """Return the gradient for the input, in its dtype: the only pass backward."""
    slope = soften_slope(__SOFTEN_INPUT__)
    pos, neg = split(target, sample_weight, slope.dtype)
    gradient = (pos * grad_pos + neg * grad_neg) * slope
    limit = torch.finfo(input.dtype).max
    return gradient.clamp(-limit, limit).to(input.dtype)


def on_host(input):
    """Tell whether the entries can be Python floats: faster than 0-dim tensors on a CPU."""
    if torch.is_grad_enabled() or torch.compiler.is_compiling():
        return False
    is_plain = not torch._C._are_functorch_transforms_active()
    return is_plain and input.device.type == "cpu"


def linearize(__CALL_ARGUMENTS__):
    """Return value and slopes of a batch as 0-dim tensors, bounded by their dtype."""
    entries = soft_counts(__COUNT_CALL__)
    precise = torch.float32 if input.device.type == "mps" else torch.float64
    if on_host(input):
        entries = torch.stack(entries).tolist()
    else:
        entries = [entry.to(precise) for entry in entries]
    results = value_and_slopes(__PROGRAM_CALL__)
    dtype = widen(input).dtype
    limit = torch.finfo(dtype).max
    return tuple(
        torch.as_tensor(x, dtype=precise, device=input.device).clamp(-limit, limit).to(dtype)
        for x in results
    )

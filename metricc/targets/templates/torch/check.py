def check(input, target, sample_weight):
    """Raise if the arguments do not fit together."""
    if not input.is_floating_point():
        raise TypeError(f"input must be floating point, not {input.dtype}")
    if target.shape != input.shape:
        shapes = f"{tuple(target.shape)} and {tuple(input.shape)}"
        raise ValueError(f"target and input must have the same shape, not {shapes}")
    if target.requires_grad:
        raise ValueError("target requires grad, but only input gets a gradient")
    if sample_weight is None:
        return
    sizes = zip(reversed(sample_weight.shape), reversed(input.shape))
    fits = all(size in (1, full) for size, full in sizes)
    if not fits or sample_weight.dim() > input.dim():
        shapes = f"{tuple(sample_weight.shape)} and {tuple(input.shape)}"
        raise ValueError(f"sample_weight must broadcast to input, not {shapes}")
    if sample_weight.requires_grad:
        raise ValueError("sample_weight requires grad, but only input gets a gradient")

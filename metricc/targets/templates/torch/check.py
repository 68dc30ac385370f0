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

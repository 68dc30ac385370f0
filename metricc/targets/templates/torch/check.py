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

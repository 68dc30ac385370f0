def check(input, target, class_dim):
    """Raise if the arguments do not fit together."""
    check_input(input, target, class_dim)
    if target.shape != input.shape:
        shapes = f"{tuple(target.shape)} and {tuple(input.shape)}"
        raise ValueError(f"target and input must have the same shape, not {shapes}")

def check(input, target, class_dim):
    """Raise if the arguments do not fit together."""
    if not input.is_floating_point():
        raise TypeError(f"input must be floating point, not {input.dtype}")
    if not -input.dim() <= class_dim < input.dim() or input.dim() < 2:
        shape = f"{tuple(input.shape)} has no dimension {class_dim}"
        raise ValueError(f"input must have a class dimension, (N, C, ...): {shape}")
    if target.shape != input.shape:
        shapes = f"{tuple(target.shape)} and {tuple(input.shape)}"
        raise ValueError(f"target and input must have the same shape, not {shapes}")
    if target.requires_grad:
        raise ValueError("target requires grad, but only input gets a gradient")

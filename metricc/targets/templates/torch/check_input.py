def check_input(input, target, class_dim):
    """Raise unless input has classes, and target is no part of what is learned."""
    if not input.is_floating_point():
        raise TypeError(f"input must be floating point, not {input.dtype}")
    if not -input.dim() <= class_dim < input.dim() or input.dim() < 2:
        shape = f"{tuple(input.shape)} has no dimension {class_dim}"
        raise ValueError(f"input must have a class dimension, (N, C, ...): {shape}")
    if target.requires_grad:
        raise ValueError("target requires grad, but only input gets a gradient")

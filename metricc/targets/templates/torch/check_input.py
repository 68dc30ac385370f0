def check_input(input, target, class_dim):
    """Raise unless input has classes, and target is data beside it."""
    check_floats(input)
    check_data("target", target, input)
    if not -input.dim() <= class_dim < input.dim() or input.dim() < 2:
        shape = f"{tuple(input.shape)} has no dimension {class_dim}"
        raise ValueError(f"input must have a class dimension, (N, C, ...): {shape}")

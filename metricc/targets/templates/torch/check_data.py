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

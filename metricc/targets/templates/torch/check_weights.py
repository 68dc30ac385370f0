def check_weights(sample_weight):
    """Raise if a weight is negative."""
    if sample_weight is None or not can_read(sample_weight):
        return
    if (sample_weight < 0).any():
        least = f"{sample_weight.min().item():g}"
        raise ValueError(f"sample_weight must be 0 or more, not {least}")


def can_read(x):
    """Tell whether to look at x __WAITS__ breaks no trace."""
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return False
    return type(x) in (torch.Tensor, torch.nn.Parameter) and __READABLE__

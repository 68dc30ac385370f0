def check_weights(sample_weight):
    """Raise if a weight is negative or beyond float32; a NaN shows in the loss."""
    if sample_weight is None or not can_read(sample_weight):
        return
    if sample_weight.numel() == 0:
        return
    least, most = (bound.item() for bound in sample_weight.aminmax())
    if least < 0 or most > 1e39:
        found = f"{least if least < 0 else most:g}"
        raise ValueError(f"sample_weight must be from 0 to 3.4e38, not {found}")


def can_read(x):
    """Tell whether to look at x __WAITS__ breaks no trace."""
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return False
    return type(x) in (torch.Tensor, torch.nn.Parameter) and __READABLE__

def widen(x):
    """Return x in the dtype of all arithmetic: float64 stays, the rest becomes float32."""
    return x if x.dtype in (torch.float32, torch.float64) else x.to(torch.float32)


def precise(x):
    """Return x in float64 where the device has it."""
    return x.to(torch.float32 if x.is_mps else torch.float64)


def bounded(x):
    """Return x brought to [-1e60, 1e60], the roots of which float32 holds."""
    if isinstance(x, torch.Tensor):
        limit = 1e60 if x.dtype == torch.float64 else 1e37
        return x.clamp(-limit, limit)
    return min(max(x, -1e60), 1e60)

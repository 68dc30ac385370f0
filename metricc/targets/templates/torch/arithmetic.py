def widen(x):
    """Return x in the dtype of all arithmetic: float64 stays, the rest becomes float32."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def bounded(x):
    """Return x brought to [-1e60, 1e60], the roots of which float32 holds."""
    if isinstance(x, torch.Tensor):
        limit = 1e60 if x.dtype == torch.float64 else 1e37
        return x.clamp(-limit, limit)
    return min(max(x, -1e60), 1e60)


def is_plain():
    """Tell whether nothing differentiates, traces or transforms what runs here."""
    if torch.is_grad_enabled() or torch.compiler.is_compiling():
        return False
    return not torch._C._are_functorch_transforms_active()  # as Function.apply asks

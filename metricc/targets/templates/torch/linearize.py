def linearize(__CALL_ARGUMENTS__):
    """Return value, grad_pos and grad_neg of a batch, in float64 where there is one."""
    entries = soft_counts(__COUNT_ARGUMENTS__)
    entries = __SMOOTH__entries.to(torch.float32 if entries.is_mps else torch.float64)
    zero = torch.zeros_like(entries[0])
    if is_plain() and entries.is_cpu:
        entries = entries.tolist()  # floats are faster than 0-dim tensors
    else:
        entries = entries.unbind()
    results = value_and_slopes(__PROGRAM_CALL__)
    return torch.stack([zero + x for x in results]).clamp(-1e76, 1e76)


def widen(x):
    """Return x in the dtype of all arithmetic: float64 stays, the rest becomes float32."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def finite(x, dtype):
    """Return x in `dtype`, brought to its finite range."""
    limit = torch.finfo(dtype).max
    return x.clamp(-limit, limit).to(dtype)


def is_plain():
    """Tell whether nothing differentiates, traces or transforms what runs here."""
    if torch.is_grad_enabled() or torch.compiler.is_compiling():
        return False
    return not torch._C._are_functorch_transforms_active()  # as Function.apply asks

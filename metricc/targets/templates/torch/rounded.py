def rounded(loss, input):
    """Return the loss in float32, or in float64 for a float64 input, and finite."""
    dtype = torch.promote_types(input.dtype, torch.float32)
    limit = torch.finfo(dtype).max
    if isinstance(loss, torch.Tensor):
        return loss.to(dtype).clamp(-limit, limit)
    return torch.scalar_tensor(min(max(loss, -limit), limit), dtype=dtype)

def check_counts(counts, shape):
    """Raise if given counts are not as the method `counts` returns them."""
    if counts is None:
        return
    if not isinstance(counts, torch.Tensor):
        raise TypeError(f"counts must be a tensor, not {type(counts).__name__}")
    if tuple(counts.shape) != shape:
        raise ValueError(f"counts must have shape {shape}, not {tuple(counts.shape)}")
    if can_read(counts) and counts.numel():
        least, most = counts.aminmax()
        if least < -1e-6 * most:  # beyond what rounding leaves
            raise ValueError(f"counts must not be negative: {least:g}")

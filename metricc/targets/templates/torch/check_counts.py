def check_counts(counts, shape):
    """Raise if given counts are not shaped as the method `counts` shapes them."""
    if counts is not None and tuple(counts.shape) != shape:
        raise ValueError(f"counts must have shape {shape}, not {tuple(counts.shape)}")

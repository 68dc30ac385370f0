def as_counts(*counts):
    """Return arrays of one shape."""
    arrays = np.broadcast_arrays(*(np.asarray(count, dtype=float) for count in counts))
    for name, array in zip(("tp", "fp", "fn", "tn"), arrays):
        if (array < 0).any():
            raise ValueError(f"{name} must not be negative")
    return arrays


def as_weight(sample_weight, shape):
    """Return the weight of each sample."""
    weight = np.asarray(1.0 if sample_weight is None else sample_weight, dtype=float)
    if not ((weight >= 0) & (weight < np.inf)).all():
        raise ValueError("sample_weight must be finite and 0 or more")
    try:
        return np.broadcast_to(weight, shape)
    except ValueError:
        shapes = f"{weight.shape} and {shape}"
        raise ValueError(f"sample_weight must fit y_true, not {shapes}") from None

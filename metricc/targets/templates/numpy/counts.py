def as_counts(*counts):
    """Return arrays of one shape."""
    arrays = np.broadcast_arrays(*(np.asarray(count, dtype=float) for count in counts))
    for name, array in zip(("tp", "fp", "fn", "tn"), arrays):
        if (array < 0).any():
            raise ValueError(f"{name} must not be negative")
    return arrays

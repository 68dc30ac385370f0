def blank(x, sample_weight):
    """Return x with 0 for what weighs nothing, which may be NaN, or no share."""
    if sample_weight is None:
        return x
    return x.masked_fill(sample_weight == 0, 0)

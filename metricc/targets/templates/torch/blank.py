def blank(input, sample_weight):
    """Return input with 0 for what weighs nothing, which may be NaN."""
    if sample_weight is None:
        return input
    return input.masked_fill(sample_weight == 0, 0)

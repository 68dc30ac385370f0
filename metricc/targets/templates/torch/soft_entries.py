def soft_entries(__COUNT_ARGUMENTS__):
    """Return the soft decisions, and __SUMS__."""
    __BLANK__
    __POSITIVES__
    soft = surrogate(widen(input)__SURROGATE_OPTIONS__)
    __RETURN_SOFT__


def soft_counts(__COUNT_ARGUMENTS__):
    """Return the soft entries as a tensor; nothing else in forward reads the batch."""
    _, entries = soft_entries(__COUNT_ARGUMENTS__)
    return torch.stack(entries)

def soft_counts(__COUNT_ARGUMENTS__):
    """Return the soft entries __ENTRIES____LAST__; nothing else in forward reads the batch."""
    __BLANK__
    __POSITIVES__
    pred, rest = surrogate(widen(input)__SURROGATE_OPTIONS__)
    __RETURN_COUNTS__

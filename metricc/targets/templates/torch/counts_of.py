def counts_of(__COUNT_ARGUMENTS__):
    """Return the soft entries in float64, by loops in C where they can be had."""
    if choose(input, target, sample_weight) is __NAME__Fused:
        return LOOPS.counts((input, target, sample_weight), __NUMBERS__)
    return precise(soft_counts(__COUNT_ARGUMENTS__))

def arrange(input, target, sample_weight__MASK____ARRANGE_OPTIONS__):
    """Check the arguments and bring them to one layout."""
    check(input, target__CHECK_OPTIONS__)
    __LAYOUT__
    __MASKS__
    check_weights(sample_weight)
    __PER_SAMPLE__
    return input, target, sample_weight

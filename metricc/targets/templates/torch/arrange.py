def arrange(input, target, sample_weight__MASK____ARRANGE_OPTIONS__):
    """Check the arguments and bring them to one layout; what weighs 0 may be NaN."""
    check(input, target__CHECK_OPTIONS__)
    __LAYOUT__
    __MASKS__
    if sample_weight is not None:
        input = input.masked_fill(sample_weight == 0, 0)
    __PER_SAMPLE__
    return input, target, sample_weight

def count_blocks(input, target, sample_weight, numbers):
    """Return the entries as floats, and the soft decisions if one part holds them all."""
    entries = [0.0] * __ENTRY_COUNT__
    parts = blocks(input, target, sample_weight)
    for input, target, sample_weight in parts:
        __BLANK__
        __POSITIVES__
        soft = surrogate(widen(input)__STAR_NUMBERS__)
        sums = count(*soft, target, sample_weight)
        entries = [entry + part.item() for entry, part in zip(entries, sums)]
    return entries, soft if len(parts) == 1 else None

def count_blocks(batch, numbers):
    """Return the entries as floats, and the soft decisions if one part holds them all."""
    parts = blocks(*batch)
    entries = [0.0] * __ENTRY_COUNT__
    for part in parts:
        soft, sums = soft_entries(*part, *numbers)
        entries = [entry + x.item() for entry, x in zip(entries, sums)]
    return entries, soft if len(parts) == 1 else None

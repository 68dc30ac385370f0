def gather(counts__GATHER_OPTIONS__):
    """Return what the metric takes, in float64 where the device has it."""
    entries = precise(counts)
    __GATHER__
    return entries.unbind()

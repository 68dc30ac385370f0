def gather(counts__GATHER_OPTIONS__):
    """Return what the metric takes, in float64 where the device has it."""
    entries = counts.to(torch.float32 if counts.is_mps else torch.float64)
    __GATHER__
    return entries.unbind()

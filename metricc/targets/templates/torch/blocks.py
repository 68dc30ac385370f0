def blocks(input, *others):
    """Return a batch in parts that a processor's cache holds, cut along the longest dimension."""
    size = 2**16 * torch.get_num_threads()
    if input.numel() <= size or not input.is_cpu:
        return [(input, *others)]
    __CUT_OTHERS__
    dim = max(__CUT_DIMS__, key=lambda dim: input.shape[dim])
    rows = max(size * input.shape[dim] // input.numel(), 1)
    parts = input.split(rows, dim)

    __CUT__

    return list(zip(parts, *(cut(x) for x in others)))

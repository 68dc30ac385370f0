@functools.lru_cache(maxsize=16)
def constants(numbers, dtype):
    """Return numbers as 0-dim tensors, by which torch multiplies sooner than by floats."""
    dtype = torch.promote_types(dtype, torch.float32)
    return [torch.tensor(x, dtype=dtype, device="cpu") for x in numbers]

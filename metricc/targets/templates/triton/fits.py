def fits_triton(input, target, sample_weight):
    """Tell whether the kernels take this batch: one CUDA device, of compute capability 8."""
    if triton is None or not input.is_cuda or input.dtype not in FLOATS:
        return False
    others = target, sample_weight
    if any(x is not None and x.device != input.device for x in others):
        return False
    __FEW_CLASSES__
    return torch.cuda.get_device_capability(input.device) >= (8, 0)

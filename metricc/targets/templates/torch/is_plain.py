def is_plain(grad_output):
    """Tell whether a gradient is for one number, and nothing differentiates or transforms it."""
    if torch.is_grad_enabled() or torch._C._are_functorch_transforms_active():
        return False
    return not torch._C._functorch.is_legacy_batchedtensor(grad_output)

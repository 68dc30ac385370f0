def choose(__CHOICE__):
    """Return the function for these tensors__AND_KERNELS__."""
    if torch.compiler.is_compiling():
        return __COMPILED__
    is_transformed = torch._C._are_functorch_transforms_active()
    if is_transformed or torch.autograd.forward_ad._current_level >= 0:
        return __NAME__
    if type(input) not in (torch.Tensor, torch.nn.Parameter):
        return __NAME__
    __CHOOSE_KERNELS__
    return __NAME__Eager

def choose(input, target, sample_weight):
    """Return the function for these tensors: loops in C, where they can be had."""
    if torch.compiler.is_compiling():
        return __COMPILED__
    is_transformed = torch._C._are_functorch_transforms_active()
    if is_transformed or torch.autograd.forward_ad._current_level >= 0:
        return __NAME__
    is_plain = type(input) in (torch.Tensor, torch.nn.Parameter)
    if is_plain and LOOPS and LOOPS.fit((input, target, sample_weight)):
        return __NAME__Fused
    return __NAME__

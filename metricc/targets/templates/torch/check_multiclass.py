def check(input, target, class_dim__IGNORE__):
    """Raise if the arguments do not fit together."""
    check_input(input, target, class_dim)
    shape = list(input.shape)
    classes = shape.pop(class_dim)
    if list(target.shape) not in (shape, list(input.shape)):
        wanted = f"{tuple(shape)} (class indices) or {tuple(input.shape)} (shares)"
        raise ValueError(f"target must have shape {wanted}, not {tuple(target.shape)}")
    if target.dim() < input.dim():
        check_indices(target, classes__IGNORE__)


def check_indices(target, classes__IGNORE__):
    """Raise if a class index is none; on a device without waiting for it."""
    if target.is_floating_point() or target.is_complex():
        raise TypeError(f"class indices must be integers, not {target.dtype}")
    index = target.long()
    if can_read(target) and index.numel() > 0:
        low, high = (x.item() for x in index.aminmax())
        if 0 <= low and high < classes:
            return
    wrong = __WRONG_INDEX__
    if can_read(target) and wrong.any():
        found = target[wrong][0].item()
        raise ValueError(f"target holds class {found}, but input has {classes} classes")
    if target.is_cuda and not torch.compiler.is_compiling():
        torch._assert_async(~wrong.any(), "target holds a class that input has not")

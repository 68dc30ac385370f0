def check_values(input, target, sample_weight):
    """Raise if a value is out of range; NaN is left to the loss, in which it shows."""
    __VALUE_CHECKS__


def check_range(name, x, hint=""):
    """Raise if a number in x is below 0 or above 1, beyond what rounding does."""
    if x.numel() == 0 or x.dtype == torch.bool:
        return
    low, high = (bound.item() for bound in x.detach().float().aminmax())
    if low < -0.01 or high > 1.01:
        raise ValueError(f"{name} must be from 0 to 1, not {low:g} to {high:g}{hint}")

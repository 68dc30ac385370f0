def soften(input):
    """Return the probability a = input, and 1 - a."""
    return input, 1 - input


def soften_slope(input):
    """Return da/dinput."""
    return torch.ones_like(input)

def soften(input, sharpness, threshold):
    """Return the surrogate a = A(input) of input > threshold, and 1 - a."""
    x = sharpness * (input - threshold)
    return torch.sigmoid(x), torch.sigmoid(-x)


def soften_slope(input, sharpness, threshold):
    """Return da/dinput as a product, which does not round to 0 as a * (1 - a) does."""
    hit, miss = soften(input, sharpness, threshold)
    return sharpness * hit * miss

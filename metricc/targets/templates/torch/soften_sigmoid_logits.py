def soften(input, sharpness, threshold):
    """Return the surrogate a = A(p) of p > threshold, and 1 - a, for p = sigmoid(input)."""
    x = sharpness * (0.5 * torch.tanh(0.5 * input) + (0.5 - threshold))
    return torch.sigmoid(x), torch.sigmoid(-x)


def soften_slope(input, sharpness, threshold):
    """Return da/dinput as a product, which does not round to 0 as a * (1 - a) does."""
    hit, miss = soften(input, sharpness, threshold)
    return sharpness * hit * miss * torch.sigmoid(input) * torch.sigmoid(-input)

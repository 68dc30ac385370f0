def soften(input):
    """Return the probability a = sigmoid(input), and 1 - a."""
    return torch.sigmoid(input), torch.sigmoid(-input)


def soften_slope(input):
    """Return da/dinput as a product, which does not round to 0 as a * (1 - a) does."""
    return torch.sigmoid(input) * torch.sigmoid(-input)

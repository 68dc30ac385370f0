def surrogate(input):
    """Return the probability a = sigmoid(input), and 1 - a."""
    return torch.sigmoid(input), torch.sigmoid(-input)


def surrogate_backward(grad, input):
    """Return grad * da/dinput as a product of sigmoids: a * (1 - a) would round to 0."""
    return grad * torch.sigmoid(input) * torch.sigmoid(-input)

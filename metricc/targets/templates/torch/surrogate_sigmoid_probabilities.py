def surrogate(input, sharpness, threshold):
    """Return a = A(input), the soft decision input > threshold, and 1 - a."""
    x = sharpness * (input - threshold)
    return torch.sigmoid(x), torch.sigmoid(-x)


def surrogate_backward(grad, input, sharpness, threshold):
    """Return grad * da/dinput as a product of sigmoids: a * (1 - a) would round to 0."""
    x = sharpness * (input - threshold)
    return grad * torch.sigmoid(x) * torch.sigmoid(-x) * sharpness

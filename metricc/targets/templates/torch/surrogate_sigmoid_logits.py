def surrogate(input, sharpness, threshold):
    """Return a = A(p), the soft decision p > threshold for p = sigmoid(input), and 1 - a."""
    x = sharpness * (torch.sigmoid(input) - threshold)
    return torch.sigmoid(x), torch.sigmoid(-x)


def surrogate_backward(grad, input, sharpness, threshold):
    """Return grad * da/dinput as a product of sigmoids: a * (1 - a) would round to 0."""
    p, q = torch.sigmoid(input), torch.sigmoid(-input)
    x = sharpness * (p - threshold)
    return grad * torch.sigmoid(x) * torch.sigmoid(-x) * p * q * sharpness

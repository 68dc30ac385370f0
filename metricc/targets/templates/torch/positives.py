def positives(target, input):
    """Return the target of each class: an index becomes 1 for its class and 0 for others."""
    if target.dim() == input.dim():
        return target
    classes = torch.arange(input.shape[1], device=target.device)
    return target.unsqueeze(1) == classes.reshape(-1, *[1] * (input.dim() - 2))

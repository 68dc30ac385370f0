def positives(target, input):
    """Return the target with classes last: an index becomes 1 for its class and 0 for others."""
    if target.dim() == input.dim():
        return target
    classes = torch.arange(input.shape[-1], device=target.device)
    return target.unsqueeze(-1) == classes

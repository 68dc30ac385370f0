def log_loss(input, target, sample_weight):
    """Return the sum of the cross entropy and the number of its terms, as two more entries."""
    target = target.to(input.dtype)
    __LOG_LOSS_BEFORE__
    losses = __LOG_LOSS__
    weight = torch.ones_like(losses)__TERMS__
    if sample_weight is not None:  # large ones add up to more than float32 holds
        sample_weight = precise(sample_weight)
        losses, weight = sample_weight * losses, sample_weight * weight
    __LOG_LOSS_SUMS__


def log_loss_backward(scale, root, input, target, sample_weight):
    """Return the gradient of `scale` times root**2 times the sum of the cross entropy."""
    weight = root if sample_weight is None else sample_weight.to(input.dtype) * root
    scale = scale * (weight * root)
    __LOG_LOSS_SLOPE__

def pull_back_blocks(scale, slopes, batch, numbers, soft=None):
    """Return the gradient for the input, made part by part if there are many."""
    parts = blocks(*batch)
    if len(parts) == 1:
        return pull_back(scale, *slopes, *batch, *numbers, soft)
    gradient = torch.empty_like(batch[0])
    for (place,), part in zip(blocks(gradient), parts):
        place.copy_(pull_back(scale, *slopes, *part, *numbers))
    return gradient

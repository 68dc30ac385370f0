def both(mask, sample_weight):
    """Return the product of two weights; what the mask leaves out may be NaN in the other."""
    if sample_weight is None:
        return mask
    return torch.where(mask == 0, 0, mask * sample_weight)

def moderate(sample_weight):
    """Return weights of at most 3.4e38, the bound of float32: sums and products stay finite."""
    if sample_weight is None or sample_weight.dtype != torch.float64:
        return sample_weight
    at_most = sample_weight.clamp(max=3.4e38)
    return torch.where(sample_weight < math.inf, at_most, sample_weight)

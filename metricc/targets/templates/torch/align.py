def align(name, weight, input, class_dim):
    """Return a weight in the layout of input: per sample, per site, or per site and class."""
    if weight is None:
        return None
    check_data(name, weight, input)
    aligned = weight
    if weight.dim() <= 1:
        aligned = weight.reshape(-1, *[1] * (input.dim() - 1))
    elif weight.dim() == input.dim() - 1:
        aligned = weight.unsqueeze(1)
    elif weight.dim() == input.dim():
        aligned = weight.movedim(class_dim, 1)
    wanted = __WEIGHT_SHAPE__
    fits = all(size in (1, full) for size, full in zip(aligned.shape, wanted))
    if not fits or aligned.dim() != input.dim():
        shapes = f"{tuple(weight.shape)} for an input of"
        shapes += f" {tuple(input.movedim(1, class_dim).shape)}"
        raise ValueError(f"{name} must have a number per __WEIGHED__, not {shapes}")
    return aligned

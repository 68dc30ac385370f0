def beside(x, wide):
    """Return what groups have, a number or a row of classes each, to multiply a batch by."""
    return x.reshape(x.shape + (1,) * (wide.dim() - __GROUP_DIMS__)).to(wide)

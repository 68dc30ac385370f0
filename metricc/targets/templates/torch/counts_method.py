@torch.no_grad()
def counts(__METHOD_ARGUMENTS__):
    """Return the soft entries of a batch, which add up; forward takes their sum as `counts`."""
    __ARRANGE__
    __LOOK__
    __TOTALS__

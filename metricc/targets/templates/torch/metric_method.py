@torch.no_grad()
def metric(__METHOD_ARGUMENTS__):
    """Return M of the hard decisions of a batch, __DECISION____LOCAL__."""
    __ARRANGE_BARE__
    __DECIDE__
    counts = count(pred, 1 - pred, __TARGET__, sample_weight)
    __METRIC__

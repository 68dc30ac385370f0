@torch.no_grad()
def metric(__METHOD_ARGUMENTS__):
    """Return M of the hard decisions of a batch, __DECISION____LOCAL__."""
    __ARRANGE__
    __LOOK_ALWAYS__
    __BLANK__
    __DECIDE__
    __POSITIVES__
    counts = torch.stack(count(pred, 1 - pred, target, sample_weight))
    __METRIC__

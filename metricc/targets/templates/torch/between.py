def between(pos, grad_pos, grad_neg):
    """Return grad_pos where pos is 1 and grad_neg where it is 0, each to the last digit."""
    if abs(grad_pos) < abs(grad_neg):
        return between(1 - pos, grad_neg, grad_pos)
    return torch.add(pos.new_full((), grad_neg), pos, alpha=grad_pos - grad_neg)

def average(self, counts):
    """Return the running average of counts in training; in evaluation, the counts."""
    if not self.training:
        return counts
    __SAME_CLASSES__
    running = self.running.to(counts.device)
    total = self.momentum * running + (1 - self.momentum) * counts
    seen = self.momentum * self.seen + (1 - self.momentum)
    is_finite = total.isfinite().all()  # a NaN shows in the loss, and is not kept
    self.running = torch.where(is_finite, total, running)
    self.seen = torch.where(is_finite, seen, self.seen)
    return total / seen

def _load_from_state_dict(self, state_dict, prefix, *rest):
    """Take the running average in any shape: it is that of the batches seen."""
    saved = state_dict.get(f"{prefix}running")
    if saved is not None:
        self.running = torch.empty_like(saved, device=self.running.device)
    super()._load_from_state_dict(state_dict, prefix, *rest)

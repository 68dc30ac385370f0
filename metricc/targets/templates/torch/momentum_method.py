def average(self, counts):
    """Return the running average of counts in training; in evaluation, the counts."""
    if not self.training:
        return counts
    running = self.running.to(counts.device)
    self.running = self.momentum * running + (1 - self.momentum) * counts
    self.seen = self.momentum * self.seen + (1 - self.momentum)
    return self.running / self.seen

def _load_from_state_dict(self, state_dict, prefix, *rest):
    """Take the running average in any shape: it is that of the batches seen."""
    saved = state_dict.get(f"{prefix}running")
    if saved is not None:
        self.running = torch.empty_like(saved, device=self.running.device)
    super()._load_from_state_dict(state_dict, prefix, *rest)

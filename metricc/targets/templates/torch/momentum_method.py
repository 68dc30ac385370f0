def average(self, counts):
    """Return the running average of counts, which a batch in training moves."""
    self.running = self.running.to(counts.device)
    if self.training:
        self.running = self.momentum * self.running + (1 - self.momentum) * counts
        self.seen = self.momentum * self.seen + (1 - self.momentum)
    return torch.where(self.seen > 0, self.running / self.seen, counts)

def _load_from_state_dict(self, state_dict, prefix, *rest):
    """Take the running average in any shape: it is that of the batches seen."""
    saved = state_dict.get(f"{prefix}running")
    if saved is not None:
        self.running = torch.empty_like(saved, device=self.running.device)
    super()._load_from_state_dict(state_dict, prefix, *rest)

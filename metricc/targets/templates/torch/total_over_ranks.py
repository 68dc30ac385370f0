def total_over_ranks(counts, group):
    """Return the sum of counts over the ranks of a process group, by one all-reduce."""
    if not torch.distributed.is_initialized():
        raise ValueError("sync needs an initialised torch.distributed process group")
    if torch.distributed.get_world_size(group) < 1:
        raise ValueError("sync needs a process group that this rank is in")
    counts = precise(counts).clone()
    torch.distributed.all_reduce(counts, group=group)
    return counts

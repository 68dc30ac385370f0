def check_shares(name, x):
    """Raise if the numbers of the classes do not add up to 1, or to 0 where nothing counts."""
    total = x.detach().float().sum(1)
    wrong = total[((total - 1).abs() > 0.05) & (total != 0)]  # 0.05: half precision rounds
    if wrong.numel() > 0:
        found = f"{wrong.flatten()[0].item():g}"
        raise ValueError(f"{name} must add up to 1 over the classes, not to {found}")

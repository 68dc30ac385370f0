def as_number(name, value, *, above=-math.inf, least=-math.inf, below=math.inf):
    """Return a finite number within these bounds as a float."""
    is_number = hasattr(value, "__float__")  # text that reads as one has none
    if is_number and above < value < below and least <= value and abs(value) <= 1e30:
        return float(value)
    bounds = {"above": above, "of at least": least, "below": below}
    limits = [f" {word} {bound}" for word, bound in bounds.items() if abs(bound) < 2]
    raise ValueError(f"{name} must be a finite number{''.join(limits)}, not {value!r}")

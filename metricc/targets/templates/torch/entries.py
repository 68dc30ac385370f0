def count(pred, rest, target, sample_weight):
    """Return the entries __ENTRIES____LAST__, of decisions and what they leave."""
    __COUNTS__

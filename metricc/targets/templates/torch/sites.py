def sites(x):
    """Return the dimensions that one confusion matrix sums over, all but __KEPT__."""
    return __SITES__

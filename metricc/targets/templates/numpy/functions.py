def quotient(x, y, zero_division):
    """Return x / y; 0/0 is `zero_division`, and x/0 is ±3.4e38, the bound of float32."""
    bound = np.where(x == 0, float(zero_division), np.sign(x) * 3.4e38)
    return np.where(y == 0, bound, np.divide(x, y))


def sqrt(x):
    """Return the root of x, and 0 where x is not positive."""
    return np.sqrt(np.maximum(x, 0))


def power(x, exponent):
    """Return x^exponent for x > 0; else its limit at 0, bounded by 3.4e38."""
    bound = np.where(exponent > 0, 0, np.where(exponent < 0, 3.4e38, 1))
    return np.where(x <= 0, bound, np.power(x, exponent, dtype=float))


def log(x):
    """Return log x; log 0 is -745, just below the logarithm of the smallest double."""
    return np.where(x <= 0, -745.0, np.log(x))


def log1p(x):
    """Return log(1 + x); log 0 is -745, just below the logarithm of the smallest double."""
    return np.where(x <= -1, -745.0, np.log1p(x))


def xlogx(x):
    """Return x log x, which is 0 at 0."""
    return np.where(x <= 0, 0, x * np.log(x))


def exp(x):
    """Return e^x, bounded by the largest float32."""
    return np.exp(np.minimum(x, 88.0))


def asin(x):
    """Return the arc sine of x in radians, x brought to [-1, 1]."""
    return np.arcsin(np.clip(x, -1, 1))


def sigmoid(x):
    """Return 1 / (1 + exp(-x)) without overflow."""
    tail = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, tail) / (1 + tail)


def normal_cdf(x):
    """Return the standard normal distribution function at x."""
    return np.vectorize(math.erfc, otypes=[float])(np.multiply(x, -(0.5**0.5))) / 2


def sum_over(x):
    """Return the sum over all classes, in an axis of one."""
    return np.sum(x, axis=-1, keepdims=True)


def mean_over(x):
    """Return the mean over all classes, in an axis of one."""
    return np.mean(x, axis=-1, keepdims=True)


def prod_over(x):
    """Return the product over all classes, in an axis of one."""
    return np.prod(x, axis=-1, keepdims=True)


def min_over(x):
    """Return the smallest of all classes, in an axis of one."""
    return np.min(x, axis=-1, keepdims=True)


def max_over(x):
    """Return the largest of all classes, in an axis of one."""
    return np.max(x, axis=-1, keepdims=True)

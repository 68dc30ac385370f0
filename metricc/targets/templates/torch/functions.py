def nonzero(x):
    """Return x, or 1/1024 where it is 0: by this convention a slope over 0 is finite."""
    return x + 2**-10 * (x == 0)


def quotient(x, y, zero_division):
    """Return x / y; 0/0 is `zero_division`, and x/0 is ±3.4e38, the bound of float32."""
    bound = zero_division * (x == 0) + 3.4e38 * (x > 0) - 3.4e38 * (x < 0)
    return x / (y + (y == 0)) * (y != 0) + bound * (y == 0)


def sqrt(x):
    """Return the root of x, and 0 where x is not positive."""
    return (x * (x > 0) + (x <= 0)) ** 0.5 * (x > 0)


def cbrt(x):
    """Return the cube root of x, of either sign."""
    return (abs(x) + (x == 0)) ** (1 / 3) * sign(x)


def power(x, exponent):
    """Return x^exponent for x > 0; at 0 its limit, bounded by 3.4e38, as float32 is."""
    bound = 1.0 * (exponent == 0) + 3.4e38 * (exponent < 0)
    try:
        return (x * (x > 0) + (x <= 0)) ** exponent * (x > 0) + bound * (x <= 0)
    except OverflowError:  # of Python floats; a tensor becomes inf
        return math.inf


def log(x):
    """Return log x; log 0 is -745, just below the logarithm of the smallest double."""
    safe = x * (x > 0) + (x <= 0)
    value = safe.log() if isinstance(x, torch.Tensor) else math.log(safe)
    return value - 745.0 * (x <= 0)


def log1p(x):
    """Return log(1 + x); log 0 is -745, just below the logarithm of the smallest double."""
    safe = x * (x > -1)
    value = safe.log1p() if isinstance(x, torch.Tensor) else math.log1p(safe)
    return value - 745.0 * (x <= -1)


def xlogx(x):
    """Return x log x, which is 0 at 0."""
    safe = x * (x > 0) + (x <= 0)
    return safe * (safe.log() if isinstance(x, torch.Tensor) else math.log(safe))


def exp(x):
    """Return e^x, bounded by the largest float32."""
    if isinstance(x, torch.Tensor):
        return x.clamp(max=88.0).exp()
    return math.exp(min(x, 88.0))


def sin(x):
    """Return the sine of x radians, for an x that overflowed too."""
    if isinstance(x, torch.Tensor):
        return x.clamp(-3.4e38, 3.4e38).sin()
    return math.sin(min(max(x, -3.4e38), 3.4e38))


def cos(x):
    """Return the cosine of x radians, for an x that overflowed too."""
    if isinstance(x, torch.Tensor):
        return x.clamp(-3.4e38, 3.4e38).cos()
    return math.cos(min(max(x, -3.4e38), 3.4e38))


def asin(x):
    """Return the arc sine of x in radians, x brought to [-1, 1]."""
    if isinstance(x, torch.Tensor):
        return x.clamp(-1.0, 1.0).asin()
    return math.asin(min(max(x, -1.0), 1.0))


def atan(x):
    """Return the arc tangent of x in radians."""
    return x.atan() if isinstance(x, torch.Tensor) else math.atan(x)


def tanh(x):
    """Return the hyperbolic tangent of x."""
    return x.tanh() if isinstance(x, torch.Tensor) else math.tanh(x)


def sigmoid(x):
    """Return 1 / (1 + exp(-x))."""
    if isinstance(x, torch.Tensor):
        return x.sigmoid()
    tail = math.exp(-abs(x))
    return (1.0 if x >= 0 else tail) / (1.0 + tail)


def sign(x):
    """Return -1, 0 or 1."""
    if isinstance(x, torch.Tensor):
        return x.sign()
    return 1.0 * (x > 0) - 1.0 * (x < 0)


def step(x):
    """Return 1 where x is positive, 0 where it is negative, and 1/2 between."""
    if isinstance(x, torch.Tensor):
        return (x.sign() + 1) / 2
    return 0.5 * (x > 0) + 0.5 * (x >= 0)


def clamp(x, low, high):
    """Return x brought to [low, high]."""
    if isinstance(x, torch.Tensor):
        return x.clamp(low, high)
    return min(max(x, low), high)


def normal_cdf(x):
    """Return the share of a normal distribution below x; torch.special.ndtr loses a tail."""
    erfc = torch.erfc if isinstance(x, torch.Tensor) else math.erfc
    return erfc(x * -(0.5**0.5)) / 2


def minimum(x, y):
    """Return the smaller of x and y."""
    if isinstance(x, torch.Tensor) or isinstance(y, torch.Tensor):
        return torch.where(x <= y, x, y)
    return min(x, y)


def maximum(x, y):
    """Return the larger of x and y."""
    if isinstance(x, torch.Tensor) or isinstance(y, torch.Tensor):
        return torch.where(x >= y, x, y)
    return max(x, y)


def sum_over(x):
    """Return the sum over the classes."""
    return x.sum(-1, keepdim=True)


def mean_over(x):
    """Return the mean over the classes."""
    return x.mean(-1, keepdim=True)


def prod_over(x):
    """Return the product over the classes."""
    return x.prod(-1, keepdim=True)


def min_over(x):
    """Return the smallest of the classes."""
    return x.amin(-1, keepdim=True)


def max_over(x):
    """Return the largest of the classes."""
    return x.amax(-1, keepdim=True)


def others(x):
    """Return the product of all other classes, which is no quotient: x may be 0."""
    ones = torch.ones_like(x[..., :1])
    before = torch.cat([ones, x[..., :-1]], -1).cumprod(-1)
    after = torch.cat([ones, x[..., 1:].flip(-1)], -1).cumprod(-1).flip(-1)
    return before * after


def lowest(x):
    """Return 1 for the smallest of the classes, shared where several are, and 0 for the rest."""
    is_lowest = (x == x.amin(-1, keepdim=True)).to(x.dtype)
    return is_lowest / is_lowest.sum(-1, keepdim=True)


def highest(x):
    """Return 1 for the largest of the classes, shared where several are, and 0 for the rest."""
    is_highest = (x == x.amax(-1, keepdim=True)).to(x.dtype)
    return is_highest / is_highest.sum(-1, keepdim=True)

def nonzero(x):
    """Return x, or 1e-3 where it is 0: a slope over 0 is large but finite."""
    if isinstance(x, torch.Tensor):
        return torch.where(x == 0, 1e-3, x)
    return x or 1e-3


def quotient(x, y, zero_division):
    """Return x / y; 0/0 is `zero_division`, and x/0 is bounded by the largest float32."""
    if isinstance(y, torch.Tensor):
        empty = y == 0
        x = torch.as_tensor(x, dtype=y.dtype, device=y.device)
        bound = torch.where(x == 0, zero_division, 3.4e38 * torch.sign(x))
        return torch.where(empty, bound, x / torch.where(empty, 1.0, y))
    if y:
        return x / y
    return x / abs(x) * 3.4e38 if x else zero_division


def sqrt(x):
    """Return the root of x, and 0 where x is not positive."""
    if isinstance(x, torch.Tensor):
        empty = x <= 0
        return torch.where(empty, 0.0, torch.where(empty, 1.0, x).sqrt())
    return 0.0 if x <= 0 else math.sqrt(x)


def cbrt(x):
    """Return the cube root of x, of either sign."""
    if isinstance(x, torch.Tensor):
        empty = x == 0
        root = torch.where(empty, 1.0, x.abs()) ** (1 / 3)
        return torch.where(empty, 0.0, torch.sign(x) * root)
    return math.cbrt(x)


def power(x, exponent):
    """Return x^exponent for x > 0; at 0 its limit, bounded by the largest float32."""
    empty = x <= 0
    if not isinstance(exponent, torch.Tensor):
        bound = 0.0 if exponent > 0 else 3.4e38 if exponent < 0 else 1.0
        if not isinstance(x, torch.Tensor):
            return bound if empty else x**exponent
    else:
        bound = torch.where(exponent > 0, 0.0, 3.4e38)
        empty, x = torch.as_tensor(empty), torch.as_tensor(x)
    return torch.where(empty, bound, torch.where(empty, 1.0, x) ** exponent)


def log(x):
    """Return log x; log 0 is -745, just below the logarithm of the smallest double."""
    if isinstance(x, torch.Tensor):
        empty = x <= 0
        return torch.where(empty, -745.0, torch.where(empty, 1.0, x).log())
    return -745.0 if x <= 0 else math.log(x)


def log1p(x):
    """Return log(1 + x); log 0 is -745, just below the logarithm of the smallest double."""
    if isinstance(x, torch.Tensor):
        empty = x <= -1
        return torch.where(empty, -745.0, torch.where(empty, 0.0, x).log1p())
    return -745.0 if x <= -1 else math.log1p(x)


def xlogx(x):
    """Return x log x, which is 0 at 0."""
    if isinstance(x, torch.Tensor):
        empty = x <= 0
        x = torch.where(empty, 1.0, x)
        return torch.where(empty, 0.0, x * x.log())
    return 0.0 if x <= 0 else x * math.log(x)


def exp(x):
    """Return e^x, bounded by the largest float32."""
    if isinstance(x, torch.Tensor):
        return x.clamp(max=88.0).exp()
    return math.exp(88.0 if x > 88.0 else x)


def sin(x):
    """Return the sine of x radians."""
    return x.sin() if isinstance(x, torch.Tensor) else math.sin(x)


def cos(x):
    """Return the cosine of x radians."""
    return x.cos() if isinstance(x, torch.Tensor) else math.cos(x)


def asin(x):
    """Return the arc sine of x in radians, x brought to [-1, 1]."""
    if isinstance(x, torch.Tensor):
        return x.clamp(-1.0, 1.0).asin()
    return math.asin(-1.0 if x < -1.0 else 1.0 if x > 1.0 else x)


def atan(x):
    """Return the arc tangent of x in radians."""
    return x.atan() if isinstance(x, torch.Tensor) else math.atan(x)


def tanh(x):
    """Return the hyperbolic tangent of x."""
    return x.tanh() if isinstance(x, torch.Tensor) else math.tanh(x)


def sigmoid(x):
    """Return 1 / (1 + exp(-x))."""
    return x.sigmoid() if isinstance(x, torch.Tensor) else 0.5 + 0.5 * math.tanh(0.5 * x)


def sign(x):
    """Return -1, 0 or 1."""
    if isinstance(x, torch.Tensor):
        return torch.sign(x)
    return x / abs(x) if x else 0.0


def minimum(x, y):
    """Return the smaller of x and y."""
    if isinstance(x, torch.Tensor) or isinstance(y, torch.Tensor):
        return torch.where(x <= y, x, y)
    return x if x <= y else y


def maximum(x, y):
    """Return the larger of x and y."""
    if isinstance(x, torch.Tensor) or isinstance(y, torch.Tensor):
        return torch.where(x >= y, x, y)
    return x if x >= y else y

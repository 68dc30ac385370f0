@triton.jit
def _minimum(x, y):
    """Return the smaller of x and y."""
    return tl.where(y < x, y, x)


@triton.jit
def _maximum(x, y):
    """Return the larger of x and y."""
    return tl.where(y > x, y, x)


@triton.jit
def _clamp(x, low, high):
    """Return x brought to [low, high]; NaN stays."""
    return _minimum(_maximum(x, low), high)


@triton.jit
def _nonnegative(x):
    """Return x, or 0 where it is negative."""
    return tl.where(x < 0, 0, x)


@triton.jit
def _nonzero(x):
    """Return x, or 1/1024 where it is 0: by this convention a slope over 0 is finite."""
    return tl.where(x == 0, 0.0009765625, x)


@triton.jit
def _quotient(x, y, zero_division):
    """Return x / y; 0/0 is `zero_division`, and x/0 is ±3.4e38, the bound of float32."""
    bound = tl.where(x > 0, 3.4e38, tl.where(x < 0, -3.4e38, x))
    bound = tl.where(x == 0, zero_division, bound)
    return tl.where(y == 0, bound, x / tl.where(y == 0, 1, y))


@triton.jit
def _sqrt(x):
    """Return the root of x, and 0 where x is not positive."""
    return tl.sqrt(_nonnegative(x))


@triton.jit
def _cbrt(x):
    """Return the cube root of x, of either sign."""
    size = tl.where(x == 0, 1, tl.abs(x))
    root = tl.exp(tl.log(size) / 3)
    root -= (root - size / root / root) / 3  # Newton's step: all digits
    return _sign(x) * root


@triton.jit
def _power(x, exponent):
    """Return x^exponent for x > 0; at 0 its limit, bounded by 3.4e38, as float32 is."""
    exponent = tl.full((), exponent, tl.float64)
    bound = tl.where(exponent == 0, 1, tl.where(exponent < 0, 3.4e38, 0))
    return tl.where(x <= 0, bound, tl.exp(exponent * tl.log(_positive(x))))


@triton.jit
def _positive(x):
    """Return x, or 1 where it is not positive."""
    return tl.where(x <= 0, 1, x)


@triton.jit
def _log(x):
    """Return log x; log 0 is -745, just below the logarithm of the smallest double."""
    return tl.where(x <= 0, -745, tl.log(_positive(x)))


@triton.jit
def _log1p(x):
    """Return log(1 + x) as log(u) x / (u - 1) for u = 1 + x, where its errors cancel."""
    u = _positive(1 + x)
    factor = tl.where(u == 1, 1, x / tl.where(u == 1, 1, u - 1))
    value = tl.where(u == 1, x, tl.log(u) * factor)
    return tl.where(x <= -1, -745, value)


@triton.jit
def _xlogx(x):
    """Return x log x, which is 0 at 0."""
    return _positive(x) * tl.log(_positive(x))


@triton.jit
def _exp(x):
    """Return e^x for x <= 88: tl.exp, in float32, loses digits where x is large."""
    x = _clamp(x, -750, 88)
    if x.dtype == tl.float64:
        value = tl.exp(x)
    else:
        n = tl.floor(x * 1.4426950408889634 + 0.5)
        r = (x - n * 0.693359375) + n * 2.12194440e-4
        value = tl.exp2(n) * tl.exp(r)
    return value


@triton.jit
def _sin(x):
    """Return the sine of x radians, for an x that overflowed too."""
    return tl.sin(_clamp(x, -3.4e38, 3.4e38))


@triton.jit
def _cos(x):
    """Return the cosine of x radians, for an x that overflowed too."""
    return tl.cos(_clamp(x, -3.4e38, 3.4e38))


@triton.jit
def _atan(x):
    """Return the arc tangent of x in radians: a guess and two steps, each of third order."""
    is_steep = tl.abs(x) > 1
    t = tl.where(is_steep, 1 / tl.where(is_steep, x, 1), x)
    y = t / (1 + 0.28 * t * t)
    y += (t * tl.cos(y) - tl.sin(y)) / (tl.cos(y) + t * tl.sin(y))
    y += (t * tl.cos(y) - tl.sin(y)) / (tl.cos(y) + t * tl.sin(y))
    return tl.where(is_steep, 1.5707963267948966 * _sign(x) - y, y)


@triton.jit
def _asin(x):
    """Return the arc sine of x in radians, x brought to [-1, 1]."""
    x = _clamp(x, -1, 1)
    other = tl.sqrt((1 - x) * (1 + x))
    return tl.where(
        other == 0,
        1.5707963267948966 * x,
        _atan(x / tl.where(other == 0, 1, other)),
    )


@triton.jit
def _tanh(x):
    """Return the hyperbolic tangent of x; near 0, where a difference loses digits, a series."""
    tail = tl.exp(-2 * tl.abs(x))
    square = x * x
    series = x - x * square * (1.0 / 3 - square * (2.0 / 15 - square * 17.0 / 315))
    return tl.where(square < 1e-4, series, _sign(x) * (1 - tail) / (1 + tail))


@triton.jit
def _sigmoid(x):
    """Return 1 / (1 + exp(-x)), with all digits at both ends."""
    tail = _exp(-tl.abs(x))
    return tl.where(x < 0, tail, 1) / (1 + tail)


@triton.jit
def _sigmoid_product(x):
    """Return the product of sigmoid(x) and sigmoid(-x)."""
    tail = _exp(-tl.abs(x))
    rest = 1 / (1 + tail)
    return tail * rest * rest


@triton.jit
def _sign(x):
    """Return -1, 0 or 1."""
    return tl.where(x > 0, 1.0, tl.where(x < 0, -1.0, x))


@triton.jit
def _step(x):
    """Return 1 where x is positive, 0 where it is negative, and 1/2 between."""
    return (_sign(x) + 1) / 2


@triton.jit
def _normal_cdf(x):
    """Return the share of a normal distribution below x."""
    return _erfc(x * -0.7071067811865476) / 2


@triton.jit
def _erfc(x):
    """Return 1 - erf(x); above 1, where a difference loses digits, by the trapezoidal rule."""
    far = _maximum(x, 1)
    square = far * far
    total = 0.5 / square
    for n in tl.static_range(1, 13):
        total += 2.718281828459045 ** (-0.25 * n * n) / (0.25 * n * n + square)
    tail = total * far * 0.3183098861837907 * _exp(-square)
    pole = 2 / (tl.exp(12.566370614359172 * _minimum(far, 5)) - 1)
    tail = tl.where(far < 5, tail - pole, tail)
    return tl.where(x > 1, tail, 1 - tl.erf(x))


@triton.jit
def _at(pointer, strides, sample, label, site):
    """Return the pointers to elements of a sample, class and site each."""
    return pointer + sample * strides[0] + label * strides[1] + site * strides[2]


@triton.jit
def _read(pointer, strides, at, mask, DTYPE: tl.constexpr):
    """Return the elements of a sample, class and site each; 0 where the mask is not."""
    place = _at(pointer, strides, at[0], at[1], at[2])
    return tl.load(place, mask, other=0).to(DTYPE)


@triton.jit
def _softmax(logits, is_class):
    """Return e^x over its sum over the classes, which stand side by side."""
    logits = tl.where(is_class, _clamp(logits, -1e30, 1e30), -1e30)
    shifted = logits - tl.max(logits, 1, keep_dims=True)
    parts = tl.where(is_class, _exp(shifted), 0)
    return parts / tl.sum(parts, 1, keep_dims=True)


@triton.jit
def _from_others(x, label, pred, parts):
    """Return x, but at the largest pred the sum of all other parts: a difference loses digits."""
    is_top = label == tl.argmax(pred, 1, keep_dims=True)
    others = tl.sum(tl.where(is_top, 0, parts), 1, keep_dims=True)
    return tl.where(is_top, others, x)

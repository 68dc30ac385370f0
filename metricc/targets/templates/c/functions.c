static double minimum(double x, double y) { return y < x ? y : x; }

static double maximum(double x, double y) { return y > x ? y : x; }

static double clamp(double x, double low, double high) { return minimum(maximum(x, low), high); }

/* x, or 1/1024 where it is 0: by this convention a slope over 0 is finite. */
static double nonzero(double x) { return x == 0 ? 1.0 / 1024 : x; }

static double nonnegative(double x) { return x < 0 ? 0 : x; }

/* x / y; 0/0 is `zero_division`, and x/0 is 3.4e38 of the sign of x, the bound of float32. */
static double quotient(double x, double y, double zero_division)
{
    if (y != 0)
        return x / y;
    return x > 0 ? 3.4e38 : x < 0 ? -3.4e38 : x == 0 ? zero_division : x;
}

/* The root of x, and 0 where x is not positive. */
static double root(double x) { return x <= 0 ? 0 : sqrt(x); }

static double cube_root(double x) { return x == 0 ? 0 : (x > 0 ? 1 : -1) * pow(fabs(x), 1 / 3.0); }

/* x^exponent for x > 0; at 0 its limit, bounded by 3.4e38, as float32 is. */
static double power(double x, double exponent)
{
    if (!(x <= 0))
        return pow(x, exponent);
    return exponent == 0 ? 1 : exponent < 0 ? 3.4e38 : 0;
}

/* log x; log 0 is -745, just below the logarithm of the smallest double. */
static double logarithm(double x) { return x <= 0 ? -745 : log(x); }

/* log(1 + x), likewise. */
static double logarithm1p(double x) { return x <= -1 ? -745 : log1p(x); }

/* x log x, which is 0 at 0. */
static double xlogx(double x) { return x <= 0 ? 0 : x * log(x); }

/* e^x, bounded by the largest float32. */
static double exponential(double x) { return exp(x > 88 ? 88 : x); }

/* The sine of x radians, for an x that overflowed too. */
static double sine(double x) { return sin(clamp(x, -3.4e38, 3.4e38)); }

static double cosine(double x) { return cos(clamp(x, -3.4e38, 3.4e38)); }

/* The arc sine in radians of x brought to [-1, 1]. */
static double arc_sine(double x) { return asin(clamp(x, -1, 1)); }

static double sigmoid(double x)
{
    double tail = exp(-fabs(x));
    return (x >= 0 ? 1 : tail) / (1 + tail);
}

static double sign(double x) { return (x > 0) - (x < 0); }

/* 1 where x is positive, 0 where it is negative, and 1/2 between. */
static double step(double x) { return 0.5 * (x > 0) + 0.5 * (x >= 0); }

/* The share of a normal distribution below x. */
static double normal_cdf(double x) { return erfc(x * -0.70710678118654752) / 2; }

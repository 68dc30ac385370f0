/* e^x for x <= 0, so that compilers vectorise it: x = n ln 2 + r, a polynomial of r, and n added to
   the exponent. Within 5 units in the last place; NaN gives NaN, and what is less than the smallest
   normal number 0. */
static inline REAL vexp(REAL x)
{
#ifdef DOUBLE
    double shifted = x * 1.4426950408889634 + 6755399441055744.0;
    double n = shifted - 6755399441055744.0;
    double r = (x - n * 0.69314718036912382) - n * 1.9082149292705877e-10;
    double y = 1 / 6227020800.0;
    y = y * r + 1 / 479001600.0;
    y = y * r + 1 / 39916800.0;
    y = y * r + 1 / 3628800.0;
    y = y * r + 1 / 362880.0;
    y = y * r + 1 / 40320.0;
    y = y * r + 1 / 5040.0;
    y = y * r + 1 / 720.0;
    y = y * r + 1 / 120.0;
    y = y * r + 1 / 24.0;
    y = y * r + 1 / 6.0;
    y = y * r + 0.5;
    y = y * r + 1;
    y = y * r + 1;
    int64_t bits, power;
    memcpy(&power, &shifted, sizeof power);
    memcpy(&bits, &y, sizeof bits);
    bits += (int64_t)((uint64_t)power << 52);
    memcpy(&y, &bits, sizeof y);
    return x < -708 ? 0 : y;
#else
    float shifted = x * 1.44269504f + 12582912.0f;
    float n = shifted - 12582912.0f;
    float r = x - n * 0.693147182f;
    float y = 0.00831252486f;
    y = y * r + 0.0418901132f;
    y = y * r + 0.166671145f;
    y = y * r + 0.499992318f;
    y = y * r + 1;
    y = y * r + 1;
    int32_t bits, power;
    memcpy(&power, &shifted, sizeof power);
    memcpy(&bits, &y, sizeof bits);
    bits += (int32_t)((uint32_t)power << 23);
    memcpy(&y, &bits, sizeof y);
    return x < -87 ? 0 : y;
#endif
}

/* 1 / (1 + e^-x), within 6 units in the last place at both ends. */
static inline REAL vsigmoid(REAL x)
{
    REAL tail = vexp(-ABS(x));
    REAL rest = 1 / (1 + tail);
    return x < 0 ? tail * rest : rest;
}

/* Both sigmoid(x) and sigmoid(-x). */
static inline void vsigmoids(REAL x, REAL *of_x, REAL *of_minus_x)
{
    REAL tail = vexp(-ABS(x));
    REAL large = 1 / (1 + tail), small = tail * large;
    *of_x = x < 0 ? small : large;
    *of_minus_x = x < 0 ? large : small;
}

/* The product of sigmoid(x) and sigmoid(-x), within 8 units in the last place. */
static inline REAL vsigmoid_product(REAL x)
{
    REAL tail = vexp(-ABS(x));
    REAL rest = 1 / (1 + tail);
    return tail * rest * rest;
}

/* log x for x > 0, so that compilers vectorise it: x = 2^n m with m around 1, and a series of
   (m - 1) / (m + 1). Within 3 units in the last place; NaN gives NaN. */
static inline REAL vlog(REAL x)
{
#ifdef DOUBLE
    return log(x);
#else
    float small = x < 1.2e-38f ? 24 : 0, given = small > 0 ? x * 16777216.0f : x;
    int32_t bits;
    memcpy(&bits, &given, sizeof bits);
    int32_t n = (bits - 0x3f3504f3) >> 23;
    bits -= (int32_t)((uint32_t)n << 23);
    float m;
    memcpy(&m, &bits, sizeof m);
    float s = (m - 1) / (m + 1), z = s * s, k = (float)n - small;
    float y = 1 / 9.0f;
    y = y * z + 1 / 7.0f;
    y = y * z + 1 / 5.0f;
    y = y * z + 1 / 3.0f;
    y = k * 0.693359375f + (2 * s + (2 * s * z * y - k * 2.12194440e-4f));
    return x == x ? y : x;
#endif
}

/* log(1 + x) for x >= 0, with what rounding 1 + x loses. */
static inline REAL vlog1p(REAL x)
{
    REAL y = 1 + x;
    return vlog(y) + (x - (y - 1));
}

static inline REAL vmin(REAL x, REAL y) { return y < x ? y : x; }

static inline REAL vmax(REAL x, REAL y) { return y > x ? y : x; }

static inline REAL vclamp(REAL x, REAL low, REAL high) { return vmin(vmax(x, low), high); }

/* A slope times a weight, as large as no product of what follows overflows. */
static inline REAL vweigh(REAL slope, REAL w)
{
    return IS_WEIGHTED ? vclamp(slope * w, R(-1e35), R(1e35)) : slope;
}

/* How far x is from 1/2 where it counts: beyond 1/2 is outside [0, 1], as a negative weight is. */
static inline REAL voff(REAL x, REAL w)
{
    REAL off = ABS(x - R(0.5));
    return w < 0 ? 1 : w == 0 ? 0 : off;
}

/* 1 where x is positive, 0 where it is negative, and 1/2 between. */
static inline REAL vstep(REAL x) { return R(0.5) * (x > 0) + R(0.5) * (x >= 0); }

/* The sine of x radians for |x| up to some thousands. */
static inline REAL vsin(REAL x)
{
#ifdef DOUBLE
    return sin(x);
#else
    float shifted = x * 0.318309886f + 12582912.0f;
    float n = shifted - 12582912.0f;
    float r = ((x - n * 3.140625f) - n * 9.67502593e-4f) - n * 1.50995799e-7f;
    float s = r * r;
    float y = 1 / 6227020800.0f;
    y = y * s - 1 / 39916800.0f;
    y = y * s + 1 / 362880.0f;
    y = y * s - 1 / 5040.0f;
    y = y * s + 1 / 120.0f;
    y = y * s - 1 / 6.0f;
    y = y * s * r + r;
    int32_t bits, turns;
    memcpy(&turns, &shifted, sizeof turns);
    memcpy(&bits, &y, sizeof bits);
    bits ^= (int32_t)((uint32_t)turns << 31);
    memcpy(&y, &bits, sizeof y);
    return y;
#endif
}

/* The cosine of x radians. */
static inline REAL vcos(REAL x)
{
#ifdef DOUBLE
    return cos(x);
#else
    return vsin(x + 1.57079633f);
#endif
}

/* The share of a normal distribution below x. */
static inline REAL vnormal_cdf(REAL x)
{
#ifdef DOUBLE
    return erfc(x * -0.70710678118654752) / 2;
#else
    return erfcf(x * -0.707106781f) / 2;
#endif
}

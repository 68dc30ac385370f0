#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/* What the tensors hold comes as -DINPUT=float32 -DTARGET=uint8 and, if any, -DWEIGHT=float32. */
typedef double float64;
typedef float float32;
typedef uint16_t bfloat16;
#ifdef __FLT16_MAX__
typedef _Float16 float16;
#endif
typedef uint8_t uint8;
typedef int8_t int8;
typedef int16_t int16;
typedef int32_t int32;
typedef int64_t int64;

/* Elements are computed with in REAL: float64 for float64 input, which comes as -DDOUBLE, too. */
#ifdef DOUBLE
typedef float64 REAL;
#define ABS fabs
#else
typedef float32 REAL;
#define ABS fabsf
#endif
#define R(x) ((REAL)(x))

/* How many float32 a vector holds. */
#if defined __AVX512F__
#define LANES 16
#elif defined __AVX__
#define LANES 8
#else
#define LANES 4
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#ifdef WEIGHT
#define IS_WEIGHTED 1
#else
#define IS_WEIGHTED 0
#define WEIGHT uint8
#endif

/* Targets are shares of each class; with -DINDICES they are the index of one. */
#ifdef INDICES
#define TRUTH(target, c) ((REAL)((target) == (c)))
#else
#define TRUTH(target, c) ((void)(c), LOAD(TARGET, target))
#endif

#define PASTE(a, b) a##b
#define OF(prefix, type) PASTE(prefix, type)
#define LOAD(type, x) OF(load_, type)(x)
#define STORE(type, x) OF(store_, type)(x)
#define LIMIT(type) OF(LIMIT_, type)
#define LIMIT_float64 1.7976931348623157e308
#define LIMIT_float32 3.40282347e38f
#define LIMIT_bfloat16 3.38953139e38f
#define LIMIT_float16 65504.0f

#define LOAD_PLAIN(type) \
    static inline REAL load_##type(type x) { return (REAL)x; }
LOAD_PLAIN(float64)
LOAD_PLAIN(float32)
LOAD_PLAIN(uint8)
LOAD_PLAIN(int8)
LOAD_PLAIN(int16)
LOAD_PLAIN(int32)
LOAD_PLAIN(int64)

static inline REAL load_bfloat16(bfloat16 x)
{
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (REAL)value;
}

static inline float64 store_float64(REAL x) { return (float64)x; }
static inline float32 store_float32(REAL x) { return (float32)x; }

/* Round to nearest, ties to even; NaN stays NaN. */
static inline bfloat16 store_bfloat16(REAL x)
{
    float value = (float)x;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    return value == value ? (bfloat16)rounded : (bfloat16)0x7fc0;
}

#ifdef __FLT16_MAX__
LOAD_PLAIN(float16)
static inline float16 store_float16(REAL x) { return (float16)x; }
#endif

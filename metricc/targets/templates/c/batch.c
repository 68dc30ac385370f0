/* A batch of outer samples, each with inner sites of so many classes. The strides of a tensor are
   those from sample to sample, class to class and site to site, in elements. */
typedef struct {
    int64_t outer, classes, inner;
    int64_t input[3], target[3], weight[3], gradient[3];
} Layout;

typedef struct {
    const INPUT *input;
    const TARGET *target;
    const WEIGHT *weight;
    Layout at;
    Decision by;
} Batch;

/* What a pass over elements multiplies by, for each class: slopes over their root, the root, what
   comes from the loss scale, and the slopes of a cross entropy at a positive and at a negative,
   scaled; where there are weights, over their roots, which follow. Slopes may exceed float32 where
   the gradient does not. */
typedef struct {
    REAL pos, neg, root, scale, log_pos, log_neg, pos_root, neg_root;
    int are_small;
} Slopes;

/* Whether a sum of large weights exceeds REAL; then, once, they are added in a larger unit. */
static inline int overflows(REAL sum, REAL *unit)
{
    int is_first = IS_WEIGHTED && *unit == 1;
    *unit = is_first && !(ABS(sum) <= R(3e38)) ? R(0x1p-64) : *unit;
    return is_first && *unit != 1;
}

#define PLACE(strides, outer, c, site) \
    ((strides)[0] * (outer) + (strides)[1] * (c) + (strides)[2] * (site))

/* Ask for large pages before a fresh gradient is written, which is mostly waiting for pages. */
static void advise(void *start, int64_t bytes)
{
#ifdef MADV_HUGEPAGE
    uintptr_t page = ((uintptr_t)start + 4095) / 4096 * 4096;
    if (bytes > 1 << 22)
        madvise((void *)page, (uintptr_t)start + (uintptr_t)bytes - page, MADV_HUGEPAGE);
#else
    (void)start, (void)bytes;
#endif
}

/* Add to sums the entries of n elements of one class, a stride apart. */
ALWAYS_INLINE void count_strided(const INPUT *input, const TARGET *target, const WEIGHT *weight,
                                 int64_t n, int64_t across_input, int64_t across_target,
                                 int64_t across_weight, Decision by, double *sums)
{
    for (int64_t start = 0; start < n; start += BLOCK) {
        int64_t stop = start + BLOCK < n ? start + BLOCK : n;
        REAL __ENTRY_SUMS__;
#pragma omp simd reduction(+ : __ENTRIES__)
        for (int64_t i = start; i < stop; i++) {
            __READ__
            REAL pred, rest;
            soft(x, by, &pred, &rest);
            __COUNT__
        }
        __ADD__
    }
}

static void count_line(const INPUT *input, const TARGET *target, const WEIGHT *weight, int64_t n,
                       const Layout *layout, Decision by, double *sums)
{
    int64_t a = layout->input[2], b = layout->target[2], c = layout->weight[2];
    if (a == 1 && b == 1 && (c == 1 || !IS_WEIGHTED))
        count_strided(input, target, weight, n, 1, 1, 1, by, sums);
    else
        count_strided(input, target, weight, n, a, b, c, by, sums);
}

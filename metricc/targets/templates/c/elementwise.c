#define BLOCK 1024

static int64_t sites_at_once(const Layout *at)
{
    int64_t most = 65536 / at->classes;
    return most < 64 ? 64 : most > 8192 ? 8192 : most;
}

static int64_t scratch_size(const Layout *at) { return 0 * at->classes; }

/* Add the entries of n elements of one class, a stride apart, to sums. */
ALWAYS_INLINE void count_strided(const INPUT *input, const TARGET *target, const WEIGHT *weight,
                                 int64_t n, int64_t of_input, int64_t of_target, int64_t of_weight,
                                 int64_t c, Decision by, double *sums, int64_t classes)
{
    for (int64_t start = 0; start < n; start += BLOCK) {
        int64_t stop = start + BLOCK < n ? start + BLOCK : n;
        REAL __ZEROS__;
#pragma omp simd reduction(+ : __ENTRIES__)
        for (int64_t i = start; i < stop; i++) {
            REAL x = LOAD(INPUT, input[i * of_input]), t = TRUTH(target[i * of_target], c);
            REAL w = IS_WEIGHTED ? LOAD(WEIGHT, weight[i * of_weight]) : 1;
            __BLANK_INPUT__
            __BLANK_TARGET__
            REAL pred, rest;
            soft(x, by, &pred, &rest);
            __COUNT__
            __COUNT_LOG_LOSS__
        }
        __ADD__
    }
}

/* Add the entries of the sites from start to stop of one sample to sums, a row per entry. */
static void count_sites(const Batch *batch, int64_t outer, int64_t start, int64_t stop,
                        REAL *scratch, double *sums)
{
    (void)scratch;
    const Layout *at = &batch->at;
    for (int64_t c = 0; c < at->classes; c++) {
        const INPUT *input = batch->input + PLACE(at->input, outer, c, start);
        const TARGET *target = batch->target + PLACE(at->target, outer, c, start);
        const WEIGHT *weight = batch->weight + PLACE(at->weight, outer, c, start);
        int64_t x = at->input[2], t = at->target[2], w = at->weight[2];
        if (x == 1 && t == 1 && (w == 1 || !IS_WEIGHTED))
            count_strided(input, target, weight, stop - start, 1, 1, 1, c, batch->by, sums + c,
                          at->classes);
        else
            count_strided(input, target, weight, stop - start, x, t, w, c, batch->by, sums + c,
                          at->classes);
    }
}

/* Write the gradient of n elements of one class, a stride apart. Where the slopes are small, they
   have the scale already, and no product can leave the range of the input. */
ALWAYS_INLINE void pull_strided(const INPUT *input, const TARGET *target, const WEIGHT *weight,
                                INPUT *gradient, int64_t n, int64_t of_input, int64_t of_target,
                                int64_t of_weight, int64_t of_gradient, int64_t c, Decision by,
                                Slopes slopes, int are_small)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        REAL x = LOAD(INPUT, input[i * of_input]), t = TRUTH(target[i * of_target], c);
        REAL w = IS_WEIGHTED ? LOAD(WEIGHT, weight[i * of_weight]) : 1;
        __BLANK_INPUT__
        __BLANK_TARGET__
        REAL grad = soft_backward((t * slopes.pos + (slopes.neg - t * slopes.neg)) * w, x, by);
        if (!are_small)
            grad = vclamp(grad * slopes.root, -LIMIT(INPUT), LIMIT(INPUT)) * slopes.scale;
        __PULL_LOG_LOSS__
        gradient[i * of_gradient] = STORE(INPUT, grad);
    }
}

/* Write the gradient of the sites from start to stop of one sample. */
static void pull_sites(const Batch *batch, int64_t outer, int64_t start, int64_t stop,
                       REAL *scratch, const Slopes *slopes, INPUT *gradient)
{
    (void)scratch;
    const Layout *at = &batch->at;
    for (int64_t c = 0; c < at->classes; c++) {
        const INPUT *input = batch->input + PLACE(at->input, outer, c, start);
        const TARGET *target = batch->target + PLACE(at->target, outer, c, start);
        const WEIGHT *weight = batch->weight + PLACE(at->weight, outer, c, start);
        INPUT *out = gradient + PLACE(at->gradient, outer, c, start);
        int64_t x = at->input[2], t = at->target[2], w = at->weight[2], g = at->gradient[2];
        if (x == 1 && t == 1 && g == 1 && (w == 1 || !IS_WEIGHTED))
            if (slopes[c].are_small)
                pull_strided(input, target, weight, out, stop - start, 1, 1, 1, 1, c, batch->by,
                             slopes[c], 1);
            else
                pull_strided(input, target, weight, out, stop - start, 1, 1, 1, 1, c, batch->by,
                             slopes[c], 0);
        else
            pull_strided(input, target, weight, out, stop - start, x, t, w, g, c, batch->by,
                         slopes[c], slopes[c].are_small);
    }
}

/* Elements, and lines of rows, that are added before their sum is added to others: a long sum of
   numbers that are alike rounds the same way each time. */
#define BLOCK (32 * LANES)
#define LINES 16

static int64_t sites_at_once(const Layout *at)
{
    int64_t most = 65536 / at->classes;
    return most < 64 ? 64 : most > 8192 ? 8192 : most;
}

/* Rows of classes, one site after the other in memory, are walked as one line; so many of them that
   vectors have a whole number of classes. */
static int64_t rows_at_once(const Layout *at)
{
    int64_t rows = at->classes < 256 ? 16 : 1;
    while (rows > 1 && at->classes * rows / 2 % 16 == 0)
        rows /= 2;
    return rows;
}

static inline int have_rows(const Layout *at, const int64_t *strides)
{
    return at->classes > 1 && strides[1] == 1 && strides[2] == at->classes;
}

static int64_t scratch_size(const Layout *at) { return 16 * rows_at_once(at) * at->classes; }

/* Add the entries of n rows to sums, and return how far off values are. */
static inline REAL count_rows(const INPUT *input, const TARGET *target, const WEIGHT *weight,
                              int64_t n, const Layout *at, Decision by, REAL *scratch, double *sums)
{
    REAL off = 0;
    int64_t classes = at->classes, length = rows_at_once(at) * classes, end = n * classes;
    REAL __ROWS__;
    REAL *total = scratch + ENTRIES * length, most, unit = 1;
    do {
        memset(total, 0, ENTRIES * length * sizeof *total);
        for (int64_t start = 0; start < end; start += LINES * length) {
            int64_t stop = start + LINES * length < end ? start + LINES * length : end;
            memset(scratch, 0, ENTRIES * length * sizeof *scratch);
            for (int64_t first = start; first < stop; first += length) {
                int64_t size = first + length < stop ? length : stop - first;
#pragma omp simd reduction(max : off)
                for (int64_t j = 0; j < size; j++) {
                    REAL x = LOAD(INPUT, input[first + j]), t = LOAD(TARGET, target[first + j]);
                    REAL w = IS_WEIGHTED ? LOAD(WEIGHT, weight[first + j]) : 1;
                    __BLANK_INPUT__
                    __BLANK_TARGET__
                    __OFF__
                    w *= IS_WEIGHTED ? unit : 1;
                    REAL pred, rest, __ZEROS__;
                    soft(x, by, &pred, &rest);
                    __COUNT__
                    __COUNT_LOG_LOSS__
                    __ADD_TO_ROWS__
                }
            }
            for (int64_t j = 0; j < ENTRIES * length; j++)
                total[j] += scratch[j];
        }
        most = 0;
        for (int64_t j = 0; j < ENTRIES * length; j++)
            most += total[j];
    } while (overflows(most, &unit));
    for (int64_t j = 0; j < ENTRIES * length; j++)
        sums[j / length * classes + j % length % classes] += (double)total[j] / unit;
    return off;
}

/* Add the entries of n elements of one class, a stride apart, to sums, and return how far off
   values are. */
ALWAYS_INLINE REAL count_strided(const INPUT *input, const TARGET *target, const WEIGHT *weight,
                                 int64_t n, int64_t of_input, int64_t of_target, int64_t of_weight,
                                 int64_t c, Decision by, double *sums, int64_t classes)
{
    REAL off = 0;
    for (int64_t start = 0; start < n; start += BLOCK) {
        int64_t stop = start + BLOCK < n ? start + BLOCK : n;
        REAL unit = 1, __ENTRIES__;
        do {
            __ZERO__
#pragma omp simd reduction(+ : __ENTRIES__) reduction(max : off)
            for (int64_t i = start; i < stop; i++) {
                REAL x = LOAD(INPUT, input[i * of_input]), t = TRUTH(target[i * of_target], c);
                REAL w = IS_WEIGHTED ? LOAD(WEIGHT, weight[i * of_weight]) : 1;
                __BLANK_INPUT__
                __BLANK_TARGET__
                __OFF__
                w *= IS_WEIGHTED ? unit : 1;
                REAL pred, rest;
                soft(x, by, &pred, &rest);
                __COUNT__
                __COUNT_LOG_LOSS__
            }
        } while (overflows(__SUM__, &unit));
        __ADD__
    }
    return off;
}

#ifdef INDICES
#define ARE_ROWS(at) 0
#else
#define ARE_ROWS(at)                                                                               \
    (have_rows(at, at->input) && have_rows(at, at->target) && have_rows(at, at->gradient) &&       \
     (!IS_WEIGHTED || have_rows(at, at->weight)))
#endif

/* Add the entries of the sites from start to stop of one sample to sums, a row per entry; return
   how far off values are. */
static REAL count_sites(const Batch *batch, int64_t outer, int64_t start, int64_t stop,
                        REAL *scratch, double *sums)
{
    const Layout *at = &batch->at;
    if (ARE_ROWS(at)) {
        return count_rows(batch->input + PLACE(at->input, outer, 0, start),
                          batch->target + PLACE(at->target, outer, 0, start),
                          batch->weight + PLACE(at->weight, outer, 0, start), stop - start, at,
                          batch->by, scratch, sums);
    }
    REAL off = 0;
    for (int64_t c = 0; c < at->classes; c++) {
        const INPUT *input = batch->input + PLACE(at->input, outer, c, start);
        const TARGET *target = batch->target + PLACE(at->target, outer, c, start);
        const WEIGHT *weight = batch->weight + PLACE(at->weight, outer, c, start);
        int64_t x = at->input[2], t = at->target[2], w = at->weight[2];
        if (x == 1 && t == 1 && (w == 1 || !IS_WEIGHTED))
            off = vmax(off, count_strided(input, target, weight, stop - start, 1, 1, 1, c,
                                          batch->by, sums + c, at->classes));
        else
            off = vmax(off, count_strided(input, target, weight, stop - start, x, t, w, c,
                                          batch->by, sums + c, at->classes));
    }
    return off;
}

/* The gradient of an element. Where the slopes are small, they have the scale already, and no
   product can leave the range of the input. */
ALWAYS_INLINE REAL pull_element(REAL x, REAL t, REAL w, Decision by, Slopes slopes, int are_small)
{
    REAL slope = vweigh(t * slopes.pos + (slopes.neg - t * slopes.neg), w);
    REAL grad = soft_backward(slope, x, by);
    if (!are_small)
        grad = vclamp(grad * slopes.root, -LIMIT(INPUT), LIMIT(INPUT)) * slopes.scale;
    __PULL_LOG_LOSS__
    return grad;
}

/* Write the gradient of n elements of one class, a stride apart. */
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
        REAL grad = pull_element(x, t, w, by, slopes, are_small);
        gradient[i * of_gradient] = STORE(INPUT, grad);
    }
}

/* Write the gradient of n rows. */
static inline void pull_rows(const INPUT *input, const TARGET *target, const WEIGHT *weight,
                             INPUT *gradient, int64_t n, const Layout *at, Decision by,
                             REAL *scratch, const Slopes *slopes)
{
    int64_t length = rows_at_once(at) * at->classes, end = n * at->classes;
    REAL *pos = scratch, *neg = pos + length, *root = neg + length, *scale = root + length;
    REAL *log_pos = scale + length, *log_neg = log_pos + length;
    REAL *pos_root = log_neg + length, *neg_root = pos_root + length;
    int are_small = 1;
    for (int64_t j = 0; j < length; j++) {
        const Slopes *of_class = slopes + j % at->classes;
        pos[j] = of_class->pos, neg[j] = of_class->neg, root[j] = of_class->root;
        scale[j] = of_class->scale, log_pos[j] = of_class->log_pos, log_neg[j] = of_class->log_neg;
        pos_root[j] = of_class->pos_root, neg_root[j] = of_class->neg_root;
        are_small &= of_class->are_small;
    }
    for (int64_t start = 0; start < end; start += length) {
        int64_t stop = start + length < end ? length : end - start;
#pragma omp simd
        for (int64_t j = 0; j < stop; j++) {
            REAL x = LOAD(INPUT, input[start + j]), t = LOAD(TARGET, target[start + j]);
            REAL w = IS_WEIGHTED ? LOAD(WEIGHT, weight[start + j]) : 1;
            __BLANK_INPUT__
            __BLANK_TARGET__
            const Slopes here = {pos[j],     neg[j],     root[j],     scale[j], log_pos[j],
                                 log_neg[j], pos_root[j], neg_root[j], 0};
            REAL grad = pull_element(x, t, w, by, here, are_small);
            gradient[start + j] = STORE(INPUT, grad);
        }
    }
}

/* Write the gradient of the sites from start to stop of one sample. */
static void pull_sites(const Batch *batch, int64_t outer, int64_t start, int64_t stop,
                       REAL *scratch, const Slopes *slopes, INPUT *gradient)
{
    const Layout *at = &batch->at;
    if (ARE_ROWS(at)) {
        pull_rows(batch->input + PLACE(at->input, outer, 0, start),
                  batch->target + PLACE(at->target, outer, 0, start),
                  batch->weight + PLACE(at->weight, outer, 0, start),
                  gradient + PLACE(at->gradient, outer, 0, start), stop - start, at, batch->by,
                  scratch, slopes);
        return;
    }
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

/* What the n sites of a block have: a row per class of probabilities and of slopes, and what all
   classes have together but one that is more probable than 1/2, if there is one: of that class
   1 - pred would lose its digits. The rest is the gradient of these others, summed. The total is
   that of e^(x - top), less 1. */
typedef struct {
    int64_t n;
    REAL *pred, *slope, *top, *others, *weight, *total, *rest;
    int32_t *index;
} Block;

static int64_t sites_at_once(const Layout *at)
{
    int64_t most = 16384 / at->classes;
    return most < 16 ? 16 : most > 512 ? 512 : most / 16 * 16;
}

static int64_t scratch_size(const Layout *at) { return sites_at_once(at) * (2 * at->classes + 6); }

static Block block_of(REAL *scratch, int64_t n, int64_t classes)
{
    REAL *rows = scratch + 2 * n * classes;
    return (Block){n, scratch, scratch + n * classes, rows, rows + n, rows + 2 * n,
                   rows + 3 * n, rows + 4 * n, (int32_t *)(rows + 5 * n)};
}

/* Indices of classes are read once for all classes, shares where they are needed. */
#ifdef INDICES
#define TRUTH_OF(i) TRUTH(block.index[i], c)
#else
#define TRUTH_OF(i) TRUTH(target[i * of_target], c)
#endif

static void read_sites(const Batch *batch, int64_t outer, int64_t start, Block block)
{
    const Layout *at = &batch->at;
    const TARGET *target = batch->target + PLACE(at->target, outer, 0, start);
    const WEIGHT *weight = batch->weight + PLACE(at->weight, outer, 0, start);
    for (int64_t i = 0; i < block.n; i++)
        block.weight[i] = IS_WEIGHTED ? LOAD(WEIGHT, weight[i * at->weight[2]]) : 1;
#ifdef INDICES
    for (int64_t i = 0; i < block.n; i++)
        block.index[i] = (int32_t)target[i * at->target[2]];
#endif
    (void)target, (void)weight;
}

/* Read the input of one class, and keep the largest so far. */
ALWAYS_INLINE void read_class(const INPUT *input, int64_t of_input, int32_t c, Decision by,
                              Block block)
{
    REAL *pred = block.pred + c * block.n;
#pragma omp simd
    for (int64_t i = 0; i < block.n; i++) {
        REAL x = LOAD(INPUT, input[i * of_input]), w = block.weight[i];
        __BLANK_INPUT__
        x = vclamp(__LOGIT__, R(-1e30), R(1e30));
        pred[i] = x;
        block.top[i] = c == 0 ? x : vmax(block.top[i], x);
    }
    (void)by;
}

/* Fill the block with softmax: e^(x - top) over its sum, in which the top itself has e^0 = 1. */
static void softmax(const Batch *batch, int64_t outer, int64_t start, Block block)
{
    const Layout *at = &batch->at;
    read_sites(batch, outer, start, block);
    for (int32_t c = 0; c < at->classes; c++) {
        const INPUT *input = batch->input + PLACE(at->input, outer, c, start);
        if (at->input[2] == 1)
            read_class(input, 1, c, batch->by, block);
        else
            read_class(input, at->input[2], c, batch->by, block);
    }
    for (int64_t i = 0; i < block.n; i++) {
        block.total[i] = -1;
        block.others[i] = 0;
    }
    for (int32_t c = 0; c < at->classes; c++) {
        REAL *pred = block.pred + c * block.n;
#pragma omp simd
        for (int64_t i = 0; i < block.n; i++) {
            __SHIFTED__
            pred[i] = vexp(pred[i] - block.top[i]);
            block.total[i] += pred[i] == 1;
            block.others[i] += pred[i] == 1 ? 0 : pred[i];
        }
    }
#pragma omp simd
    for (int64_t i = 0; i < block.n; i++) {
        block.total[i] += block.others[i];
        block.top[i] = 1 / (1 + block.total[i]);
        block.others[i] *= block.top[i];
    }
    for (int32_t c = 0; c < at->classes; c++)
#pragma omp simd
        for (int64_t i = 0; i < block.n; i++)
            block.pred[c * block.n + i] *= block.top[i];
}

/* Add the entries of the sites from start to stop of one sample to sums, a row per entry; return
   how far off values are. */
static REAL count_sites(const Batch *batch, int64_t outer, int64_t start, int64_t stop,
                        REAL *scratch, double *sums)
{
    int64_t classes = batch->at.classes, of_target = batch->at.target[2];
    REAL off = 0;
    Block block = block_of(scratch, stop - start, classes);
    softmax(batch, outer, start, block);
    for (int32_t c = 0; c < classes; c++, sums++) {
        const TARGET *target = batch->target + PLACE(batch->at.target, outer, c, start);
        const REAL *share = block.pred + c * block.n;
        REAL unit = 1, __ENTRIES__;
        do {
            __ZERO__
#pragma omp simd reduction(+ : __ENTRIES__) reduction(max : off)
            for (int64_t i = 0; i < block.n; i++) {
                REAL t = TRUTH_OF(i), w = block.weight[i];
                __BLANK_TARGET__
                __OFF__
                w *= IS_WEIGHTED ? unit : 1;
                REAL pred = share[i], rest = pred > R(0.5) ? block.others[i] : 1 - pred;
                __COUNT__
                __COUNT_LOG_LOSS__
            }
        } while (overflows(__SUM__, &unit));
        __ADD__
        (void)target, (void)of_target;
    }
    return off;
}

/* Write the gradient of the sites from start to stop of one sample: grad times the Jacobian of
   softmax, pred * (grad - shift), and for the most probable class what cancels all others. */
static void pull_sites(const Batch *batch, int64_t outer, int64_t start, int64_t stop,
                       REAL *scratch, const Slopes *slopes, INPUT *gradient)
{
    const Layout *at = &batch->at;
    int64_t classes = at->classes, of_target = at->target[2], of_gradient = at->gradient[2];
    Block block = block_of(scratch, stop - start, classes);
    softmax(batch, outer, start, block);
    REAL *shift = block.top, *rest = block.rest;
    memset(shift, 0, block.n * sizeof *shift);
    memset(rest, 0, block.n * sizeof *rest);
    __NO_SHARES__
    for (int32_t c = 0; c < classes; c++) {
        const TARGET *target = batch->target + PLACE(at->target, outer, c, start);
        REAL *pred = block.pred + c * block.n, *grad = block.slope + c * block.n;
        const Slopes by = slopes[c];
#pragma omp simd
        for (int64_t i = 0; i < block.n; i++) {
            REAL t = TRUTH_OF(i), w = block.weight[i];
            __BLANK_TARGET__
            grad[i] = vweigh((t * by.pos + (1 - t) * by.neg)__EARLY__, w);
            __ADD_SHARES__
            shift[i] += pred[i] * grad[i];
        }
        (void)target, (void)of_target;
    }
    for (int32_t c = 0; c < classes; c++) {
        REAL *pred = block.pred + c * block.n, *grad = block.slope + c * block.n;
#pragma omp simd
        for (int64_t i = 0; i < block.n; i++) {
            grad[i] = pred[i] * (grad[i] - shift[i]);
            rest[i] += pred[i] > R(0.5) ? 0 : grad[i];
        }
    }
    for (int32_t c = 0; c < classes; c++) {
        INPUT *out = gradient + PLACE(at->gradient, outer, c, start);
        const REAL *pred = block.pred + c * block.n, *grad = block.slope + c * block.n;
        const Slopes by = slopes[c];
        __READ_AGAIN__
#pragma omp simd
        for (int64_t i = 0; i < block.n; i++) {
            __TRUTH_AGAIN__
            REAL x = pred[i] > R(0.5) ? -rest[i] : grad[i];
            x = x__CHAIN__ * by.root;
            x = vclamp(x, -LIMIT(INPUT), LIMIT(INPUT))__LATE__;
            __PULL_LOG_LOSS__
            out[i * of_gradient] = STORE(INPUT, x);
        }
    }
}

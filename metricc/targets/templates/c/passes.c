#define CHUNKS 64
#define PARALLEL_FROM 32768

/* A batch is walked in items, so many sites of one sample at a time. */
typedef struct {
    int64_t step, steps, items;
    int is_large;
} Walk;

static Walk walk_of(const Layout *at)
{
    int64_t step = sites_at_once(at), steps = (at->inner + step - 1) / step;
    int64_t size = at->outer * at->classes * at->inner;
    return (Walk){step, steps, at->outer * steps, size > PARALLEL_FROM};
}

static Batch batch_of(const int64_t *layout, const void *input, const void *target,
                      const void *weight__NUMBERS__)
{
    Batch batch = {input, target, weight, {0}, decide(__NAMES__)};
    memcpy(&batch.at, layout, sizeof batch.at);
    return batch;
}

/* What a pass gives, beside 0: there is no memory; values are outside [0, 1] by more than rounding
   may be, or weights negative. */
#define NO_MEMORY 1
#define OUTSIDE 2

/* Add the entries of some items to sums. */
static int count_items(const Batch *batch, Walk walk, int64_t first, int64_t last, double *sums)
{
    const Layout *at = &batch->at;
    REAL *scratch = malloc(scratch_size(at) * sizeof *scratch + 1), off = 0;
    for (int64_t item = first; item < last && scratch != NULL; item++) {
        int64_t start = item % walk.steps * walk.step, stop = start + walk.step;
        stop = stop < at->inner ? stop : at->inner;
        off = vmax(off, count_sites(batch, item / walk.steps, start, stop, scratch, sums));
    }
    free(scratch);
    return scratch == NULL ? NO_MEMORY : off > R(0.51) ? OUTSIDE : 0;
}

/* The pass over the batch forward: the sums of each entry, group and class.
   Parts and their order depend on the layout alone, and so do the bits of the sums. */
int counts(const int64_t *layout, const void *input, const void *target, const void *weight,
           int threads__NUMBERS__, double *sums)
{
    const Batch batch = batch_of(layout, input, target, weight__PASSED__);
    const Walk walk = walk_of(&batch.at);
    int64_t outer = batch.at.outer, classes = batch.at.classes, size = ENTRIES * classes;
    int64_t groups = PER_SAMPLE ? outer : 1, most = 65536 / size;
    most = most < 8 ? 8 : most > CHUNKS ? CHUNKS : most;
    int64_t chunks = PER_SAMPLE ? outer : walk.items < most ? walk.items : most;
    memset(sums, 0, groups * size * sizeof *sums);
    if (chunks == 1)
        return count_items(&batch, walk, 0, walk.items, sums);
    double *parts = calloc(chunks * size + 1, sizeof *parts);
    if (parts == NULL)
        return NO_MEMORY;
    int status = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : status) \
    if (walk.is_large)
    for (int64_t k = 0; k < chunks; k++)
        status |= count_items(&batch, walk, k * walk.items / chunks,
                              (k + 1) * walk.items / chunks, parts + k * size);
    for (int64_t k = 0; k < chunks; k++)
        for (int64_t e = 0; e < ENTRIES; e++)
            for (int64_t c = 0; c < classes; c++)
                sums[(e * groups + (PER_SAMPLE ? k : 0)) * classes + c] +=
                    parts[(k * ENTRIES + e) * classes + c];
    free(parts);
    return status;
}

/* Whether a product of two of the decision's numbers, or their quotient, is far from overflow. */
static int moderate(Decision by)
{
    REAL numbers[sizeof by / sizeof(REAL)];
    int are_moderate = 1;
    memcpy(numbers, &by, sizeof by);
    for (size_t k = 0; k < sizeof by / sizeof(REAL); k++)
        are_moderate &= ABS(numbers[k]) < R(1e7) && ABS(numbers[k]) > R(1e-7);
    return are_moderate;
}

/* A number in the range of float32, in which 0 times it is 0. */
static REAL in_range(double x) { return R(x < -1e35 ? -1e35 : x > 1e35 ? 1e35 : x); }

/* Slopes as elements take them, of one group; given are rows of dloss/da at positives and at
   negatives, of what multiplies the gradient, and of the slopes of a cross entropy, if any,
   in one row or two. Softmax mixes the slopes of all classes. */
static void round_slopes(const double *given, int64_t group, int64_t groups, int64_t classes,
                         Decision by, Slopes *slopes)
{
    const int is_moderate = !IS_SOFTMAX && !IS_WEIGHTED && LIMIT(INPUT) > 1e38 && moderate(by);
    const double *pos = given + group * classes, *neg = pos + groups * classes;
    const double *scale = neg + groups * classes, *log_pos = scale + groups * classes;
    const double *log_neg = log_pos + (LOG_SLOPES - 1) * groups * classes;
    double most = 0;
    for (int64_t c = 0; c < classes; c++) {
        double root = sqrt(1e-30 + fabs(pos[c]) + fabs(neg[c]));
        slopes[c].root = (REAL)root;
        most = root > most ? root : most;
    }
    for (int64_t c = 0; c < classes; c++) {
        REAL root = IS_SOFTMAX ? (REAL)most : slopes[c].root;
        double pos_root = LOG_SLOPES && IS_WEIGHTED ? sqrt(log_pos[c]) : 1;
        double neg_root = LOG_SLOPES && IS_WEIGHTED ? sqrt(log_neg[c]) : 1;
        REAL at_pos = LOG_SLOPES ? in_range(scale[c] * (IS_WEIGHTED ? pos_root : log_pos[c])) : 0;
        REAL at_neg = LOG_SLOPES ? in_range(scale[c] * (IS_WEIGHTED ? neg_root : log_neg[c])) : 0;
        slopes[c] = (Slopes){R(pos[c] / root), R(neg[c] / root), root, R(scale[c]), at_pos, at_neg,
                             R(pos_root), R(neg_root), 0};
        if (is_moderate && fabs(scale[c]) * root * root < 1e15)
            slopes[c] = (Slopes){R(pos[c] * scale[c]), R(neg[c] * scale[c]), 1, 1, at_pos, at_neg,
                                 1, 1, 1};
    }
}

static void pull_item(const Batch *batch, Walk walk, int64_t item, REAL *scratch,
                      const Slopes *slopes, INPUT *gradient)
{
    const Layout *at = &batch->at;
    int64_t outer = item / walk.steps, start = item % walk.steps * walk.step;
    int64_t stop = start + walk.step < at->inner ? start + walk.step : at->inner;
    pull_sites(batch, outer, start, stop, scratch, slopes + (PER_SAMPLE ? outer * at->classes : 0),
               gradient);
}

/* The pass over the batch backward: writes the gradient. */
int pull_back(const int64_t *layout, const void *input, const void *target, const void *weight,
              int threads__NUMBERS__, const double *given, void *gradient)
{
    const Batch batch = batch_of(layout, input, target, weight__PASSED__);
    const Walk walk = walk_of(&batch.at);
    int64_t classes = batch.at.classes, groups = PER_SAMPLE ? batch.at.outer : 1;
    int64_t scratch_of_one = scratch_size(&batch.at), workers = walk.is_large ? threads : 1;
    REAL *scratch = malloc(workers * scratch_of_one * sizeof *scratch + 1);
    Slopes *slopes = malloc(groups * classes * sizeof *slopes + 1);
    int failed = scratch == NULL || slopes == NULL ? NO_MEMORY : 0;
    for (int64_t group = 0; group < groups && !failed; group++)
        round_slopes(given, group, groups, classes, batch.by, slopes + group * classes);
    advise(gradient, batch.at.outer * classes * batch.at.inner * sizeof(INPUT));
    if (!walk.is_large || workers == 1)
        for (int64_t item = 0; item < walk.items && !failed; item++)
            pull_item(&batch, walk, item, scratch, slopes, gradient);
    else if (!failed)
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int64_t k = 0; k < workers; k++) {
            int64_t first = k * walk.items / workers, last = (k + 1) * walk.items / workers;
            for (int64_t item = first; item < last; item++)
                pull_item(&batch, walk, item, scratch + k * scratch_of_one, slopes, gradient);
        }
    free(scratch);
    free(slopes);
    return failed;
}

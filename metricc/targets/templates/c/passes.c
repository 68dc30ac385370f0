#define CHUNKS 64
#define PARALLEL_FROM 32768

static Batch batch_of(const int64_t *layout, const void *input, const void *target,
                      const void *weight__NUMBERS__)
{
    Batch batch = {input, target, weight, {0}, decide(__NAMES__)};
    memcpy(&batch.at, layout, sizeof batch.at);
    return batch;
}

/* The pass over the batch forward: the sums of each entry, group and class, or 1 without memory.
   Parts and their order depend on the layout alone, and so do the bits of the sums. */
int counts(const int64_t *layout, const void *input, const void *target, const void *weight,
           int threads__NUMBERS__, double *sums)
{
    const Batch batch = batch_of(layout, input, target, weight__PASSED__);
    const Layout *at = &batch.at;
    int64_t step = sites_at_once(at), steps = (at->inner + step - 1) / step;
    int64_t items = at->outer * steps, size = ENTRIES * at->classes;
    int64_t fitting = 65536 / size < 8 ? 8 : 65536 / size < CHUNKS ? 65536 / size : CHUNKS;
    int64_t chunks = PER_SAMPLE ? at->outer : items < fitting ? items : fitting;
    double *parts = calloc(chunks * size + 1, sizeof *parts);
    int failed = parts == NULL;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : failed) \
    if (items * step * at->classes > PARALLEL_FROM)
    for (int64_t k = 0; k < chunks; k++) {
        REAL *scratch = malloc(scratch_size(at) * sizeof *scratch + 1);
        failed |= scratch == NULL;
        for (int64_t item = k * items / chunks; item < (k + 1) * items / chunks && !failed; item++) {
            int64_t start = item % steps * step;
            int64_t stop = start + step < at->inner ? start + step : at->inner;
            count_sites(&batch, item / steps, start, stop, scratch, parts + k * size);
        }
        free(scratch);
    }
    int64_t groups = PER_SAMPLE ? at->outer : 1;
    memset(sums, 0, groups * size * sizeof *sums);
    for (int64_t k = 0; k < chunks && !failed; k++)
        for (int64_t e = 0; e < ENTRIES; e++)
            for (int64_t c = 0; c < at->classes; c++)
                sums[(e * groups + (PER_SAMPLE ? k : 0)) * at->classes + c] +=
                    parts[(k * ENTRIES + e) * at->classes + c];
    free(parts);
    return failed;
}

/* Slopes as elements take them; given are rows of dloss/da at positives, at negatives, and of what
   multiplies the gradient, each with a number per group and class. */
static Slopes *round_slopes(const double *given, int64_t groups, int64_t classes)
{
    Slopes *slopes = malloc(groups * classes * sizeof *slopes + 1);
    int64_t size = groups * classes;
    for (int64_t k = 0; k < size && slopes != NULL; k++) {
        int64_t first = IS_SOFTMAX ? k / classes * classes : k, last = IS_SOFTMAX ? first + classes : k + 1;
        double root = 1;
        for (int64_t j = first; j < last; j++)
            root = fmax(root, sqrt(1 + fabs(given[j]) + fabs(given[size + j])));
        slopes[k] = (Slopes){R(given[k] / root), R(given[size + k] / root), R(root), R(given[2 * size + k])};
    }
    return slopes;
}

/* The pass over the batch backward: writes the gradient; 1 without memory. */
int pull_back(const int64_t *layout, const void *input, const void *target, const void *weight,
              int threads__NUMBERS__, const double *slopes, void *gradient)
{
    const Batch batch = batch_of(layout, input, target, weight__PASSED__);
    const Layout *at = &batch.at;
    int64_t step = sites_at_once(at), steps = (at->inner + step - 1) / step, items = at->outer * steps;
    int64_t groups = PER_SAMPLE ? at->outer : 1;
    Slopes *rounded = round_slopes(slopes, groups, at->classes);
    int failed = rounded == NULL;
    advise(gradient, at->outer * at->classes * at->inner * sizeof(INPUT));
#pragma omp parallel num_threads(threads) reduction(| : failed) \
    if (items * step * at->classes > PARALLEL_FROM)
    {
        REAL *scratch = malloc(scratch_size(at) * sizeof *scratch + 1);
        failed |= scratch == NULL;
#pragma omp for schedule(static)
        for (int64_t item = 0; item < items; item++) {
            int64_t start = item % steps * step, outer = item / steps;
            int64_t stop = start + step < at->inner ? start + step : at->inner;
            if (!failed)
                pull_sites(&batch, outer, start, stop, scratch,
                           rounded + (PER_SAMPLE ? outer * at->classes : 0), gradient);
        }
        free(scratch);
    }
    free(rounded);
    return failed;
}

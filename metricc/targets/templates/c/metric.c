/* The metric and dM/da at a positive and at a negative, from the entries. */
static void value_and_slopes(__PROGRAM_ARGUMENTS__, double *result)
{
    __PROGRAM__
    result[0] = value;
    result[1] = grad_pos;
    result[2] = grad_neg;
}

/* The whole of forward, for one confusion matrix: writes the loss, and its two slopes, brought to
   where float32 holds their roots. */
int forward(const int64_t *layout, const void *input, const void *target, const void *weight,
            int threads__NUMBERS____POLICY__, REAL *loss, double *slopes)
{
    double entries[ENTRIES], result[3];
    int status = counts(layout, input, target, weight, threads__PASSED__, entries);
    for (int e = 0; e < ENTRIES; e++)
        entries[e] += smooth;
    value_and_slopes(__PROGRAM_CALL__, result);
    const double value = result[0], most = sizeof(REAL) == 8 ? LIMIT_float64 : LIMIT_float32;
    *loss = (REAL)clamp(__LOSS__, -most, most);
    slopes[0] = clamp(__SIGN__result[1], -1e60, 1e60);
    slopes[1] = clamp(__SIGN__result[2], -1e60, 1e60);
    return status;
}

/* The whole of backward: the slopes of forward, times grad_output. */
int backward(const int64_t *layout, const void *input, const void *target, const void *weight,
             int threads__NUMBERS__, const double *slopes, const REAL *grad_output, void *gradient)
{
    const double given[3] = {slopes[0], slopes[1], *grad_output};
    return pull_back(layout, input, target, weight, threads__PASSED__, given, gradient);
}

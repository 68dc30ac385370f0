/* The cross entropy of an element. */
static inline REAL log_loss(REAL x, REAL t)
{
    __LOG_LOSS__
}

/* Its slope. */
static inline REAL log_loss_backward(REAL x, REAL t)
{
    __LOG_LOSS_SLOPE__
}

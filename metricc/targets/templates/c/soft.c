/* a = A(p), the soft decision, and 1 - a. */
static inline void soft(REAL input, Decision by, REAL *pred, REAL *rest)
{
    __SOFT__
}

/* grad * da/dinput. */
static inline REAL soft_backward(REAL grad, REAL input, Decision by)
{
    __SLOPE__
}

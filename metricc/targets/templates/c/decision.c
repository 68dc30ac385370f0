/* The numbers of the soft decision. */
typedef struct {
    REAL __MEMBERS__;
} Decision;

static Decision decide(__DECISION_ARGUMENTS__)
{
    __SCALARS__
    return (Decision){__DECIDED__};
}

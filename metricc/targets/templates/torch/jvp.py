@staticmethod
def jvp(ctx, tangent, *_):
    """Return the derivative along `tangent`."""
    __LOSS_VALUE__, *slopes = linearize(*ctx.saved_tensors, *ctx.options)
    gradient = pull_back(__UNIT__, *slopes, *ctx.saved_tensors__SAVED____PULL_OPTIONS__)
    __SUM_TANGENT__

"""The cross entropy that is added to a loss: its sum and its slope, in the loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decision import is_given

if TYPE_CHECKING:
    from ..plan import Holes, Plan

_LOSSES = {
    ("binary", True): "x = vclamp(x, R(-1e30), R(1e30));\n"
    "return t * vmax(-x, 0) + (1 - t) * vmax(x, 0) + vlog1p(vexp(-ABS(x)));",
    (
        "binary",
        False,
    ): "const REAL p = vmax(x, R(1e-38)), q = vmax(1 - x, R(1e-38));\n"
    "return -t * vlog(p) - (1 - t) * vlog(q);",
    ("shares", False): "return -t * vlog(vmax(x, R(1e-38)));",
}
_SLOPES = {
    ("binary", True): "return (1 - t) * vsigmoid(x) - t * vsigmoid(-x);",
    ("binary", False): "return (x - t) / vmax(x * (1 - x), R(1e-12));",
    ("shares", False): "return -t / vmax(x, R(1e-12));",
}
_CLAMP = "{0} = vclamp({0}, -LIMIT(INPUT), LIMIT(INPUT));"
_COUNT_BY_SLOPES = (
    "misses += w * t * log_loss(x, 1);\nalarms += w * (1 - t) * log_loss(x, 0);\n"
    "positives += w * t;\nnegatives += w * (1 - t);"
)
_PULL_BY_SLOPES = (
    "const REAL at_pos = slopes.log_pos * t * log_loss_backward(x, 1);\n"
    "const REAL at_neg = slopes.log_neg * (1 - t) * log_loss_backward(x, 0);\n"
    "grad += IS_WEIGHTED ? at_pos * w * slopes.pos_root + at_neg * w * slopes.neg_root\n"
    "                    : at_pos + at_neg;"
)
_NONE = ("COUNT_LOG_LOSS", "PULL_LOG_LOSS", "SHIFTED", "NO_SHARES", "ADD_SHARES", "TRUTH_AGAIN")


def log_loss_holes(plan: Plan) -> Holes:
    """Return what the loops leave open for a cross entropy; nothing where there is none."""
    if not plan.has_log_loss:
        return dict.fromkeys(_NONE, "")
    if plan.options.is_softmax and not is_given(plan):
        return _of_softmax("t = IS_WEIGHTED && w == 0 ? 0 : t;" if plan.arranges else "")
    kind = ("shares" if plan.options.is_softmax else "binary", plan.options.from_logits)
    terms = " / R(classes)" if plan.options.is_softmax else ""
    weight = "(IS_WEIGHTED ? w * slopes.pos_root : 1)"
    count = f"losses += w * log_loss(x, t);\nterms += w{terms};"
    pull = f"grad += slopes.log_pos * {weight} * log_loss_backward(x, t);"
    if plan.mixes_by_slopes:
        count, pull = _COUNT_BY_SLOPES, _PULL_BY_SLOPES
    return {
        **dict.fromkeys(_NONE, ""),
        "LOG_LOSS": _LOSSES[kind],
        "LOG_LOSS_SLOPE": _SLOPES[kind],
        "COUNT_LOG_LOSS": count,
        "PULL_LOG_LOSS": f"{pull}\n{_CLAMP.format('grad')}",
    }


def _of_softmax(blank: str) -> Holes:
    """-t log softmax(x), whose slope is softmax(x) times the sum of the shares, less t."""
    read = "const TARGET *target = batch->target + PLACE(at->target, outer, c, start);"
    loss = "w * t * (vlog1p(block.total[i]) - block.slope[c * block.n + i])"
    lack = "const REAL lack = pred[i] > R(0.5) ? block.others[i] : 1 - pred[i];"
    weight = "by.log_pos * (IS_WEIGHTED ? w * by.pos_root : 1)"
    slope = "const REAL slope = pred[i] * (block.total[i] - t) - t * lack;"
    return {
        "SHIFTED": "block.slope[c * block.n + i] = pred[i] - block.top[i];",
        "COUNT_LOG_LOSS": f"losses += {loss};\nterms += w / R(classes);",
        "NO_SHARES": "memset(block.total, 0, block.n * sizeof *block.total);",
        "ADD_SHARES": "block.total[i] += t;",
        "READ_AGAIN": f"{read}\n(void)target, (void)of_target;",
        "TRUTH_AGAIN": f"REAL t = TRUTH_OF(i), w = block.weight[i];\n{blank}".rstrip(),
        "PULL_LOG_LOSS": f"{lack}\n{slope}\nx += {weight} * slope;\n{_CLAMP.format('x')}",
    }

"""Puts the C source of one loss together: types, functions that it calls, loops, the metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...target import fill, read_template
from .decision import decision_holes, is_given
from .functions import called_by
from .log_loss import log_loss_holes
from .metric import metric_holes

if TYPE_CHECKING:
    from ..plan import Holes, Plan

_WIDTH = 100


def c_source(plan: Plan) -> str:
    """Return the source of the loops over a batch and, of one matrix, of the metric."""
    holes = {**_batch_holes(plan), **decision_holes(plan), **metric_holes(plan)}
    is_softmax = plan.options.is_softmax and not is_given(plan)
    loops = ["softmax"] if is_softmax else ["soft", "elementwise"]
    metric = ["metric"] if has_metric(plan) else []
    log_loss = ["log_loss"] if plan.has_log_loss and not is_softmax else []
    names = ["decision", "batch", *log_loss, *loops, "passes", *metric]
    own = [fill(read_template(f"c/{name}.c"), holes, _break_line) for name in names]
    constants = _constants(plan)
    called = "\n".join(own)
    functions = [*called_by(called, "elements"), *called_by(called, "functions")]
    texts = [read_template("c/types.c"), constants, *functions, *own]
    return "\n\n".join(text.strip("\n") for text in texts) + "\n"


def _break_line(line: str) -> list[str]:
    """Break a list of arguments that is too long; what follows stands under the first."""
    end = " \\" if line.startswith("#") else ""
    indent = " " * (line.find("(") + 1)
    lines = [""]
    for part in line.split(", "):
        if len(lines[-1]) + len(part) > _WIDTH - 2:
            lines.append(indent)
        lines[-1] += f"{part}, "
    return [*(broken.rstrip() + end for broken in lines[:-1]), lines[-1].removesuffix(", ")]


def has_metric(plan: Plan) -> bool:
    """Tell whether the kernel knows the metric: it does where a batch is one matrix."""
    return not plan.options.is_grouped and not plan.has_log_loss


def _constants(plan: Plan) -> str:
    options = plan.options
    return "\n".join(
        (
            f"#define ENTRIES {len(_sums(plan))}",
            f"#define PER_SAMPLE {int(options.per_sample)}",
            f"#define LOG_SLOPES {len(plan.log_slopes)}",
            f"#define IS_SOFTMAX {int(options.is_softmax and not is_given(plan))}",
        )
    )


def _sums(plan: Plan) -> tuple[str, ...]:
    """Return what is summed: the entries, and the cross entropy with the number of its terms."""
    return (*plan.entries, *plan.log_loss_counts)


def _batch_holes(plan: Plan) -> Holes:
    sums = _sums(plan)
    blank = "{0} = IS_WEIGHTED && w == 0 ? 0 : {0};" if plan.arranges else ""
    return {
        "ENTRIES": ", ".join(sums),
        "ZEROS": ", ".join(f"{name} = 0" for name in sums),
        "BLANK_INPUT": blank.format("x"),
        "BLANK_TARGET": blank.format("t"),
        "OFF": _off(plan),
        "COUNT": _count(plan.entries),
        "ZERO": f"{' = '.join(sums)} = 0;",
        "SUM": " + ".join(sums),
        "ADD": "\n".join(
            f"sums[{k} * classes] += (double){name} / unit;" for k, name in enumerate(sums)
        ),
        "ROWS": ", ".join(f"*{name}s = scratch + {k} * length" for k, name in enumerate(sums)),
        "ADD_TO_ROWS": "\n".join(f"{name}s[j] += {name};" for name in sums),
        **_softmax_holes(plan),
        **log_loss_holes(plan),
    }


def _softmax_holes(plan: Plan) -> Holes:
    """Return what softmax.c leaves open; of probabilities it takes the logarithm."""
    options = plan.options
    of_logits, is_early = options.from_logits, options.average == "none"
    logit = "x" if of_logits else "vlog(vmax(x, R(1e-38)))"
    is_sharp = options.surrogate == "softmax"
    read = "const INPUT *input = batch->input + PLACE(at->input, outer, c, start);"
    chain = " * batch->by.sharpness" if is_sharp else ""
    of_log = " / vmax(LOAD(INPUT, input[i * at->input[2]]), R(1e-38))"
    return {
        "LOGIT": f"by.sharpness * {logit}" if is_sharp else logit,
        "READ_AGAIN": "" if of_logits else read,
        "CHAIN": chain if of_logits else chain + of_log,
        "EARLY": " * by.scale" if is_early else "",
        "LATE": "" if is_early else " * by.scale",
    }


def _off(plan: Plan) -> str:
    """Return the lines that look how far values are off; softmax.c takes any input."""
    takes_any = plan.options.from_logits or (plan.options.is_softmax and not is_given(plan))
    seen = ("t",) if takes_any else ("t", "x")
    return "\n".join(f"off = vmax(off, voff({x}, w));" for x in seen)


def _count(entries: tuple[str, ...]) -> str:
    """Each entry as a sum of non-negative terms."""
    lines = ["pred *= w, rest *= w;"]
    for positive, negative, soft in (("tp", "fp", "pred"), ("fn", "tn", "rest")):
        if positive in entries or negative in entries:
            lines.append(f"const REAL {positive}_part = t * {soft};")
        if positive in entries:
            lines.append(f"{positive} += {positive}_part;")
        if negative in entries:
            lines.append(f"{negative} += {soft} - {positive}_part;")
    return "\n".join(lines)

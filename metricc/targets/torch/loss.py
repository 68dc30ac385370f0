"""What turns counts into a loss: gathering, smoothing, the metric, its sign, the cross entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..header import quoted
from ..printer import Printer, break_lines

if TYPE_CHECKING:
    from ...ir.program import Assign
    from .plan import Holes, Plan

CALLS = {
    "quotient": "quotient({0}, {1}, zero_division)",
    "min": "minimum({0}, {1})",
    "max": "maximum({0}, {1})",
}
_PRINTER = Printer(CALLS)
_LINE = 84  # what is left of a line inside a function


def loss_holes(plan: Plan) -> Holes:
    """Return what value_and_slopes, linearize and the autograd function leave open."""
    options, program = plan.options, plan.program
    metric = plan.compilation.evaluated or program
    return {
        "NAME": plan.title,
        "VALUE": _section(program.value),
        "SLOPES": _section(program.slopes),
        "METRIC_VALUE": _section(metric.value),
        "METRIC_ARGUMENTS": ", ".join((*metric.inputs, *plan.policy, *metric.parameters)),
        "SHAPE": "the logarithm" if options.log else "a power",
        "LOSS_FORMULA": formula(plan),
        "FORMULA": quoted(plan.compilation.typed.text),
        "RESULTS": ", ".join(_results(plan)),
        "BOUNDED": "torch.as_tensor(x)" if options.is_grouped else "x",
        "JVP": "",
        **_entries_holes(plan),
        **_tangent_holes(plan),
    }


def _section(assigns: tuple[Assign, ...]) -> str:
    return "\n".join(_PRINTER.assign(a) for a in break_lines(assigns, _PRINTER, _LINE))


def formula(plan: Plan) -> str:
    """Return the loss as a formula of the metric M, for a reader."""
    options, rises = plan.options, plan.direction == "max"
    gap = "1 - M" if plan.compilation.behaviour.is_at_most_one else "-M"
    if options.log:
        return "-log(M)" if rises else "-log(1 - M)"
    if options.exponent != 1:
        return "(1 - M)^exponent" if rises else "M^exponent"
    return gap if rises else "M"


def _results(plan: Plan) -> tuple[str, ...]:
    """Return the loss and its slopes, as linearize gives them."""
    sign = "" if plan.options.exponent != 1 or plan.direction == "min" else "-"
    slopes = f"{sign}grad_pos", f"{sign}grad_neg"
    return ("loss", *slopes, "log_slope") if plan.has_log_loss else (_of_value(plan), *slopes)


def _of_value(plan: Plan) -> str:
    """A metric to be maximised gives 1 - M where 1 bounds it, else -M; one to be minimised M."""
    options = plan.options
    if options.log:
        return "-value"
    if options.exponent != 1 or plan.direction == "min":
        return "value"
    return "1 - value" if plan.compilation.behaviour.is_at_most_one else "-value"


def _entries_holes(plan: Plan) -> Holes:
    """Return how linearize gets its entries: floats of a CPU are faster than 0-dim tensors."""
    options = plan.options
    count = f"soft_counts({', '.join(('input', 'target', 'sample_weight', *plan.surrogate_options))})"
    if plan.takes_counts:
        count = f"counts if counts is not None else {count}" if not plan.takes_totals else "counts"
    smooth = "entries = [smooth + entry for entry in entries]"
    holes = {"HOW_FAST": "", "SMOOTH": smooth, "SPREAD": "", "SPLIT": "", "MEAN_LOG_LOSS": ""}
    if options.is_grouped:
        holes |= _grouped(plan, count)
    else:
        holes["HOW_FAST"] = ": on a CPU as floats, which are faster than 0-dim tensors"
        holes["ENTRIES_OF_BATCH"] = "\n".join(
            [
                *_first_line("entries", count),
                "if is_plain() and entries.is_cpu:",
                "    entries = entries.tolist()",
                "else:",
                "    precise = torch.float32 if entries.is_mps else torch.float64",
                "    entries = entries.to(precise).unbind()",
            ]
        )
        holes["SPLIT_LOG_LOSS"] = "*entries, losses, terms = entries" if plan.has_log_loss else ""
    slope = "log_slope = mix / (terms + (terms == 0))"
    if plan.has_log_loss:
        loss = f"loss = {_of_value(plan)} + log_slope * losses"
        holes["MEAN_LOG_LOSS"] = "\n".join([*_of_group(plan), slope, loss])
    return holes


def _first_line(name: str, count: str) -> list[str]:
    if " if " not in count:
        return [f"{name} = {count}"] if count != name else []
    given, _, other = count.partition(" else ")
    return [
        f"{name} = counts",
        "if counts is None:",
        f"    {name} = {other}",
    ] if name != "counts" else ["if counts is None:", f"    counts = {other}"]


def _of_group(plan: Plan) -> list[str]:
    if not plan.options.is_grouped:
        return []
    return ["losses, terms = (x.sum_to_size(value.shape) for x in (losses, terms))"]


def _grouped(plan: Plan, count: str) -> Holes:
    options = plan.options
    rest = "[:-2]" if plan.has_log_loss else ""
    subset = ", classes" if options.classes is not None else ""
    spread = "grad_pos = spread(grad_pos, classes, counts.shape[-1], entries[0])"
    return {
        "ENTRIES_OF_BATCH": "\n".join(
            [*_first_line("counts", count), f"entries = gather(counts{rest}{subset})"]
        ),
        "SPLIT_LOG_LOSS": "losses, terms = counts[-2:].to(entries[0].dtype)" if plan.has_log_loss else "",
        "SPREAD": f"{spread}\n{spread.replace('pos', 'neg')}" if subset else "",
    }


def gather_holes(plan: Plan) -> Holes:
    """Return what becomes of counts before the metric takes them."""
    options = plan.options
    lines = []
    if options.classes is not None:
        lines.append("entries = entries[..., list(classes)]")
    if options.average == "micro":
        lines.append("entries = entries.sum(-1, keepdim=True)  # one matrix of all classes")
    return {
        "GATHER": "\n".join(lines),
        "GATHER_OPTIONS": ", classes" if options.classes is not None else "",
    }


def _tangent_holes(plan: Plan) -> Holes:
    grouped = "return (gradient * tangent).sum_to_size(loss.shape).to(widen(tangent).dtype)"
    plain = "return (gradient * tangent).sum(dtype=widen(tangent).dtype)"
    return {
        "LOSS_VALUE": "loss" if plan.options.is_grouped else "_",
        "SUM_TANGENT": grouped if plan.options.is_grouped else plain,
    }

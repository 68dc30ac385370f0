"""What turns counts into a loss: gathering, smoothing, the metric, its sign, the cross entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..header import quoted
from ..printer import Printer, break_lines
from .arguments import arguments_of, count_call

if TYPE_CHECKING:
    from ...ir.program import Assign
    from .plan import Holes, Plan

_CALLS = {
    "quotient": "quotient({0}, {1}, zero_division)",
    "min": "minimum({0}, {1})",
    "max": "maximum({0}, {1})",
}
_PRINTER = Printer(_CALLS)
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
        "METRIC_ARGUMENTS": arguments_of(plan, metric),
        "SHAPE": "the logarithm" if options.log else "a power",
        "LOSS_FORMULA": form(plan).formula,
        "FORMULA": quoted(plan.compilation.typed.text),
        "RETURN_BOUNDED": _return_bounded(plan),
        "JVP": "",
        **_entries_holes(plan),
        **_tangent_holes(plan),
    }


def _section(assigns: tuple[Assign, ...]) -> str:
    return "\n".join(_PRINTER.assign(a) for a in break_lines(assigns, _PRINTER, _LINE))


@dataclass(frozen=True)
class Form:
    """A loss: as a formula of the metric M, as code of the program's value, and d loss/d value."""

    formula: str
    code: str
    sign: str


def form(plan: Plan) -> Form:
    """Return the loss: a metric to be raised gives 1 - M where 1 bounds it, else -M.

    The program's value is the logarithm or the power already, where there is one.
    """
    options, rises = plan.options, plan.direction == "max"
    if options.log:
        return Form("-log(M)" if rises else "-log(1 - M)", "-value", "-")
    if options.exponent != 1:
        return Form("(1 - M)^exponent" if rises else "M^exponent", "value", "")
    if not rises:
        return Form("M", "value", "")
    is_bounded = plan.compilation.behaviour.is_at_most_one
    return Form("1 - M", "1 - value", "-") if is_bounded else Form("-M", "-value", "-")


def _results(plan: Plan) -> tuple[str, ...]:
    """Return the loss and its slopes, as linearize gives them."""
    made = form(plan)
    slopes = f"{made.sign}grad_pos", f"{made.sign}grad_neg"
    return ("loss", *slopes, *plan.log_slopes) if plan.has_log_loss else (made.code, *slopes)


def _return_bounded(plan: Plan) -> str:
    """Return the last lines of linearize; a slope that is a number becomes a tensor in groups."""
    results = f"({', '.join(_results(plan))})"
    if not plan.options.is_grouped:
        return f"return [bounded(x) for x in {results}]"
    return f"results = {results}\nreturn [bounded(torch.as_tensor(x)) for x in results]"


def _entries_holes(plan: Plan) -> Holes:
    """Return how linearize gets its entries."""
    plain = ["entries = precise(counts).unbind()"]
    lines = _grouped_entries(plan) if plan.options.is_grouped else plain
    sides = ("grad_pos", "grad_neg") if plan.selects else ()
    names = ", ".join(plan.log_loss_counts)
    spread = [f"{side} = spread({side}, classes, counts.shape[-1], entries[0])" for side in sides]
    return {
        "ENTRIES_OF_BATCH": "\n".join([*_counted(plan), *lines]),
        "SPLIT": f"*entries, {names} = entries" if names else "",
        "SMOOTH": "entries = [smooth + entry for entry in entries]",
        "SPREAD": "\n".join(spread),
        "MEAN_LOG_LOSS": "\n".join(_mean_log_loss(plan)) if plan.has_log_loss else "",
    }


def _counted(plan: Plan) -> list[str]:
    """Return the lines that read the batch, unless counts are given."""
    call = f"counts = {count_call(plan)}"
    if plan.takes_totals:
        return []
    return ["if counts is None:", f"    {call}"] if plan.takes_counts else [call]


def _grouped_entries(plan: Plan) -> list[str]:
    subset = ", classes" if plan.selects else ""
    if not plan.has_log_loss:
        return [f"entries = gather(counts{subset})"]
    names = plan.log_loss_counts
    return [
        f"entries = gather(counts[:-{len(names)}]{subset})",
        f"{', '.join(names)} = counts[-{len(names)}:].to(entries[0].dtype)",
    ]


def _mean_log_loss(plan: Plan) -> list[str]:
    """Return the lines for the cross entropy of each group, and its slope."""
    groups = ["losses, terms = (x.sum_to_size(value.shape) for x in (losses, terms))"]
    lines = groups if plan.options.is_grouped else []
    if not plan.mixes_by_slopes:
        lines = [*lines, "log_slope = mix / (terms + (terms == 0))"]
        return [*lines, f"loss = {form(plan).code} + log_slope * losses"]
    return [
        "# what an error costs the metric; the gradient takes these weights for constants",
        "of_pos, of_neg = (bounded(abs(constant(x))) for x in (grad_pos, grad_neg))",
        "losses = bounded(of_pos * misses + of_neg * alarms)",
        "terms = bounded(of_pos * positives + of_neg * negatives)",
        *lines,
        "log_slope = bounded(mix / (terms + (terms == 0)))",
        "log_pos, log_neg = (constant(log_slope * x) for x in (of_pos, of_neg))",
        f"loss = {form(plan).code} + log_slope * losses",
    ]


def gather_holes(plan: Plan) -> Holes:
    """Return what becomes of counts before the metric takes them."""
    options = plan.options
    lines = []
    if plan.selects:
        lines.append("entries = entries[..., list(classes)]")
    if options.average == "micro":
        lines.append("entries = entries.sum(-1, keepdim=True)  # one matrix of all classes")
    return {
        "GATHER": "\n".join(lines),
        "GATHER_OPTIONS": ", classes" if plan.selects else "",
    }


def _tangent_holes(plan: Plan) -> Holes:
    product = "rate = (gradient * tangent).sum(sites(tangent))"
    grouped = f"{product}\nreturn rate.sum_to_size(loss.shape).to(widen(tangent).dtype)"
    plain = "return (gradient * tangent).sum(dtype=widen(tangent).dtype)"
    return {
        "UNIT": "torch.ones_like(loss)" if plan.options.is_grouped else "1.0",
        "LOSS_VALUE": "loss" if plan.options.is_grouped else "_",
        "SUM_TANGENT": grouped if plan.options.is_grouped else plain,
        "SAVE_FOR_FORWARD": "ctx.save_for_forward(*tensors)" if plan.has_tangent else "",
    }

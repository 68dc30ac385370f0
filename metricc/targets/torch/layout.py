"""What brings arguments of any layout to one, and what a task says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .plan import Holes, Plan

_WEIGHTS = ("sample_weight", "mask")


def layout_holes(plan: Plan) -> Holes:
    """Return what arrange, align and the checks leave open."""
    options = plan.options
    ignore = ", ignore_index" if options.ignore_index is not None else ""
    weights = _WEIGHTS if options.extended else _WEIGHTS[:1]
    named = "".join(f", {name}={name}" for name in weights)
    wrong = "(index < 0) | (index >= classes)"
    return {
        "MASK": ", mask" if options.extended else "",
        "ARRANGE_OPTIONS": "".join(f", {name}" for name in _options(plan)),
        "CHECK_OPTIONS": f", class_dim{ignore if options.is_softmax else ''}"
        if options.has_classes
        else named,
        "IGNORE": ignore,
        "WRONG_INDEX": f"({wrong}) & (index != ignore_index)" if ignore else wrong,
        "WEIGHT_SHAPE": "(len(input), 1, *input.shape[2:])"
        if options.is_softmax
        else "input.shape",
        "WEIGHED": "sample or site" if options.is_softmax else "sample or label",
        "LAYOUT": "\n".join(_layout(plan, weights)) if options.has_classes else "",
        "MASKS": "\n".join(_masks(plan)),
        "CHOSEN": "".join(f", {name}" for name in chosen(plan)),
        "CHOSEN_CHECKS": "\n".join(_chosen_checks(plan)),
        "VALUE_CHECKS": "\n".join(_value_checks(plan)),
        "WAITS": "works outside of traces, and" if options.validate else "waits for no device, and",
        "READABLE": "not x.is_meta" if options.validate else "x.is_cpu",
        "PER_SAMPLE": "\n".join(_PER_SAMPLE) if options.per_sample else "",
    }


def chosen(plan: Plan) -> list[str]:
    """Return the options that speak of single classes."""
    options = plan.options
    wanted = {"classes": options.classes is not None, "weight": options.weight is not None}
    return [name for name, is_wanted in wanted.items() if is_wanted]


def _chosen_checks(plan: Plan) -> list[str]:
    lines = []
    if "classes" in chosen(plan):
        lines += [
            "if max(classes) >= size:",
            '    named = f"class {max(classes)} counts, but input has {size} classes"',
            "    raise ValueError(named)",
        ]
    if "weight" in chosen(plan):
        size = "len(classes)" if "classes" in chosen(plan) else "size"
        lines += [
            f"if len(weight) != {size}:",
            f'    sizes = f"{{len(weight)}} weights for {{{size}}} classes"',
            '    raise ValueError(f"weight must have a number per class, not {sizes}")',
        ]
    return lines


def arrangement(plan: Plan) -> str:
    """Return the line of a method that checks its arguments."""
    if not plan.arranges:
        return "check(input, target, sample_weight=sample_weight)"
    mask = ["mask"] if plan.options.extended else []
    given = ["input", "target", "sample_weight", *mask]
    given += [f"self.{name}" for name in _options(plan)]
    return f"input, target, sample_weight = arrange({', '.join(given)})"


_FIRST_BATCHES = 8


def look(plan: Plan) -> list[str]:
    """Return the lines of forward that look at values: of each batch, or of the first few."""
    condition, call = look_always()
    if plan.options.validate:
        return [condition, call]
    first = "if can_read(target) and self.unseen:  # the first batches, and only on a CPU"
    return [first, "    self.unseen -= 1", call]


def look_always() -> list[str]:
    """Return the lines that look at the values of each batch."""
    return ["if can_read(target):", "    check_values(input, target, sample_weight)"]


def first_batches(plan: Plan) -> list[str]:
    """Return the line of the constructor that counts them."""
    return [] if plan.options.validate else [f"self.unseen = {_FIRST_BATCHES}"]


def _value_checks(plan: Plan) -> list[str]:
    """What weighs nothing may be anything."""
    options = plan.options
    has_index = options.ignore_index is None and not options.is_softmax
    hint = ', "; or give ignore_index"' if has_index else ""
    targets = f'check_range("target", blank(target, sample_weight){hint})'
    shares = 'check_shares("{0}", blank({0}, sample_weight))'
    looks_at_shares = options.is_softmax and options.validate  # which costs a pass more
    lines = ["check_weights(sample_weight)"]
    if options.is_softmax:
        lines += ["if target.dim() == input.dim():", f"    {targets}"]
        lines += [f"    {shares.format('target')}"] if looks_at_shares else []
    else:
        lines.append(targets)
    if not options.from_logits:
        logits = '"; from_logits=True takes logits"'
        lines.append(f'check_range("input", blank(input, sample_weight), {logits})')
        lines += [shares.format("input")] if looks_at_shares else []
    return lines


def _options(plan: Plan) -> list[str]:
    options = plan.options
    wanted = {"ignore_index": options.ignore_index is not None, "class_dim": options.has_classes}
    return [*(name for name, is_wanted in wanted.items() if is_wanted), *chosen(plan)]


def _layout(plan: Plan, weights: tuple[str, ...]) -> list[str]:
    """Classes in dimension 1: a view, whatever the layout in memory."""
    moved = "target = target.movedim(class_dim, 1)"
    if plan.options.is_softmax:
        ignores = plan.options.ignore_index is not None
        shares = 'raise ValueError("ignore_index needs class indices, not shares; use mask")'
        of_shares = [f"    {shares if ignores else moved}"]
        targets = ["if target.dim() == input.dim():", *of_shares]
    else:
        targets = [moved]
    return [
        *targets,
        "input = input.movedim(class_dim, 1)",
        *([f"check_classes({', '.join(('input', *chosen(plan)))})"] if chosen(plan) else []),
        *(f'{name} = align("{name}", {name}, input, class_dim)' for name in weights),
    ]


def _masks(plan: Plan) -> list[str]:
    lines = []
    if plan.options.extended:
        lines += ["if mask is not None:", f"    {_combined('mask')}"]
    if plan.options.ignore_index is None:
        return lines
    valid = "valid = target.to(torch.float32) != ignore_index"
    if plan.options.is_softmax:
        valid = "valid = (target.long() != ignore_index).unsqueeze(1)"
    return [*lines, valid, _combined("valid")]


def _combined(name: str) -> str:
    return f"sample_weight = both({name}, sample_weight)"


_PER_SAMPLE = (
    "if sample_weight is not None:",
    "    sample_weight = sample_weight.expand_as(input).unsqueeze(-1)",
    "input, target = input.unsqueeze(-1), target.unsqueeze(-1)",
)

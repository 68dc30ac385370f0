"""What each stage made of the formula, with the rules that fired: before → after, and why."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from ..passes.schedule import schedule
from ..passes.simplify import MAX_OPERATIONS
from ..passes.stabilize import RULES
from ..targets.formula import write_out
from ..targets.header import one_line
from ..targets.printer import Printer, break_lines, without_guards
from .layout import WIDTH, arrow, labelled, section, wrapped
from .notation import Notation

if TYPE_CHECKING:
    from ..ir.compilation import Compilation
    from ..ir.program import Assign, Program
    from ..ir.symbolic import Step

_CODE = Printer()
_SHORT = {
    "AP": "actual positives",
    "AN": "actual negatives",
    "PP": "predicted positives",
    "PN": "predicted negatives",
    "n": "the total",
}
_MEANINGS = {
    "nonzero": "(nonzero(x) is x, or 1/1024 where x is 0)",
    "bounded": "(bounded(x) is x, or ±1e60 where x is beyond)",
}
_DIRECTIONS = (
    "As a prediction rises, TP grows and FN shrinks at a positive, FP grows and TN shrinks at a"
    " negative. In a rule, m is the value of the part itself."
)
_PLACES = {"grad_pos": "at a positive", "grad_neg": "at a negative", "value": "the value by it"}
_CUT = (
    "TP, TN, FP, FN are one number per class, and so are the slopes. A reduction is one number:"
    " the value is differentiated by it, and it by each class."
)


def stages(compilation: Compilation) -> list[str]:
    """Return a section for each stage, in the order of the pipeline."""
    notation = Notation(compilation.gradient)
    return [
        *section("parse and check: the formula", _formula(compilation)),
        *section("lower: its parts", _parts(compilation, notation)),
        *section("differentiate: the slopes", _derivatives(compilation, notation)),
        *section("simplify: the slopes, with fewer operations", _rewrites(compilation, notation)),
        *section("schedule: the program", _program(compilation)),
        *section("stabilize: finite everywhere", _guards(compilation)),
    ]


def _formula(compilation: Compilation) -> list[str]:
    typed = compilation.typed
    written, out = one_line(typed.text), write_out(typed)
    lines = labelled("as written", written)
    if out is not None and out.replace(" ", "") != written.replace(" ", ""):
        lines += labelled("written out", out)
    given = [f"{p.name} = {float(p.default):g}" for p in typed.parameters]
    return lines + (labelled("parameters", ", ".join(given)) if given else [])


def _parts(compilation: Compilation, notation: Notation) -> list[str]:
    """Return what can be singular, a line each, and the value."""
    symbolic = compilation.symbolic
    lines = [notation.definition(binding) for binding in symbolic.bindings]
    if symbolic.value not in {binding.symbol for binding in symbolic.bindings}:
        lines.append(f"{notation.value} = {notation.text(symbolic.value)}")
    return [line for text in lines for line in wrapped(text, hang="    ")] + _legend(lines)


def _legend(lines: list[str]) -> list[str]:
    """Return what the short names of marginals mean, of those that are used."""
    used = set(re.findall(r"\w+", " ".join(lines)))
    meanings = [f"{name} {words}" for name, words in _SHORT.items() if name in used]
    return [f"({', '.join(meanings)})"] if meanings else []


def _derivatives(compilation: Compilation, notation: Notation) -> list[str]:
    """Return a rule for each part, and the derivatives that it gave."""
    derived, known = compilation.derived, set(compilation.symbolic.bindings)
    steps = derived.derivation
    lines = wrapped(_DIRECTIONS)
    lines += wrapped(_CUT) if compilation.typed.is_joint else []
    for binding in derived.bindings:
        own = [step for step in steps if step.before == binding.symbol]
        if own:
            lines += wrapped(f"{notation.definition(binding)}    by {own[0].why}", hang="    ")
        for step in own:
            text = notation.text(step.after)
            lines += wrapped(text, f"    {_PLACES.get(step.slope, step.slope)}  → ")
    helpers = (notation.definition(part) for part in derived.bindings if part not in known)
    lines += [line for helper in helpers for line in wrapped(helper, "with ", "    ")]
    if compilation.symbolic.value not in {step.before for step in steps}:
        lines.append(f"{notation.value} itself")
        lines += wrapped(notation.text(derived.grad_pos), "    at a positive  → ")
        lines += wrapped(notation.text(derived.grad_neg), "    at a negative  → ")
    return lines


def _rewrites(compilation: Compilation, notation: Notation) -> list[str]:
    """Return each rule that made the program shorter, with what it did to either slope."""
    derived, gradient = compilation.derived, compilation.gradient
    steps = gradient.derivation[len(derived.derivation) :]
    lines = []
    for (rule, why, _), group in groupby(_numbered(steps), key=lambda pair: pair[0]):
        lines.append(f"{rule}: {why}")
        for _, step in group:
            before, after = notation.text(step.before), notation.text(step.after)
            lines += arrow(f"    {step.slope}", before, after)
    if steps:
        return lines
    is_left = compilation.scheduled.operations() > MAX_OPERATIONS
    return ["too large: left as it is" if is_left else "no rule makes the program shorter"]


def _numbered(steps: tuple[Step, ...]) -> list[tuple[tuple[str, str, int], Step]]:
    """Pair steps with their rule and its turn: a slope that comes again begins a new turn."""
    turn, pairs = 0, []
    last: set[tuple[str, str]] = set()
    for step in steps:
        if (step.rule, step.slope) in last or step.rule not in {rule for rule, _ in last}:
            turn, last = turn + 1, set()
        last.add((step.rule, step.slope))
        pairs.append(((step.rule, step.why, turn), step))
    return pairs


def _program(compilation: Compilation) -> list[str]:
    program = compilation.scheduled
    lines = [_CODE.assign(a) for a in _shown(program)]
    value, whole = replace(program, slopes=()).operations(), program.operations()
    before = schedule(compilation.derived).operations()
    count = f"{value} for the value, {whole - value} for both slopes"
    return [*lines, *labelled("operations", f"{whole}: {count}; {before} without simplify")]


def _shown(program: Program) -> list[Assign]:
    return break_lines(without_guards(program.assignments), _CODE, WIDTH - 2)


def _guards(compilation: Compilation) -> list[str]:
    """Return the rules that changed the program, with the lines that each changed."""
    program, lines = compilation.scheduled, []
    for rule in RULES:
        changed = rule.apply(program)
        if changed != program:
            lines += [f"{rule.name}: {rule.why}", *_differences(program, changed)]
        program = changed
    if not lines:
        return ["the slopes divide by nothing"]
    is_used = {name: any(f"{name}(" in line for line in lines) for name in _MEANINGS}
    return [*lines, *(text for name, text in _MEANINGS.items() if is_used[name])]


def _differences(old: Program, new: Program) -> list[str]:
    lines = []
    sections = ("value", old.value, new.value), ("slopes", old.slopes, new.slopes)
    for part, assigns, changed in sections:
        before = {assign.name: assign for assign in assigns}
        for assign in changed:
            known = before.get(assign.name)
            if known is None:
                lines.append(f"    new       {_CODE.assign(assign)}")
            elif known != assign:
                lines += arrow(f"    {part:<8}", _CODE.assign(known), _CODE.assign(assign))
    return lines

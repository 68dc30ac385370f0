"""What a metric is: its direction, range, symmetries, form, and the threshold that suits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..analysis.fractional import BEST, NEITHER, form, threshold
from ..analysis.monotony import LARGEST_TOTAL, is_regular, largest_total, matrices
from ..analysis.sampler import SAMPLES, Sampler
from ..analysis.symmetry import symmetry
from ..analysis.warnings import shown_matrix
from ..targets.header import one_line
from .layout import labelled
from .notation import plain

if TYPE_CHECKING:
    import sympy as sp

    from ..ir.behaviour import Behaviour
    from ..ir.compilation import Compilation

_RANGE_SAMPLES = 10_000
_BRIEF = 60
_KOYEJO = "Koyejo, Natarajan, Ravikumar and Dhillon 2014, NeurIPS"
_LIPTON = (
    "Lipton, Elkan and Naryanaswamy 2014, ECML PKDD; Zhao, Edakunni, Pocock and Brown 2013, JMLR"
)
_NARASIMHAN = "Narasimhan, Vaish and Agarwal 2014, NeurIPS"
_LOSS = {"max": "-m", "min": "m"}


def findings(compilation: Compilation) -> list[str]:
    """Return a row for each question."""
    behaviour = compilation.behaviour
    if behaviour.is_constant:
        return labelled("direction", "none: no prediction changes the value")
    if compilation.typed.is_joint:
        return _of_classes(compilation)
    where = ", at sampled matrices" if behaviour.kinks else ""  # some side may have been missed
    swaps = [f"{swap}: {result}{where}" for swap, result in symmetry(compilation.typed).items()]
    kinks = [f"the slopes jump where {place}" for place in behaviour.kinks]
    return [
        *labelled("direction", *_direction(behaviour)),
        *labelled("monotone", _monotone(compilation)),
        *labelled("range", *_range(compilation)),
        *labelled("if swapped", *swaps),
        *labelled("form", *_form(compilation)),
        *labelled("kinks", *kinks),
        *labelled("scale", *_scale(compilation)),
    ]


def _of_classes(compilation: Compilation) -> list[str]:
    """Return the rows that a metric of several classes has."""
    behaviour = compilation.behaviour
    monotone = "a sample that goes to its own class never costs, at the sampled matrices"
    kinks = [f"the slopes jump where {place}" for place in behaviour.kinks]
    declared = _declared(compilation)
    return [
        *labelled("direction", *_direction(behaviour)),
        *labelled("monotone", monotone if behaviour.is_monotone else "no, or unknown"),
        *labelled("range", *([f"{declared}, as declared"] if declared else [])),
        *labelled("kinks", *kinks),
        *labelled("scale", *_scale(compilation)),
    ]


def _direction(behaviour: Behaviour) -> list[str]:
    if behaviour.direction is None:
        return ['unknown: a loss needs direction="max" or "min"']
    way = "higher" if behaviour.direction == "max" else "lower"
    is_bounded = behaviour.direction == "max" and behaviour.is_at_most_one
    loss = "1 - m" if is_bounded else _LOSS[behaviour.direction]
    reason = "no sampled prediction beats the perfect one"
    if behaviour.is_monotone:
        reason = f"so say the slopes at {SAMPLES} sampled matrices"
    return [f"{way} is better: {reason}", f"the loss is {loss}"]


def _monotone(compilation: Compilation) -> str:
    behaviour = compilation.behaviour
    found = behaviour.witness
    if found is not None:
        before, after = (shown_matrix(matrix) for matrix in (found.before, found.after))
        first, second = (f"{value:.4g}" for value in found.values)
        return f"no: {before} gives {first}, and with one mistake less {after} gives {second}"
    if not behaviour.is_monotone:
        return "no: some sampled slopes point the wrong way" if behaviour.direction else "unknown"
    return (
        f"one mistake less is never worse, at {SAMPLES} sampled slopes and in all matrices of up"
        f" to {largest_total(compilation.program)} samples that have a value"
    )


def _range(compilation: Compilation) -> list[str]:
    """Return the declared range, or the sampled one; and where nothing bounds it."""
    declared, sides = _declared(compilation), compilation.behaviour.unbounded
    open_sides = [f"unbounded {' and '.join(sides)}"] if sides else []
    if declared:
        return [f"{declared}, as declared", *open_sides]
    return open_sides if len(sides) == 2 else [_sampled_range(compilation), *open_sides]


def _sampled_range(compilation: Compilation) -> str:
    sampler = Sampler(compilation.typed, compilation.program)
    largest = largest_total(compilation.program)
    count = _RANGE_SAMPLES if largest == LARGEST_TOTAL else _RANGE_SAMPLES // 10
    values = [sampler.value(entries) for entries in sampler.entries(count)]
    whole = [m for m in matrices(largest) if is_regular(m, compilation.singularities)]
    seen = [value for value in (*values, *map(sampler.at, whole)) if value is not None]
    if not seen:
        return "unknown: no sample has a value"
    sizes = f"{count:,} sampled matrices and all of up to {largest} samples"
    return f"at least [{min(seen):.4g}, {max(seen):.4g}], over {sizes}"


def _declared(compilation: Compilation) -> str:
    lines = compilation.typed.doc.splitlines()
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("range:"))
    return next(found, "")


def _scale(compilation: Compilation) -> list[str]:
    for warning in compilation.typed.warnings:
        if isinstance(warning, d.NotScaleFree) and warning.span is not None:
            term = _brief(one_line(warning.span.text))
            return [
                f"not scale-free, the value depends on the batch size: in `{term}`, {warning.why}"
            ]
    return ["scale-free: a batch taken twice has the same value"]


def _brief(text: str) -> str:
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"


def _form(compilation: Compilation) -> list[str]:
    if compilation.behaviour.kinks:
        return ["piecewise: another formula on each side of a kink"]
    found = form(compilation.typed)
    rows, is_monotone = [found], _is_monotone(compilation.behaviour)
    if found == NEITHER:
        return rows + ([_PLUG_IN] if is_monotone and _is_scale_free(compilation) else [])
    if not is_monotone:
        return rows
    rows.append(f"the best classifier is a threshold on P(y=1|x) ({_KOYEJO})")
    best = threshold(compilation.symbolic)
    return [*rows, *_threshold(best)] if best is not None else rows


def _is_monotone(behaviour: Behaviour) -> bool:
    return behaviour.is_monotone and behaviour.witness is None


def _is_scale_free(compilation: Compilation) -> bool:
    return not any(isinstance(w, d.NotScaleFree) for w in compilation.typed.warnings)


def _threshold(best: sp.Expr) -> list[str]:
    legend = ", where best is the value of m that it reaches" if best.has(BEST) else ""
    rows = [f"the threshold is {plain(best)}{legend}"]
    if best == BEST / 2:
        rows.append(f"half the best value, so never above 1/2 ({_LIPTON})")
    if best in (0, 1):
        rows.append(f"so the best is to call everything {'positive' if best == 0 else 'negative'}")
    return rows


_PLUG_IN = (
    "monotone: if P(y=1|x) is continuous, some threshold on it is the best classifier"
    f" ({_NARASIMHAN}); no formula gives it: tune it on validation data"
)

"""The formulas of a metric of several classes: value and slopes of a class, in T_c, Q_c, P_c, n.

Reductions are atoms: Σ AP·PP is a letter that stands for a sum. A `let` keeps its name where it
is one number for all classes, or nothing that predictions move.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from math import inf
from operator import itemgetter
from typing import TYPE_CHECKING

from ..diagnostics import DerivationTooLong, MetricError
from ..ir.program import Ref
from ..ir.symbolic import ENTRY, Bindings, ClassSymbols
from ..passes.classes import class_slopes
from .closed import Closed
from .entries import moves
from .formulas import MAX_LENGTH, NAME, Formulas
from .indices import PER_CLASS, varies
from .letters import SUMS
from .measure import length
from .name import in_order, name_parts, rename_refs
from .names import user_names
from .products import by_denominators
from .work import STOPS, Work
from .write import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import sympy as sp

    from ..ir.compilation import Compilation
    from ..ir.program import Expr
    from ..ir.symbolic import Binding
    from .name import Parts

SPLIT = 0.9
"""What derivatives by entries cost that are a fraction for each denominator, as an entry
moves several sums: they are easier to read."""

MAX_WORK = 100_000
"""Less than for one class, as there are two ways and forms to try."""

_OWN = ("E", "G", "H", "U")
"""What parts are called that are one number per class."""


def class_formulas(compilation: Compilation, sign: int) -> Formulas:
    """Return value and derivatives by T and Q of `sign` times the metric, without indices.

    Raises:
        MetricError: they would not fit on a page.
    """
    gradient = compilation.derived
    slopes = {"T": gradient.grad_pos - gradient.grad_neg, "Q": gradient.grad_neg}
    slopes = {name: sign * slope for name, slope in slopes.items()}
    return _best(compilation, gradient.bindings, slopes, 1.0)


def entry_formulas(compilation: Compilation, sign: int) -> Formulas:
    """Return value and derivatives by the entries of `sign` times the metric, without indices.

    Raises:
        MetricError: they would not fit on a page.
    """
    symbolic = compilation.symbolic
    bindings = Bindings({(b.op, b.args): b for b in symbolic.bindings})
    directions = {name: moves(entry) for name, entry in ENTRY.items()}
    slopes = class_slopes(symbolic, bindings, [], directions)
    by_name = {name: sign * slope for name, slope in zip(ENTRY, slopes, strict=True)}
    return _best(compilation, bindings.all(), by_name, SPLIT)


def _best(
    compilation: Compilation,
    bindings: tuple[Binding, ...],
    slopes: Mapping[str, sp.Expr],
    split_cost: float,
) -> Formulas:
    """Return the shortest formulas: slopes with the value in them or not, split or not."""
    found = []
    work = Work(MAX_WORK)
    for kept in ({compilation.symbolic.value: "m"}, {}):
        closed = Closed(
            SUMS,
            kept={**kept_names(compilation), **kept},
            names=user_names(compilation),
            is_joint=True,
            work=work,
        )
        with suppress(*STOPS):
            closed.learn(bindings)
            for form, cost in ((_shortest, 1.0), (_split, split_cost)):
                formulas = _formulas(compilation, closed, slopes, form)
                found.append((cost * _length(formulas), formulas))
        work = work.rest()
    size, best = min(found, key=itemgetter(0), default=(inf, None))
    if best is None or size > MAX_LENGTH:
        raise MetricError(DerivationTooLong(compilation.typed.span))
    return best


def _formulas(
    compilation: Compilation,
    closed: Closed,
    slopes: Mapping[str, sp.Expr],
    form: Callable[[Writer, sp.Expr], Expr],
) -> Formulas:
    root = compilation.symbolic.value
    value = closed.definitions[root] if root in closed.definitions else closed.expr(root)
    writer = Writer(closed, value)
    formulas = {"value": writer.preferred(value, ("bottom", "top", "quotient"))}
    formulas |= {name: form(writer, closed.expr(slope)) for name, slope in slopes.items()}
    lets = {
        closed.kept[symbol]: writer.shortest(definition)
        for symbol, definition in closed.definitions.items()
        if symbol != root
    }
    return Formulas(closed.basis.name, *_named(formulas, lets))


def _shortest(writer: Writer, slope: sp.Expr) -> Expr:
    return writer.shortest(slope)


def _split(writer: Writer, slope: sp.Expr) -> Expr:
    """Return a fraction for each denominator, which is short once they have names."""
    return writer.sum(by_denominators(writer.closed, slope), ("bottom",))


def _named(formulas: Mapping[str, Expr], lets: Mapping[str, Expr]) -> tuple[Parts, dict[str, Expr]]:
    """Name what is repeated: D for all classes, E for what each class has of its own."""
    parts, named = name_parts({**formulas, **{f"let {name}": e for name, e in lets.items()}}, {})
    ordered = in_order([*((name, named.pop(f"let {name}")) for name in lets), *parts])
    used = _used(ordered, named)
    ordered = [(name, part) for name, part in ordered if name in used]
    own = class_names(ordered)
    made = [name for name, _ in ordered if name not in lets]
    names: dict[str, Expr] = dict(zip((n for n in made if n in own), map(Ref, _OWN), strict=False))
    shared = [name for name in made if name not in own]
    names |= {name: Ref("D" if i == 1 else f"D_{i}") for i, name in enumerate(shared, 1)}
    called = tuple((_called(name, names), rename_refs(part, names)) for name, part in ordered)
    return called, {key: rename_refs(expr, names) for key, expr in named.items()}


def _called(name: str, names: Mapping[str, Expr]) -> str:
    new = names.get(name)
    return new.name if isinstance(new, Ref) else name


def _used(parts: list[tuple[str, Expr]], formulas: Mapping[str, Expr]) -> set[str]:
    whole = Formulas("", tuple(parts), formulas)
    return whole.needed(*formulas)


def class_names(parts: Parts | list[tuple[str, Expr]]) -> set[str]:
    """Return the names that are one number per class: the letters, and those of such parts."""
    names = set(PER_CLASS)
    for name, part in parts:
        if varies(part, names):
            names.add(name)
    return names


def kept_names(compilation: Compilation) -> dict[sp.Symbol, str]:
    """Return the `let`s that keep their names in formulas, by their symbols."""
    gradient, called = compilation.derived, user_names(compilation)
    symbolic = gradient.symbolic
    per_class = ClassSymbols(symbolic.bindings)
    moved = {step.before for step in gradient.derivation}
    times = Counter(label for _, label in symbolic.labels)
    made = {binding.symbol for binding in symbolic.bindings}
    return {
        expr: called[label]
        for expr, label in symbolic.labels
        if expr in made and expr != symbolic.value and times[label] == 1
        if not (per_class.vary(expr) and expr in moved)
    }


def _length(found: Formulas) -> int:
    parts = sum(length(part) + NAME for _, part in found.parts)
    return parts + sum(map(length, found.of.values()))

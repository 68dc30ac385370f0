"""The partial derivatives of a metric by its four entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from ..diagnostics import DerivationTooLong, MetricError
from ..ir.symbolic import ENTRY, MARGINAL_SUMS, Bindings
from ..passes.differentiate import slope_along
from .closed import Closed
from .formulas import MAX_LENGTH
from .letters import ENTRIES
from .measure import length
from .name import name_parts
from .names import user_names
from .work import STOPS
from .write import Writer

if TYPE_CHECKING:
    from ..ir.compilation import Compilation
    from ..ir.program import Expr
    from .name import Parts


def entry_slopes(compilation: Compilation, sign: int) -> tuple[Parts, dict[str, Expr]]:
    """Return the derivatives of `sign` times the metric, by the name of the entry.

    Raises:
        MetricError: they would not fit on a page.
    """
    symbolic = compilation.symbolic
    bindings = Bindings({(b.op, b.args): b for b in symbolic.bindings})
    slopes = {
        name: sign * slope_along(symbolic, bindings, name, moves(entry), [])
        for name, entry in ENTRY.items()
    }
    closed = Closed(ENTRIES, names=user_names(compilation))
    try:
        closed.learn(bindings.all())
        writer = Writer(closed, closed.expr(symbolic.value))
        value = writer.shortest(closed.expr(symbolic.value))
        written = {name: writer.shortest(closed.expr(slope)) for name, slope in slopes.items()}
    except STOPS:
        raise MetricError(DerivationTooLong(symbolic.metric.span)) from None
    parts, named = name_parts({"value": value, **written}, {})
    if sum(map(length, (*named.values(), *dict(parts).values()))) > MAX_LENGTH:
        raise MetricError(DerivationTooLong(symbolic.metric.span))
    return parts, {name: named[name] for name in slopes}


def moves(entry: sp.Symbol) -> dict[sp.Symbol, sp.Expr]:
    """Return what grows with an entry: itself, and the marginals that hold it."""
    sums = (marginal for marginal, total in MARGINAL_SUMS.items() if entry in total.args)
    return dict.fromkeys((entry, *sums), sp.Integer(1))

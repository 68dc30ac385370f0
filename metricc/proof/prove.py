"""prove: an emitted module and what it says of itself → the rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..targets.options import LossOptions
from .gradients import of_autograd, of_paths
from .matrices import of_program
from .row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .claim import Claim
    from .emitted import Emitted


def prove(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield the rows one by one; what is quick and likely to fail comes first."""
    yield _of_header(emitted, claim)
    yield from of_program(emitted, claim)
    yield from of_paths(emitted, claim)
    yield from of_autograd(emitted, claim)


def _of_header(emitted: Emitted, claim: Claim) -> Row:
    """The command says the formula of the header, and the constructor's defaults are its options."""
    wrong = [] if claim.is_consistent else ["formula"]
    parameters = iter(claim.parameters.values())
    for name, default in emitted.defaults.items():
        is_option = hasattr(claim.options, name)
        wanted = getattr(claim.options, name) if is_option else next(parameters, None)
        if default != wanted:
            wrong.append(name)
    figure = f"another {', '.join(wrong)}" if wrong else "the same"
    return Row("formula and defaults", "the command", figure, "", not wrong)

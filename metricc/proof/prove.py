"""prove: an emitted module and what it says of itself → the rows of a table."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from .extremes import of_edges
from .gradients import of_autograd, of_paths
from .matrices import of_program
from .methods import of_methods
from .row import passed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .claim import Claim
    from .emitted import Emitted
    from .row import Row


def prove(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield the rows one by one; what is quick and likely to fail comes first."""
    with _group_of_one(claim):
        yield _of_header(emitted, claim)
        yield from of_program(emitted, claim)
        yield from of_paths(emitted, claim)
        yield from of_autograd(emitted, claim)
        yield from of_methods(emitted, claim)
        yield from of_edges(emitted, claim)


@contextmanager
def _group_of_one(claim: Claim) -> Iterator[None]:
    """Give a loss that sums over ranks a process group, of this process alone."""
    if not claim.options.sync or torch.distributed.is_initialized():
        yield
        return
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        yield
    finally:
        torch.distributed.destroy_process_group()


def _of_header(emitted: Emitted, claim: Claim) -> Row:
    """Compare formula and defaults with what the command says."""
    wrong = [] if claim.is_consistent else ["another formula"]
    parameters = iter(claim.parameters.values())
    for name, default in emitted.defaults.items():
        is_option = hasattr(claim.options, name)
        wanted = getattr(claim.options, name) if is_option else next(parameters, None)
        if default != wanted:
            wrong.append(f"{name} is {default}, not {wanted}")
    return passed("formula and defaults", "the command", wrong, len(emitted.defaults) + 1)

"""prove: an emitted module and what it says of itself → the rows of a table."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from .derivatives import of_autograd
from .extremes import of_edges
from .matrices import of_program
from .methods import of_methods
from .row import passed
from .steps import (
    of_elements,
    of_empty_batches,
    of_large_batches,
    of_other_numbers,
    of_paths,
    of_targets,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .claim import Claim
    from .emitted import Emitted
    from .row import Row


def prove(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield the rows one by one; what is quick and likely to fail comes first."""
    with _group_of_one(claim):
        for what, section in _SECTIONS.items():
            try:
                yield from section(emitted, claim)
            except (KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as error:  # whatever an edited file does
                yield passed(what, "running to its end", [f"{type(error).__name__}: {error}"], 1)


@contextmanager
def _group_of_one(claim: Claim) -> Iterator[None]:
    """Give a loss that sums over ranks a process group, of this process alone."""
    if not claim.options.sync or torch.distributed.is_initialized():
        yield
        return
    store: Any = vars(torch.distributed)["HashStore"]()  # which torch does not list
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        yield
    finally:
        torch.distributed.destroy_process_group()


def _of_header(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Compare formula and defaults with what the command says."""
    wrong = [] if claim.is_consistent else ["another formula"]
    defaults = emitted.defaults
    parameters = {claim.argument(name, defaults): x for name, x in claim.parameters.items()}
    for name, default in defaults.items():
        wanted = parameters[name] if name in parameters else getattr(claim.options, name, None)
        if default != wanted:
            wrong.append(f"{name} is {default}, not {wanted}")
    yield passed("formula and defaults", "the command", wrong, len(defaults) + 1)


_SECTIONS: dict[str, Callable[[Emitted, Claim], Iterator[Row]]] = {
    "the header": _of_header,
    "value_and_slopes": of_program,
    "a training step": of_paths,
    "targets": of_targets,
    "other numbers": of_other_numbers,
    "empty batches": of_empty_batches,
    "single elements": of_elements,
    "large batches": of_large_batches,
    "autograd": of_autograd,
    "methods": of_methods,
    "edge batches": of_edges,
}
"""What is proved, by the part of the file that is run."""

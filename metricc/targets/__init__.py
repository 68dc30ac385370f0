"""Back ends: each turns a compilation into the text of one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import numpy, torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from .target import Artifact

TARGETS: dict[str, Callable[..., Artifact]] = {
    "torch": torch.emit,
    "numpy": numpy.emit,
}
"""(compilation, options, name) → artifact, by the name that --target takes."""

OF_LOSSES = frozenset({"torch"})
"""The targets that emit a loss, which may be an average or a power of the metric."""

"""Losses without a file: the emitted text is compiled in place, so what runs is what ships."""

from __future__ import annotations

import copyreg
import hashlib
import importlib.util
import linecache
import sys
import warnings
from dataclasses import asdict
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from . import diagnostics as d
from . import kernels
from .compiler import compile_source, emit
from .targets.options import LossOptions

if TYPE_CHECKING:
    import torch

    from .ir.compilation import Compilation
    from .source import Source

_PREFIX = "metricc._emitted_"
_CLASSES: dict[tuple[Source, tuple[tuple[str, float], ...], LossOptions], type] = {}
"""By what they were made from, so that copying a loss need not compile it again."""


def make_loss(compilation: Compilation, **options: Any) -> torch.nn.Module:  # noqa: ANN401
    """Return the loss, extended, with kernels; `sync` may be a process group, which no text holds.

    Raises:
        MetricError: the metric cannot be a loss with these options, or torch is missing.
    """
    group = options.get("sync")
    is_group = hasattr(group, "allreduce")
    chosen = {"extended": True, "kernels": "auto" if kernels.are_on() else "none"}
    given = {**chosen, **options, **({"sync": True} if is_group else {})}
    loss = build_loss(compilation, LossOptions.make(**given))
    if is_group:
        cast("Any", loss).process_group = group
    return loss


def build_loss(compilation: Compilation, options: LossOptions) -> torch.nn.Module:
    """Emit, load and instantiate the loss.

    Raises:
        MetricError: the metric cannot be a loss with these options, or torch is missing.
    """
    artifact = emit(compilation, options)
    for warning in artifact.warnings:
        warnings.warn(warning.render(), stacklevel=4)
    if importlib.util.find_spec("torch") is None:
        raise d.MetricError(d.MissingPackage(None, "a loss", "torch", "torch"))
    module = load(artifact.text)
    loss_class = getattr(module, f"{artifact.name}Loss")
    chosen = asdict(options).items()
    given = {name: value for name, value in chosen if name != "inferred" and value is not None}
    spec = (compilation.source, dict(compilation.given), given)
    loss_class.__metricc_spec__ = spec
    _CLASSES[compilation.source, tuple(compilation.given.items()), options] = loss_class
    copyreg.pickle(loss_class, _reduce)
    loss: torch.nn.Module = loss_class()
    return loss


def load(text: str) -> ModuleType:
    """Run emitted text as a module; tracebacks and torch.compile see it through `linecache`."""
    name = _PREFIX + hashlib.sha256(text.encode()).hexdigest()[:16]
    if name not in sys.modules:
        file = f"<{name}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        module = ModuleType(name)
        module.__file__ = file
        # No word of the user's is code here: the text is printed from our own tree.
        exec(compile(text, file, "exec"), module.__dict__)
        sys.modules[name] = module
    return sys.modules[name]


def rebuild(source: Source, given: dict[str, float], options: dict[str, Any]) -> torch.nn.Module:
    """Make the loss again from what was pickled; a copy in the same process compiles nothing."""
    key = (source, tuple(given.items()), LossOptions(**options))
    if key not in _CLASSES:
        build_loss(compile_source(source, given), key[2])
    loss: torch.nn.Module = _CLASSES[key]()
    return loss


def _reduce(loss: torch.nn.Module) -> tuple[Any, ...]:
    """Pickle by the formula: a class made in place cannot be imported elsewhere."""
    return rebuild, type(loss).__metricc_spec__, loss.__dict__  # type: ignore[attr-defined]

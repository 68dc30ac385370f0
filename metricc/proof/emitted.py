"""An emitted module as it runs: its loss, its parts, and each of the functions it can take."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from ..targets.options import LossOptions
from .header import unprovable
from .samples import arguments, back

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path as FilePath
    from types import ModuleType

    from .claim import Claim
    from .samples import Batch

Function = type[torch.autograd.Function]

_NAMES = {"Eager": "eager", "Fused": "loops in C", "Triton": "Triton"}
"""The ends of the names of autograd functions; one without such an end serves transforms."""


@dataclass(frozen=True)
class Path:
    """One of the autograd functions of a module; `obstacle` says why it cannot run here, if so."""

    function: Function
    device: str
    obstacle: str

    @property
    def name(self) -> str:
        """What the function goes by in a table, where its own name would take too much room."""
        ends = (end for end in _NAMES if self.function.__name__.endswith(end))
        return next((_NAMES[end] for end in ends), "transformable")


@dataclass(frozen=True)
class Emitted:
    """A module, and in it the class of the loss; `paths` are the ways that it can take.

    `numbers` are given to the constructor, in the place of defaults.
    """

    module: ModuleType
    loss_class: type[torch.nn.Module]
    paths: tuple[Path, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def runnable(self) -> tuple[Path, ...]:
        """The paths that nothing is in the way of here."""
        return tuple(path for path in self.paths if not path.obstacle)

    @property
    def defaults(self) -> dict[str, Any]:
        """The constructor's arguments with their defaults; a process group is no number."""
        parameters = inspect.signature(self.loss_class).parameters.items()
        return {name: p.default for name, p in parameters if name != "process_group"}

    @property
    def parameters(self) -> dict[str, float]:
        """Those of them that are no options: the parameters of the metric."""
        return {name: x for name, x in self.defaults.items() if not hasattr(LossOptions, name)}

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the loss takes when it is called."""
        return tuple(inspect.signature(self.loss_class.forward).parameters)

    def make(self) -> torch.nn.Module:
        """Return a loss; one with a running average takes the batch itself."""
        return self.loss_class(**self.numbers).eval()

    @contextmanager
    def only(self, path: Path) -> Iterator[None]:
        """Have the loss take this path, whatever it would choose."""
        choose = self.module.choose
        self.module.choose = lambda *_: path.function  # type: ignore[attr-defined]
        try:
            yield
        finally:
            self.module.choose = choose  # type: ignore[attr-defined]


def load(file: FilePath) -> Emitted:
    """Run an emitted file.

    Raises:
        MetricError: it does not run, or has no loss.
    """
    name = f"metricc._checked_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise unprovable(file, "is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where torch.compile looks for it
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise unprovable(file, f"does not run: {type(error).__name__}: {error}") from None
    finally:
        del sys.modules[name]
    return _parts_of(module, file)


def _parts_of(module: ModuleType, file: FilePath) -> Emitted:
    own = [
        x for x in vars(module).values() if inspect.isclass(x) and x.__module__ == module.__name__
    ]
    losses = [x for x in own if issubclass(x, torch.nn.Module) and x.__name__.endswith("Loss")]
    functions = [x for x in own if issubclass(x, torch.autograd.Function) and "forward" in vars(x)]
    if len(losses) != 1 or not functions or not {"choose", "value_and_slopes"} <= {*vars(module)}:
        raise unprovable(file, "holds no loss with its autograd function")
    return Emitted(module, losses[0], tuple(_path(module, function) for function in functions))


def _path(module: ModuleType, function: Function) -> Path:
    if function.__name__.endswith("Triton"):
        can_run = torch.cuda.is_available() and module.triton is not None
        return Path(function, "cuda", "" if can_run else "no CUDA device with Triton")
    obstacle = ""
    if function.__name__.endswith("Fused"):
        batch = torch.zeros(2), torch.zeros(2), None
        can_run = module.LOOPS and module.LOOPS.fit(batch)
        obstacle = "" if can_run else "no C compiler, or METRICC_KERNELS=off"
    return Path(function, "cpu", obstacle)


@dataclass(frozen=True)
class Step:
    """What a training step makes of a batch: the loss, and the gradient as (N, C, S)."""

    loss: torch.Tensor
    gradient: torch.Tensor


def step(
    emitted: Emitted,
    claim: Claim,
    batch: Batch,
    path: Path,
    *,
    dtype: torch.dtype = torch.float64,
    grad_output: float = 1.0,
) -> Step:
    """Run forward and backward on a batch by one path, its input in `dtype`."""
    given = {name: x.to(path.device) for name, x in arguments(claim, batch).items()}
    input = given.pop("input").to(dtype).requires_grad_()
    if "sample_weight" in given:
        given["sample_weight"] = given["sample_weight"].to(dtype)
    with emitted.only(path):
        loss = emitted.make()(input, **given)
    (gradient,) = torch.autograd.grad(loss, input, torch.full_like(loss, grad_output))
    return Step(loss.detach().sum().cpu(), back(claim, batch, gradient).cpu())

"""An emitted module as it runs: its loss, its parts, and each of the functions it can take."""

from __future__ import annotations

import inspect
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch

from .. import kernels
from .header import unprovable
from .samples import arguments, back

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path as FilePath

    from .claim import Claim
    from .header import Header
    from .samples import Batch

Function = type[torch.autograd.Function]

_NAMES = {
    "": "transformable",
    "Compiled": "for torch.compile",
    "Eager": "eager",
    "Fused": "loops in C",
    "Triton": "Triton",
}
"""What stands behind the name of the metric in those of its autograd functions."""


@dataclass(frozen=True)
class Path:
    """One of the autograd functions of a module, or what the module itself chooses: None.

    `obstacle` says why it cannot run here, if so; `is_broken` that the file is to blame for it.
    """

    function: Function | None
    name: str
    device: str = "cpu"
    obstacle: str = ""
    is_broken: bool = False


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
    def has_forward_mode(self) -> bool:
        """Whether one of the functions says how derivatives go forward."""
        return any("jvp" in vars(path.function) for path in self.paths if path.function)

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the loss takes when it is called."""
        return tuple(inspect.signature(self.loss_class.forward).parameters)

    def make(self) -> torch.nn.Module:
        """Return a loss as it is in training; one with a running average takes the batch itself."""
        loss = self.loss_class(**self.numbers)
        return loss.eval() if hasattr(loss, "momentum") else loss

    @contextmanager
    def only(self, path: Path) -> Iterator[None]:
        """Have the loss take this path, whatever it would choose."""
        if path.function is None:
            yield
            return
        choose = self.module.choose
        self.module.choose = lambda *_: path.function  # type: ignore[attr-defined]
        try:
            yield
        finally:
            self.module.choose = choose  # type: ignore[attr-defined]


def load(file: FilePath, header: Header) -> Emitted:
    """Run the text that a header was read from, and no bytecode that may be older.

    Raises:
        MetricError: it does not run, or has no loss.
    """
    module = ModuleType(f"metricc._checked_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # where autograd looks for the names of its classes
    try:
        exec(compile(header.text, str(file), "exec"), vars(module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a file may end the process, too
        raise unprovable(file, f"does not run: {type(error).__name__}: {error}") from None
    finally:
        del sys.modules[module.__name__]
    return _parts_of(module, file)


def _parts_of(module: ModuleType, file: FilePath) -> Emitted:
    own = [
        x for x in vars(module).values() if inspect.isclass(x) and x.__module__ == module.__name__
    ]
    losses = [x for x in own if issubclass(x, torch.nn.Module) and x.__name__.endswith("Loss")]
    functions = [x for x in own if issubclass(x, torch.autograd.Function)]
    if len(losses) != 1 or not functions or not {"choose", "value_and_slopes"} <= {*vars(module)}:
        raise unprovable(file, "holds no loss with its autograd function")
    metric = losses[0].__name__.removesuffix("Loss")
    kinds = {x: x.__name__.removeprefix(metric) for x in functions}
    paths = (_path(module, function, kind) for function, kind in kinds.items())
    return Emitted(module, losses[0], (Path(None, "as called"), *paths))


def _path(module: ModuleType, function: Function, kind: str) -> Path:
    name = _NAMES.get(kind, function.__name__)
    if kind == "Triton":
        can_run = torch.cuda.is_available() and module.triton is not None
        return Path(function, name, "cuda", "" if can_run else "no CUDA device with Triton")
    if kind == "Fused":
        batch = torch.zeros(2), torch.zeros(2), None
        if not (module.LOOPS and module.LOOPS.fit(batch)):
            if kernels.library(_ANY_CODE) is not None:
                reason = "does not build, where other C does"
                return Path(function, name, obstacle=reason, is_broken=True)
            return Path(function, name, obstacle="no C compiler, or METRICC_KERNELS=off")
    return Path(function, name)


_ANY_CODE = "int any_code(void) { return 0; }"
"""What builds wherever C does."""


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
    changes: Mapping[str, torch.Tensor] | None = None,
    loss: torch.nn.Module | None = None,
) -> Step:
    """Run forward and backward on a batch by one path, its input in `dtype`.

    `changes` are arguments beside those of the batch, or in their place; `loss` is the one to
    run, if it is not to be a new one.
    """
    given = {**arguments(claim, batch), **(changes or {})}
    given = {name: x.to(path.device) for name, x in given.items()}
    input = given.pop("input").to(dtype).requires_grad_()
    if "sample_weight" in given:
        given["sample_weight"] = given["sample_weight"].to(dtype)
    with emitted.only(path):
        result = (loss or emitted.make())(input, **given)
    (gradient,) = torch.autograd.grad(result, input, torch.full_like(result, grad_output))
    return Step(result.detach().sum().cpu(), back(claim, batch, gradient).cpu())

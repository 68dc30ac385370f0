"""Kernels as they are launched on a CUDA device, assembled where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from interpreted import Emitted

from metricc.inprocess import load


def assembly(file: Emitted, *batch: torch.Tensor) -> dict[str, str]:
    """Return the assembly of each kernel that a step launches, for compute capability 8."""
    module, found = load(f"{file.text}\n# assembled\n"), {}
    for name in ("count_kernel", "metric_kernel", "gradient_kernel"):
        if hasattr(module, name):
            setattr(module, name, _Kernel(getattr(module, name), name, found))
    leaf, *others = batch
    given = (None,) if file.takes_counts else ()
    function = getattr(module, f"{file.name}Triton")
    with _device():
        loss = function.apply(leaf.requires_grad_(), *(*others, None)[:2], *given, file.options)
        loss.sum().backward()
    return found


class _Kernel:
    """A kernel that compiles for what it is launched with, and does not run."""

    def __init__(self, kernel: Any, name: str, found: dict[str, str]) -> None:
        self.kernel = kernel.kernel if isinstance(kernel, _Kernel) else kernel
        self.name, self.found = name, found

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        def launch(*arguments: Any, **constants: Any) -> None:
            compiled = self.kernel.warmup(*arguments, grid=grid, **constants)
            self.found[self.name] = compiled.asm["ptx"]

        return launch


@contextmanager
def _device() -> Iterator[None]:
    """Make Triton compile for a device that need not be here."""
    from triton.backends.compiler import GPUTarget
    from triton.backends.driver import DriverBase
    from triton.runtime import driver

    class Device(DriverBase):
        def __init__(self) -> None:
            self.get_current_stream = lambda _: 0

        @classmethod
        def is_active(cls) -> bool:
            return True

        def get_current_target(self) -> GPUTarget:
            return GPUTarget("cuda", 80, 32)

        def get_current_device(self) -> int:
            return 0

        def get_active_torch_device(self) -> torch.device:
            return torch.device("cpu")

        def map_python_to_cpp_type(self, ty: str) -> str:
            return ty

        def get_benchmarker(self) -> None:
            raise NotImplementedError

    before = driver._active  # None where no device is
    driver.set_active(Device())
    try:
        yield
    finally:
        driver.set_active(before)

"""Steps of a loss by its Triton kernels, on a CPU: in a process of Triton's interpreter."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

import metricc
from metricc.compiler import emit
from metricc.inprocess import load
from metricc.specialise import specialise
from metricc.targets.options import LossOptions
from metricc.targets.torch.plan import Plan

Step = tuple[torch.Tensor, torch.Tensor]

FLOATS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
TOLERANCES = {
    torch.float64: 1e-12,
    torch.float32: 2e-6,
    torch.float16: 2.0**-11 + 2e-6,  # half a unit in the last place
    torch.bfloat16: 2.0**-7 + 2e-6,  # a whole unit, as the interpreter rounds towards 0
}
"""Of the largest component of the gradient."""


@dataclass(frozen=True)
class Emitted:
    """A file with kernels: its text, the name of its function, and what that takes as options."""

    text: str
    name: str
    options: tuple[Any, ...]
    takes_counts: bool


def emitted(formula: str, params: dict[str, float] | None = None, **options: Any) -> Emitted:
    compilation = metricc.compile(formula, params=params).compilation
    if compilation.behaviour.direction is None:
        options = {"direction": "max", **options}
    given = LossOptions.make(kernels="triton", **options)
    artifact = emit(compilation, given)
    chosen = given.resolved(compilation.typed)
    plan = Plan(specialise(compilation, chosen), chosen, artifact.name)
    text = artifact.text
    return Emitted(text, artifact.name, tuple(plan.numbers.values()), plan.takes_counts)


def agree(ours: Step, wanted: Step) -> None:
    (loss, gradient), (exact_loss, exact) = ours, wanted
    tolerance = TOLERANCES[gradient.dtype]
    least = torch.tensor(1e-37, dtype=torch.float64)  # of normal numbers in float32
    largest = exact.abs().max() if exact.numel() else least
    error = (gradient.double() - exact.clamp(-limit(gradient), limit(gradient))).abs()
    assert gradient.shape == exact.shape
    assert (error <= tolerance * torch.maximum(largest, least)).all()
    assert torch.allclose(loss.double(), exact_loss.double(), rtol=2e-6, atol=2e-6)


def limit(x: torch.Tensor) -> float:
    return torch.finfo(x.dtype).max


def interpreter() -> ProcessPoolExecutor:
    """Return a process that imports Triton as its interpreter, which this process must not."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, spawn, initializer=_interpret)


def _interpret() -> None:
    os.environ["TRITON_INTERPRET"] = "1"
    warnings.simplefilter("error")
    np.seterr(over="ignore")  # as devices do: what exceeds float32 is clamped after
    torch.set_num_threads(1)


def step(file: Emitted, *batch: Any, counts: Any = None, scale: float = 1.0) -> Step:
    """Return loss and gradient by the kernels, in blocks so small that each program has many."""
    return _step(_function(file, "Triton"), file, *batch, counts=counts, scale=scale)


def portable_step(file: Emitted, *batch: Any, counts: Any = None) -> Step:
    """Return the same by torch operations in float64."""
    wide = (None if x is None else x.double() for x in batch)
    return _step(_function(file), file, *wide, counts=counts, scale=1.0)


def second_step(file: Emitted, kind: str, *batch: Any) -> torch.Tensor:
    """Return the derivative of a sum of squared gradients."""
    leaf, loss = _loss(_function(file, kind), file, *batch, counts=None)
    (gradient,) = torch.autograd.grad(loss, leaf, create_graph=True)
    (second,) = torch.autograd.grad((gradient**2).sum(), leaf)
    return second


def batched_step(file: Emitted, kind: str, *batch: Any) -> torch.Tensor:
    """Return the gradients for three grad_outputs at once."""
    leaf, loss = _loss(_function(file, kind), file, *batch, counts=None)
    weights = torch.tensor([1.0, 2.0, 3.0], dtype=loss.dtype)
    (gradients,) = torch.autograd.grad(loss, leaf, weights, is_grads_batched=True)
    return gradients


def several_steps(file: Emitted, times: int, *batch: Any) -> list[Step]:
    """Return loss and gradient as often as asked for."""
    return [step(file, *batch) for _ in range(times)]


@cache
def _function(file: Emitted, kind: str = "") -> Any:
    module = load(file.text)
    module.BLOCK_SIZE, module.PROGRAMS = 64, 4
    return getattr(module, f"{file.name}{kind}")


def _step(function: Any, file: Emitted, *batch: Any, counts: Any, scale: float) -> Step:
    leaf, loss = _loss(function, file, *batch, counts=counts)
    weights = torch.linspace(1, 2, loss.numel(), dtype=loss.dtype).view(loss.shape)
    (gradient,) = torch.autograd.grad(loss, leaf, scale * weights)
    return loss.detach(), gradient


def _loss(function: Any, file: Emitted, input: Any, *others: Any, counts: Any) -> Step:
    given = (counts,) if file.takes_counts else ()
    leaf = input.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    target, sample_weight = (*others, None)[:2]
    return leaf, function.apply(leaf, target, sample_weight, *given, file.options)

"""Every edge batch with every loss of the library: no NaN, no infinity, a loss in its range.

    python tests/edge_batches.py [--task binary|multilabel|multiclass] [--faults] [METRIC ...]

prints a row per batch: how many combinations pass of how many, and the first that fails or, if
none does, the largest gradient. A combination is a loss, logits or probabilities (the sigmoid or
softmax of the logits in their own dtype), one of four dtypes, and a way: torch's operations, the
loops in C, autocast, or a loss scale of 65536, which may overflow only what is near the limit.
Loops are built for each dtype, which takes a compiler a second: those in `EACH_DTYPE` get all of
them and the rest float32 with weights, since the part of C that knows the metric is in float64.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from shelves import SEVERAL_CLASSES, TWO_CLASSES

import metricc
from metricc.library import load_library
from metricc.proof.edge import Edge, in_dtype
from metricc.proof.edges import edges

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
EACH_DTYPE = ("f1", "mcc", "gmean", "dor", "multiclass_mcc")
TASKS = ("binary", "multilabel", "multiclass")
WAYS = ("torch", "C", "autocast", "scaled")
SCALE = 65536.0
ROUNDING = 1e-6

VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "binary": (
        *({"surrogate": name} for name in ("identity", "cosine", "uniform", "linear", "probit")),
        {"rescaled": True, "sharpness": 73.0},
        {"log": True},
        {"exponent": 0.5},
        {"mix": 0.5},
        {"mix": 0.5, "mix_weights": "slopes"},
        {"momentum": 0.5},
    ),
    "multilabel": (
        {"average": "micro"},
        {"average": "weighted"},
        {"average": "none"},
        {"per_sample": True},
        {"mix": 0.5},
        {"mix": 0.5, "mix_weights": "slopes"},
    ),
    "multiclass": (
        {"average": "weighted"},
        {"average": "none"},
        {"per_sample": True},
        {"mix": 0.5},
        {"surrogate": "softmax", "sharpness": 10.0},
    ),
}
"""Options beside the default ones, for the metrics of `VARIED`."""

VARIED = ("f1", "fowlkes_mallows", "positive_likelihood_ratio")
"""Bounded; with a root; without a bound, where a class has no negatives."""

Loss = tuple[str, tuple[tuple[str, Any], ...]]
"""A metric and options."""


@dataclass(frozen=True)
class Combination:
    """One loss, and how it is called."""

    metric: str
    options: tuple[tuple[str, Any], ...]
    task: str
    from_logits: bool
    dtype: torch.dtype
    way: str

    def __str__(self) -> str:
        named = ", ".join((self.metric, *(f"{name}={value}" for name, value in self.options)))
        given = "logits" if self.from_logits else "probabilities"
        return f"{named} of {given} in {str(self.dtype)[6:]} by {self.way}"

    @property
    def is_weighted(self) -> bool:
        """Tell whether a batch without weights gets weights of 1, which saves building loops."""
        has_own = self.metric in EACH_DTYPE and not self.options
        return self.way == "C" and not has_own and "mix_weights" not in dict(self.options)


def losses_of(task: str) -> list[Loss]:
    """The metrics of the library that can be a loss of this task, and some with other options."""
    typed = {name: compiled(name).compilation.typed for name in SEVERAL_CLASSES}
    several = [n for n in typed if task == "multiclass" or typed[n].of_classes != "exclusive"]
    names = [*TWO_CLASSES, *(several if task != "binary" else ())]
    losses = [n for n in names if not compiled(n).compilation.behaviour.is_constant]
    varied = [
        (n, tuple(options.items()))
        for n, options in itertools.product(VARIED, VARIANTS[task])
        if compiled(n).compilation.behaviour.is_at_most_one or not {"log", "exponent"} & {*options}
    ]
    return [*((n, ()) for n in losses), *varied]


def combinations(task: str, losses: Iterable[Loss]) -> Iterator[Combination]:
    inputs = itertools.product((True, False), DTYPES, WAYS)
    for (metric, options), (of_logits, dtype, way) in itertools.product(losses, list(inputs)):
        is_usual = of_logits and dtype == torch.float32
        if way == "C" and not is_usual and (options or metric not in EACH_DTYPE):
            continue
        if way in ("autocast", "scaled") and (dtype == torch.float64 or not of_logits):
            continue
        yield Combination(metric, options, task, of_logits, dtype, way)


@cache
def compiled(name: str) -> metricc.Metric:
    return metricc.compile(name)


@cache
def loss_of(
    metric: str, chosen: tuple[tuple[str, Any], ...], task: str, from_logits: bool, kernels: str
) -> torch.nn.Module:
    direction = {} if compiled(metric).compilation.behaviour.direction else {"direction": "max"}
    options = {"task": task, "from_logits": from_logits, "kernels": kernels, **direction}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compiled(metric).loss(**options, **dict(chosen))


@cache
def bounds(metric: str, options: tuple[tuple[str, Any], ...]) -> tuple[float, float]:
    """The range of the loss: 1 - M or -M to raise a metric, M to lower it."""
    entry = load_library().metrics[metric]
    parameters = {p.name: float(p.default or 0) for p in entry.definition.parameters}
    ends = entry.range[1:-1].split(", ")
    low, high = (eval(end, {**vars(math), **parameters}) for end in ends)
    behaviour = compiled(metric).compilation.behaviour
    if (behaviour.direction or "max") == "max":
        top = 1 if behaviour.is_at_most_one else 0
        low, high = top - high, top - low
    return (low, math.inf) if {"log", "mix"} & dict(options).keys() else (low, high)


def batch(edge: Edge, way: Combination) -> tuple[torch.Tensor, ...]:
    """The edge batch as this combination takes it."""
    input, target, weight = in_dtype(edge.logits, way.dtype), edge.target, edge.weight
    if not way.from_logits:
        input = softmax(input) if way.task == "multiclass" else torch.sigmoid(input)
    if target.is_floating_point():
        target = in_dtype(target, way.dtype)
    if weight is None and way.is_weighted:
        weight = torch.ones([1] * edge.logits.dim(), dtype=torch.float64)
    if weight is not None:
        weight = weight.clamp(max=torch.finfo(way.dtype).max).to(way.dtype)
    return input.detach().requires_grad_(), target, weight


def softmax(logits: torch.Tensor) -> torch.Tensor:
    """Probabilities as a model gives them that takes care: those of infinite logits exist."""
    limit = torch.finfo(logits.dtype).max
    return logits.clamp(-limit, limit).softmax(1)


@dataclass
class Outcome:
    """What one combination gives."""

    fault: str = ""
    largest: float = 0.0


def try_one(edge: Edge, way: Combination) -> Outcome:
    """Make a step, and say what is wrong with it."""
    kernels = "c" if way.way == "C" else "none"
    loss = loss_of(way.metric, way.options, way.task, way.from_logits, kernels)
    is_cast = way.way == "autocast"
    input, target, weight = batch(edge, way)
    with torch.autocast("cpu", dtype=torch.bfloat16) if is_cast else nullcontext():
        value = loss(input, target, weight)
    if edge.has_nan:
        return Outcome("" if value.isnan().any() else f"a NaN gives {value.max().item():g}")
    if not value.requires_grad:
        return Outcome("the loss is detached")
    (gradient,) = torch.autograd.grad(value, input, torch.ones_like(value), retain_graph=True)
    fault = wrong_value(value.detach(), way) or wrong_gradient(gradient, input)
    if not fault and way.way == "scaled":
        scale = torch.full_like(value, SCALE)
        (scaled,) = torch.autograd.grad(value, input, scale)
        fault = wrong_scale(scaled, gradient)
    return Outcome(fault, gradient.abs().max().item() if gradient.numel() and not fault else 0.0)


def wrong_value(value: torch.Tensor, way: Combination) -> str:
    low, high = bounds(way.metric, way.options)
    if value.dtype != torch.promote_types(way.dtype, torch.float32):
        return f"a loss in {value.dtype}"
    odd = value[~(value.isfinite() & (value >= low - ROUNDING) & (value <= high + ROUNDING))]
    return f"a loss of {odd[0].item():.9g} beyond [{low:g}, {high:g}]" if odd.numel() else ""


def wrong_gradient(gradient: torch.Tensor, input: torch.Tensor) -> str:
    if gradient.dtype != input.dtype or gradient.shape != input.shape:
        return f"a gradient in {gradient.dtype} of {tuple(gradient.shape)}"
    odd = gradient[~gradient.isfinite()]
    return f"a gradient of {odd[0].item():g}" if odd.numel() else ""


def wrong_scale(scaled: torch.Tensor, gradient: torch.Tensor) -> str:
    """A loss scale may overflow what is near the limit of the dtype, and nothing else."""
    if scaled.isnan().any():
        return "a scaled gradient of nan"
    fits = gradient.double().abs() * SCALE < 0.99 * torch.finfo(gradient.dtype).max
    odd = scaled[fits & ~scaled.isfinite()]
    return f"a scaled gradient of {odd[0].item():g}" if odd.numel() else ""


@dataclass
class Row:
    """One line of the table."""

    edge: Edge
    total: int = 0
    faults: list[str] = field(default_factory=list)
    largest: tuple[float, str] = (0.0, "")

    def add(self, way: Combination, outcome: Outcome) -> None:
        self.total += 1
        self.largest = max(self.largest, (outcome.largest, str(way)))
        if outcome.fault:
            self.faults.append(f"{outcome.fault}: {way}")

    def __str__(self) -> str:
        passed = f"{self.total - len(self.faults)}/{self.total}"
        size, where = self.largest
        worst = f"a gradient of {size:.2g}: {where}" if size else "a gradient of 0"
        if self.edge.has_nan:
            worst = "each loss is NaN, as it must be"
        return f"{self.edge.name:<34} {passed:>11}  {self.faults[0] if self.faults else worst}"


def table(task: str, ways: Iterable[Combination]) -> list[Row]:
    rows = [Row(edge) for edge in edges(task)]
    for way in ways:  # one loss after the other, so that each is made once
        for row in rows:
            row.add(way, try_one(row.edge, way))
    return rows


def report(task: str, metrics: list[str], *, shows_faults: bool) -> int:
    """Print the table of a task, and return how many combinations fail."""
    start = time.perf_counter()
    losses = [loss for loss in losses_of(task) if not metrics or loss[0] in metrics]
    ways = list(combinations(task, losses))
    rows = table(task, ways)
    print(f"{task}: {len(rows)} batches, {len(losses)} losses, {len(ways)} combinations each")
    for row in rows:
        print(row)
        for fault in row.faults if shows_faults else ():
            print(f"    {fault}")
    total = sum(row.total for row in rows)
    print(f"{total} combinations in {time.perf_counter() - start:.0f} s\n", flush=True)
    return sum(len(row.faults) for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("metrics", nargs="*", metavar="METRIC")
    parser.add_argument("--task", choices=TASKS)
    parser.add_argument("--faults", action="store_true", help="list every combination that fails")
    given = parser.parse_args()
    tasks = [given.task] if given.task else TASKS
    failed = sum(report(task, given.metrics, shows_faults=given.faults) for task in tasks)
    print(f"{failed} fail" if failed else "all pass")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

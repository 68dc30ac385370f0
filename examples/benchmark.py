"""Time a step of each loss that one could train with: forward and backward, in float32.

    python examples/benchmark.py                    # F1 over N = 256 … 2^24, minutes
    python examples/benchmark.py --grouped          # a confusion matrix per class
    python examples/benchmark.py --metric mcc --sizes 256,65536 --device cuda -o mcc.png
    python examples/benchmark.py --quick            # tiny and few: shows that it runs

Losses take turns, a small batch of steps each, so that whatever else the machine does falls on
all of them; each must first agree with plain autograd. Tables are in Markdown.
"""

from __future__ import annotations

import ctypes
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import click
import torch
from benchmark_report import NOTES, Result, draw, machine, memory_table, time_table
from rivals import COPY, FORMULAS, METRICC, Layout, grouped, vector
from tqdm import tqdm

if TYPE_CHECKING:
    import rivals

Step = Callable[[], None]


class Effort(NamedTuple):
    """How long a layout is measured, in seconds; rounds at least; seconds of a turn at least."""

    seconds: float
    rounds: int
    turn: float


FULL = Effort(20, 15, 0.003)
QUICK = Effort(0, 3, 0)


def step_of(path: rivals.Path, layout: Layout) -> Step:
    """Return a step: a fresh gradient of the loss, which is then dropped; or a copy."""
    if path.loss is None:
        return copy_of(layout)
    input, target, loss = layout.input(path.is_logits), layout.target, path.loss

    def step() -> None:
        loss(input, target).backward()
        input.grad = None

    return step


def copy_of(layout: Layout) -> Step:
    """Return a copy of as many bytes as a step has to move.

    Forward reads input and target, backward reads both again and writes the gradient: 20 bytes
    per element where the target is float32 too. Half of them are read here, half written.
    """
    moved = 3 * layout.logits.nbytes + 2 * layout.target.nbytes
    source = torch.ones(moved // 8, device=layout.logits.device)
    there = torch.ones_like(source)
    return lambda: there.copy_(source)


def check(path: rivals.Path, layout: Layout) -> None:
    """Raise if loss or gradient are not those of plain autograd: wrong numbers need no timing."""
    if path.plain is None:
        return
    input = layout.input(path.is_logits)
    found, expected = (loss_and_gradient(f, input, layout.target) for f in (path.loss, path.plain))
    for ours, theirs, what in zip(found, expected, ("loss", "gradient"), strict=True):
        error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
        if not error < 1e-3:  # plain autograd in float32 is no better at 16 million elements
            raise click.ClickException(f"{path.name}, {layout.title}: {what} is off by {error:.1e}")


def loss_and_gradient(
    loss: rivals.Loss, input: torch.Tensor, target: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return both, detached."""
    value = loss(input, target)
    (gradient,) = torch.autograd.grad(value, input)
    return value.detach(), gradient


def synchronize() -> None:
    """Wait for a GPU, if there is one, to finish what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def time_of(step: Step, repeats: int) -> float:
    """Return the seconds of a step, the mean of a turn."""
    synchronize()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    synchronize()
    return (time.perf_counter() - start) / repeats


def times_of(steps: dict[str, Step], effort: Effort) -> dict[str, list[float]]:
    """Return seconds per step by name and round; each round has its own order."""
    shuffler, turns = random.Random(0), {}
    for name, step in steps.items():
        step()
        turns[name] = max(1, round(effort.turn / time_of(step, 3)))
    times: dict[str, list[float]] = {name: [] for name in steps}
    start, rounds = time.perf_counter(), 0
    while rounds < effort.rounds or time.perf_counter() - start < effort.seconds:
        for name in shuffler.sample(list(steps), len(steps)):
            times[name].append(time_of(steps[name], turns[name]))
        rounds += 1
    return times


def memory_of(step: Step, device: str) -> float | None:
    """Return by how many bytes memory grows at the peak of a step; None if that is not known.

    On a CPU that is resident memory as Linux counts it, after what was freed has been returned.
    """
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        return torch.cuda.max_memory_allocated() - before
    try:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")  # the peak is now what is resident
    except (AttributeError, OSError, TypeError):  # not Linux, or another allocator
        return None
    before = peak_resident()
    step()
    return peak_resident() - before


def peak_resident() -> int:
    """Return the peak of resident memory in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def keep_memory() -> None:
    """Have malloc keep what is freed, so that a new gradient causes no page faults."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        trim_threshold, mmap_max = -1, -4  # the names of <malloc.h>
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, 2**31 - 1)


def measure(make: Callable[[], Layout], effort: Effort, device: str) -> Result:
    """Return times and memory of all paths of a layout."""
    layout = make()
    torch.compiler.reset()  # it gives up after a few shapes
    for path in layout.paths:
        check(path, layout)
    steps = {path.name: step_of(path, layout) for path in layout.paths}
    times = times_of(steps, effort)
    memory = {name: memory_of(step, device) for name, step in steps.items()}
    return Result(layout.title, layout.logits.numel(), times, memory)


def bandwidth(make: Callable[[], Layout], effort: Effort) -> float:
    """Return the time of the copy over that of a step with kernels, in reused memory."""
    layout = make()
    both = [path for path in layout.paths if path.name in (METRICC, COPY)]
    shorter = effort._replace(seconds=effort.seconds / 4)
    times = times_of({path.name: step_of(path, layout) for path in both}, shorter)
    return median(c / m for c, m in zip(times[COPY], times[METRICC], strict=True))


def functions_of(layout: Layout) -> str:
    """Return which autograd.Function each loss of metricc runs here."""
    ran = []
    for path in layout.paths:
        if path.name.startswith(METRICC):
            node = path.loss(layout.input(path.is_logits), layout.target).grad_fn
            while not isinstance(node, torch.autograd.function.BackwardCFunction):
                node = node.next_functions[0][0]  # a mean over classes, say
            ran.append(f"{path.name}: {type(node).__name__.removesuffix('Backward')}")
    return "; ".join(ran)


def parse_sizes(_context: click.Context, _option: click.Parameter, text: str) -> list[int]:
    """Return the sizes of "256,4096"."""
    try:
        return [int(size) for size in text.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not numbers with commas between them") from error


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--metric", type=click.Choice(list(FORMULAS)), default="f1", show_default=True)
@click.option(
    "--sizes", callback=parse_sizes, default="256,4096,65536,1048576,16777216", show_default=True
)
@click.option("--grouped", "is_grouped", is_flag=True, help="A confusion matrix per class instead.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option("--quick", is_flag=True, help="Tiny and few: shows that it runs, not how fast.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Draw the times over N.")
def main(
    metric: str, sizes: list[int], is_grouped: bool, device: str, quick: bool, output: Path | None
) -> None:
    """Time a step of metricc's losses and of others, side by side."""
    if output and is_grouped:
        raise click.UsageError("-o draws times over N, and --grouped has one N only")
    effort = QUICK if quick else FULL
    largest = 4096 if quick else max(sizes)
    sizes = sorted({min(n, largest) for n in sizes})
    makers = [partial(vector, metric, n, device) for n in sizes]
    if is_grouped:
        makers = grouped(metric, device, scale=64 if quick else 1)
    bar = tqdm(makers, unit="layout", leave=False)
    results = [measure(make, effort, device) for make in bar]
    keep_memory()
    shares = [bandwidth(make, effort) for make in tqdm(makers, unit="layout", leave=False)]
    heading = f"{metric}: {machine(device)}"
    click.echo(f"{heading}\n\n{functions_of(makers[0]())}\n")
    click.echo(f"{time_table(results, shares)}\n\n{memory_table(results)}\n\n{NOTES}")
    if output:
        draw(output, results, heading)


if __name__ == "__main__":
    main()

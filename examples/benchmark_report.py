"""Tables and a picture of what `benchmark.py` measures."""

from __future__ import annotations

import os
import platform
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import torch
from rivals import COPY, METRICC

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, VERMILION, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "0.45"
STYLES: dict[str, tuple[str, str, float]] = {
    METRICC: (BLUE, "-", 3.2),
    "metricc, logits": (BLUE, "--", 1.6),
    "metricc, portable": (BLUE, "-.", 1.6),
    "metricc, portable, logits": (BLUE, ":", 1.6),
    "plain autograd": (VERMILION, "-", 1.6),
    "plain autograd, torch.compile": (VERMILION, "--", 1.6),
    "BCE": (GREEN, "-", 1.6),
    "BCE with logits": (GREEN, "--", 1.6),
    "MONAI Dice": (PURPLE, "-", 1.6),
    "SMP-style Dice": (PURPLE, "--", 1.6),
    "empty autograd.Function": (GREY, ":", 1.6),
    COPY: (GREY, "-", 1.6),
}
"""Families by colours that all eyes tell apart, their members by dashes."""

NOTES = """\
Times are medians over the rounds; in brackets, the median of the rounds' ratios to metricc's time.
Share of bandwidth: the time of the copy over metricc's where memory that was freed is used again;
else the page faults of a new gradient would count as traffic.
Extra memory: growth at the peak of a step, the gradient included, where it is written to."""


class Result(NamedTuple):
    """What a layout of N elements gave: seconds by path and round, bytes by path."""

    title: str
    size: int
    times: dict[str, list[float]]
    memory: dict[str, float | None]

    def seconds(self, name: str) -> float:
        """Return the median time of a step."""
        return median(self.times[name])

    def ratio(self, name: str) -> float:
        """Return the time over that of metricc's, the median of the rounds."""
        pairs = zip(self.times[name], self.times[METRICC], strict=True)
        return median(theirs / ours for theirs, ours in pairs)


def machine(device: str) -> str:
    """Return what the times depend on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    cpu = models[0] if models else platform.processor()
    parts = [platform.system(), platform.machine(), f"{cpu}, {os.cpu_count()} cores"]
    if device == "cuda":
        parts.append(torch.cuda.get_device_name())
    return ", ".join([*parts, f"torch {torch.__version__}, {torch.get_num_threads()} threads"])


def names_of(results: list[Result]) -> list[str]:
    """Return the paths that any layout has, in the order of the styles."""
    return [name for name in STYLES if any(name in result.times for result in results)]


def markdown(rows: list[list[str]]) -> str:
    """Return a table, with numbers to the right."""
    ruled = [rows[0], ["---", *["---:"] * (len(rows[0]) - 1)], *rows[1:]]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def three_digits(number: float) -> str:
    """Return a number as people read it: 0.64, 4.1, 28,375."""
    return f"{number:,.{0 if number >= 100 else 1 if number >= 1 else 2}f}"


def time_table(results: list[Result], shares: list[float]) -> str:
    """Return microseconds of a step and in brackets multiples of metricc's; a row of bandwidths."""
    rows = [["µs a step", *(result.title for result in results)]]
    for name in names_of(results):
        cells = (time_cell(result, name) for result in results)
        rows.append([f"**{name}**" if name == METRICC else name, *cells])
    rows.append(["share of the copy's bandwidth", *(f"{share:.0%}" for share in shares)])
    return markdown(rows)


def time_cell(result: Result, name: str) -> str:
    """Return the time and the ratio, or a dash for what a layout has not."""
    if name not in result.times:
        return "–"
    time = three_digits(1e6 * result.seconds(name))
    return f"**{time}**" if name == METRICC else f"{time} ({three_digits(result.ratio(name))}×)"


def memory_table(results: list[Result]) -> str:
    """Return by how many MiB memory grows at the peak of a step, the gradient included."""
    rows = [["extra memory, MiB", *(result.title for result in results)]]
    for name in names_of(results):
        found = (result.memory.get(name) for result in results)
        rows.append([name, *("–" if n is None else f"{n / 2**20:,.1f}" for n in found)])
    rows.append(["the gradient itself", *(f"{result.size / 2**18:,.1f}" for result in results)])
    return markdown(rows)


def draw(path: Path, results: list[Result], heading: str) -> None:
    """Draw the time of a step over N, with a name at the end of each line."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    figure = Figure(figsize=(8.6, 5.4), layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log")
    sizes = [result.size for result in results]
    for name in reversed(names_of(results)):  # metricc's own on top
        seconds = [result.seconds(name) for result in results]
        colour, dashes, width = STYLES[name]
        axes.plot(sizes, seconds, color=colour, linestyle=dashes, linewidth=width, marker=".")
    axes.set_xticks(sizes, [result.title for result in results])
    axes.minorticks_off()
    axes.set_xlabel("N, elements of the batch")
    axes.set_ylabel("time of a step, forward and backward")
    axes.yaxis.set_major_formatter(EngFormatter("s"))
    axes.set_title(heading, fontsize=8, color="0.35", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="0.92", linewidth=0.6)
    name_lines(axes, results[-1])
    figure.savefig(path, dpi=150)


def name_lines(axes: Axes, last: Result) -> None:
    """Write the names to the right of the lines' ends, not one over another."""
    names = sorted(names_of([last]), key=last.seconds)
    ends = [(last.size, last.seconds(name)) for name in names]
    to_share = axes.transData + axes.transAxes.inverted()
    axes.set_ylim(axes.get_ylim())
    heights = apart([float(to_share.transform(end)[1]) for end in ends])
    for name, end, height in zip(names, ends, heights, strict=True):
        colour, *_ = STYLES[name]
        axes.annotate(
            name,
            end,
            (1.02, height),
            textcoords="axes fraction",
            va="center",
            color=colour,
            weight="bold" if name == METRICC else "normal",
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.6, "relpos": (0, 0.5)},
        )


def apart(heights: list[float], gap: float = 0.045) -> list[float]:
    """Return ascending heights moved as little as keeps them a gap apart."""
    heights = list(heights)
    for _ in range(200):
        for i, (low, high) in enumerate(pairwise(heights)):
            push = max(0.0, gap - (high - low)) / 2
            heights[i], heights[i + 1] = low - push, high + push
    return heights

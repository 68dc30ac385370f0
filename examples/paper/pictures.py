"""The study's pictures: ranks, gain against imbalance, learning curves, time per epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import scikit_posthocs

import compare
from losses import MIXES, OURS
from networks import NETWORKS
from tasks import TUNED, Result, Settings, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    "BCE": "#7f7f7f",
    "MSE": "#bcbd22",
    "weighted BCE": "#1f77b4",
    TUNED: "#17becf",
    "focal": "#9467bd",
    "score-oriented": "#8c564b",
    "identity": "#2ca02c",
    "AnyLoss": "#ff7f0e",
    OURS: "#d62728",
    **dict(zip(MIXES, ("#e377c2", "#000000"), strict=True)),
}
SHOWN = ["weighted BCE", TUNED, "AnyLoss", OURS, [*MIXES][-1]]
"""The losses whose gain over BCE is drawn: all would hide each other."""
SHARES = [0, 0.025, 0.075, 0.15, 0.3, 0.5]
"""Where the shares of positives are parted to take means."""


def ranks(table: pd.DataFrame, metrics: Sequence[str]) -> Figure:
    """Draw the mean ranks of the losses; bars join those that may differ by chance."""
    figure, panels = grid(len(metrics), width=8.0, height=2.6)
    for metric, axes in zip(metrics, panels, strict=True):
        sets = compare.by_data_set(table, metric)
        chances = scikit_posthocs.posthoc_nemenyi_friedman(sets)
        scikit_posthocs.critical_difference_diagram(
            compare.ranks(sets),
            chances,
            ax=axes,
            color_palette=COLOURS,
            label_fmt_left="{label} ({rank:.1f})",
            label_fmt_right="({rank:.1f}) {label}",
            label_props={"fontsize": 9},
        )
        axes.set_title(f"{metric}: mean rank on {len(sets)} data sets", fontsize=10)
    return figure


def gain(table: pd.DataFrame, metrics: Sequence[str]) -> Figure:
    """Draw what each loss gains over BCE, against the share of positives."""
    figure, panels = grid(len(metrics), width=5.5, height=3.4)
    shares = table.groupby("problem")["share"].first()
    for metric, axes in zip(metrics, panels, strict=True):
        problems = compare.by_problem(table, metric)
        share = shares[problems.index]
        parts = np.digitize(share, SHARES)
        for loss in SHOWN:
            over = problems[loss] - problems["BCE"]
            axes.plot(share, over, ".", color=COLOURS[loss], alpha=0.45, markersize=5)
            centres = share.groupby(parts).mean()
            axes.plot(centres, over.groupby(parts).mean(), "-", color=COLOURS[loss], label=loss)
        axes.axhline(0, color=COLOURS["BCE"], linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xticks([0.01, 0.03, 0.1, 0.3], ["1 %", "3 %", "10 %", "30 %"])
        axes.minorticks_off()
        axes.set(title=metric, xlabel="share of positives", ylabel="gain over BCE")
    panels[0].legend(fontsize=8)
    return figure


def curves(
    done: Mapping[Task, Result], settings: Settings, problems: Sequence[str], metric: str
) -> Figure:
    """Draw the validation score along the way, at each fold's best learning rate."""
    figure, panels = grid(len(problems), width=5.5, height=3.4)
    every = settings.schedule.every
    network = next(name for name in NETWORKS if any(task.network == name for task in done))
    for problem, axes in zip(problems, panels, strict=True):
        shown = [item for item in done.items() if item[0].loss in COLOURS]
        for task, result in sorted(shown, key=lambda item: list(COLOURS).index(item[0].loss)):
            if task.problem == problem and task.network == network and metric in result.curves:
                line = result.curves[metric]
                steps = every * np.arange(1, len(line) + 1)
                width = 2.2 if task.loss in (OURS, *MIXES) else 1.2
                axes.plot(steps, line, color=COLOURS[task.loss], label=task.loss, linewidth=width)
        axes.set(
            title=f"{problem}, {network}", xlabel="step", ylabel=f"{metric} on validation rows"
        )
    panels[0].legend(fontsize=8)
    return figure


def times(table: pd.DataFrame) -> Figure:
    """Draw the learning time of an epoch over that of BCE; the bars span the rounds' quartiles."""
    models = list(table["network"].unique())
    figure, panels = grid(len(models), width=5.5, height=4.0)
    for model, axes in zip(models, panels, strict=True):
        rows = table[table["network"] == model].iloc[::-1]
        names = [
            f"{loss}, {metric}" if metric else loss
            for loss, metric in zip(rows["loss"], rows["metric"].fillna(""), strict=True)
        ]
        spread = [rows["ratio"] - rows["low"], rows["high"] - rows["ratio"]]
        colours = [COLOURS[loss] for loss in rows["loss"]]
        axes.barh(names, rows["ratio"], xerr=np.array(spread), color=colours, height=0.7)
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set(title=f"{model}: time of an epoch over BCE's", xlim=(0.6, None))
        axes.tick_params(labelsize=8)
    return figure


def grid(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels, two a row; sizes in inches are those of a panel."""
    columns = min(2, count)
    rows = -(-count // columns)
    figure, panels = plt.subplots(
        rows, columns, figsize=(width * columns, height * rows), squeeze=False, layout="constrained"
    )
    flat = list(panels.flat)
    for axes in flat[count:]:
        axes.remove()
    return figure, flat[:count]


def save(figure: Figure, path: Path) -> None:
    """Write a picture without a date, so that the same numbers give the same file."""
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)

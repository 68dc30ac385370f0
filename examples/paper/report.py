"""The study's tables: a row per fold, their means, and what they say in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import compare
import pandas as pd
import pictures
from losses import OURS
from problems import Problem
from tasks import Result, Row, Settings, Task, compiled

CURVES = ["random 10 %", "digit 9, 5 %"]
"""The problems whose learning curves are drawn."""
ENTRIES = ["tp", "fp", "fn", "tn"]


def folds_table(done: Mapping[Task, Result]) -> pd.DataFrame:
    """Return a row per fold, ordered by name, not by which task was done first."""
    rows = [
        (task.problem, task.network, *row)
        for task, result in sorted(done.items())
        for row in result.rows
    ]
    return pd.DataFrame(rows, columns=["problem", "network", *Row._fields])


def means_table(folds: pd.DataFrame, problems: Mapping[str, Problem]) -> pd.DataFrame:
    """Return a row per problem, network, loss and metric.

    `score` is the mean of the folds and `deviation` theirs; `pooled` is the metric of the entries
    of all folds together, which is not biased by folds with few positives (Forman and Scholz 2010).
    """
    keys = ["problem", "network", "loss", "metric"]
    rows = []
    for names, group in folds.groupby(keys, sort=False):
        metric = compiled(names[3])
        scores = metric.value(**{entry: group[entry].to_numpy() for entry in ENTRIES})
        pooled = metric.value(**{entry: group[entry].sum() for entry in ENTRIES})
        found = [scores.mean(), scores.std(ddof=1), pooled, group["rate"].median()]
        rows.append((*names, *found, group["step"].median(), len(scores)))
    columns = [*keys, "score", "deviation", "pooled", "rate", "step", "folds"]
    table = pd.DataFrame(rows, columns=columns).round(5)
    for position, name in enumerate(["share", "rows", "columns"], 1):
        facts = {problem: _facts(each)[name] for problem, each in problems.items()}
        table.insert(position, name, table["problem"].map(facts))
    return table


def _facts(problem: Problem) -> dict[str, float]:
    rows, columns = problem.features.shape
    return {"share": round(problem.share, 4), "rows": rows, "columns": columns}


def summary(table: pd.DataFrame, ours: str = OURS) -> str:
    """Return the tables of the study in Markdown."""
    metrics = list(table["metric"].unique())
    parts = [standings(table, metrics, ours), means(table, metrics, ours)]
    parts += [duels(table, metric, ours) for metric in metrics]
    parts += [scores(table, metric) for metric in metrics]
    return "\n\n".join(parts) + "\n"


def standings(table: pd.DataFrame, metrics: list[str], ours: str) -> str:
    """Return how often a loss is the best or near it, by metric and loss."""
    losses = list(table["loss"].unique())
    near, worst = {}, {}
    for metric in metrics:
        cases = compare.by_case(table, metric)
        for loss in losses:
            rivals = [each for each in losses if each not in (loss, ours)]
            standing = compare.stand(cases, loss, rivals)
            near.setdefault(loss, {})[metric] = f"{standing.best_or_near:.0%}"
            worst.setdefault(loss, {})[metric] = f"{standing.worst_deficit:.3f}"
    cells = {
        loss: {metric: f"{near[loss][metric]}, {worst[loss][metric]}" for metric in metrics}
        for loss in losses
    }
    count = len(compare.by_case(table, metrics[0]))
    return (
        f"## Best, or within {compare.ROPE} of the best\n\n"
        f"The share of {count} cases, a network on a problem each, in which a loss is the best or "
        "near the best of the others, and its worst deficit. The others never include "
        f"{ours}.\n\n" + _markdown(pd.DataFrame(cells).T, "loss")
    )


def means(table: pd.DataFrame, metrics: list[str], ours: str) -> str:
    """Return the mean score and the mean rank of each loss."""
    columns = {}
    for metric in metrics:
        problems = compare.by_problem(table, metric)
        rank, mean = compare.ranks(problems), problems.mean()
        columns[metric] = mean.map("{:.3f}".format) + rank.map(" ({:.1f})".format)
    count = table["problem"].nunique()
    distance = compare.critical_difference(table["loss"].nunique(), count)
    return (
        f"## Means and ranks\n\nThe mean over {count} problems and, in brackets, the mean rank; "
        f"ranks less than {distance:.1f} apart may differ by chance (Nemenyi, 5 %).\n\n"
        + _markdown(pd.DataFrame(columns), "loss")
    )


def duels(table: pd.DataFrame, metric: str, ours: str) -> str:
    """Return how metricc's loss fares against each of the others, one at a time."""
    problems = compare.by_problem(table, metric)
    rows = {}
    for loss in problems.columns:
        if loss == ours:
            continue
        found = compare.duel(problems[ours], problems[loss])
        rows[loss] = {
            "wins / ties / losses": f"{found.wins} / {found.ties} / {found.losses}",
            "Wilcoxon p": f"{found.p_value:.2g}",
            "better": f"{found.better:.2f}",
            "same": f"{found.same:.2f}",
            "worse": f"{found.worse:.2f}",
        }
    return (
        f"## {metric}: {ours} against each\n\nBy problem; a difference up to {compare.ROPE} is a "
        "tie. The last three are chances by the Bayesian signed-rank test.\n\n"
        + _markdown(pd.DataFrame(rows).T, "loss")
    )


def scores(table: pd.DataFrame, metric: str) -> str:
    """Return the score of each case, its best in bold."""
    cases = compare.by_case(table, metric).round(3)
    best = cases.max(axis=1)
    cells = cases.apply(
        lambda column: [
            f"**{score:.3f}**" if score == top else f"{score:.3f}"
            for score, top in zip(column, best, strict=True)
        ]
    )
    return f"## {metric}: every case\n\n" + _markdown(cells.reset_index())


def _markdown(frame: pd.DataFrame, index: str | None = None) -> str:
    if index:
        frame = frame.rename_axis(index).reset_index()
    return frame.to_markdown(index=False, disable_numparse=True)


def write_report(
    directory: Path,
    done: Mapping[Task, Result],
    problems: Mapping[str, Problem],
    settings: Settings,
) -> None:
    """Write the tables and pictures into the study's directory."""
    folds = folds_table(done)
    table = means_table(folds, problems)
    folds.to_csv(directory / "folds.csv", index=False)
    table.to_csv(directory / "table.csv", index=False)
    (directory / "summary.md").write_text(summary(table), encoding="utf-8")
    if len(problems) > 1:
        pictures.save(pictures.ranks(table, settings.metrics), directory / "ranks.png")
        pictures.save(pictures.gain(table, settings.metrics), directory / "gain.png")
    shown = [name for name in CURVES if name in problems] or list(problems)[:2]
    figure = pictures.curves(done, settings, shown, settings.metrics[0])
    pictures.save(figure, directory / "curves.png")

"""The study's tables: a row per fold, their means, and what they say in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

import compare
import pictures
from losses import BASELINES, MIXES, OURS
from networks import NETWORKS
from problems import data_set
from tasks import RECIPES, TUNED, Result, Row, Settings, Task, compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from problems import Problem

CURVES = ["random 10 %", "digit 9, 5 %"]
"""The problems whose learning curves are drawn."""
ENTRIES = ["tp", "fp", "fn", "tn"]
RIVALS = [*BASELINES, TUNED]
"""What metricc's loss has to stand against."""


def write_report(
    directory: Path,
    done: Mapping[Task, Result],
    problems: Mapping[str, Problem],
    settings: Settings,
) -> None:
    """Write the tables and pictures into the study's directory."""
    folds = folds_table(done, list(problems))
    table = means_table(folds, problems)
    folds.to_csv(directory / "folds.csv", index=False)
    table.to_csv(directory / "table.csv", index=False)
    (directory / "summary.md").write_text(summary(folds, table, settings), encoding="utf-8")
    for name, draw in (("ranks", pictures.ranks), ("gain", pictures.gain)):
        path = directory / f"{name}.png"
        path.unlink(missing_ok=True)  # it may be of more problems than these
        if has_several(problems):
            few = table[table["loss"].isin(pictures.COLOURS)]  # candidates would crowd them
            pictures.save(draw(few, settings.metrics), path)
    shown = [name for name in CURVES if name in problems] or list(problems)[:2]
    figure = pictures.curves(done, settings, shown, settings.metrics[0])
    pictures.save(figure, directory / "curves.png")


def has_several(problems: Iterable[str]) -> bool:
    """Tell whether there is more than one data set, which comparisons need."""
    return len({data_set(problem) for problem in problems}) > 1


def folds_table(done: Mapping[Task, Result], problems: Sequence[str]) -> pd.DataFrame:
    """Return a row per fold, in the order of the study, not of what was done first."""
    orders = (list(problems), list(NETWORKS), list(RECIPES))
    tasks = sorted(done, key=lambda task: [*map(list.index, orders, task[:3]), task.metric])
    rows = [(task.problem, task.network, *row) for task in tasks for row in done[task].rows]
    table = pd.DataFrame(rows, columns=["problem", "network", *Row._fields])
    for metric, group in table.groupby("metric", sort=False):
        table.loc[group.index, "score"] = value(metric, group)
    return table


def value(metric: str, rows: pd.DataFrame) -> float:
    """Return a metric of the entries in each row."""
    return compiled(metric).value(**{entry: np.asarray(rows[entry]) for entry in ENTRIES})


def means_table(folds: pd.DataFrame, problems: Mapping[str, Problem]) -> pd.DataFrame:
    """Return a row per problem, network, loss and metric.

    `score` is the mean of the folds and `deviation` theirs; `pooled` is the metric of the entries
    of all folds together, which is not biased by folds with few positives (Forman and Scholz 2010).
    `rate` and `step` are medians of what the folds' validation rows chose.
    """
    groups = folds.groupby(["problem", "network", "loss", "metric"], sort=False)
    sums = groups[ENTRIES].sum().reset_index()
    pooled = [value(row["metric"], row[ENTRIES].astype(float)) for _, row in sums.iterrows()]
    table = groups.agg(
        score=("score", "mean"),
        deviation=("score", "std"),
        rate=("rate", "median"),
        step=("step", "median"),
        folds=("fold", "count"),
    ).reset_index()
    table.insert(6, "pooled", pooled)
    for position, name in enumerate(["share", "rows", "columns"], 1):
        facts = {problem: _facts(each)[name] for problem, each in problems.items()}
        table.insert(position, name, table["problem"].map(facts))
    return table.round(5)


def _facts(problem: Problem) -> dict[str, float]:
    rows, columns = problem.features.shape
    return {"share": round(problem.share, 4), "rows": rows, "columns": columns}


def summary(folds: pd.DataFrame, table: pd.DataFrame, settings: Settings) -> str:
    """Return the tables of the study in Markdown."""
    parts = [standings(folds, table, settings), means(table, settings)]
    parts += [networks(table, metric) for metric in settings.metrics]
    if has_several(table["problem"]):
        ours = [OURS, *MIXES]
        parts += [duels(table, metric, own) for metric in settings.metrics for own in ours]
    parts += [cases(table, metric) for metric in settings.metrics]
    return "\n\n".join(parts) + "\n"


def standings(folds: pd.DataFrame, table: pd.DataFrame, settings: Settings) -> str:
    """Return how often each loss is the best of all that are no metricc's, or near it."""
    of_problems: dict[str, dict[str, str]] = {}
    of_cases: dict[str, dict[str, str]] = {}
    for metric in settings.metrics:
        problems, cases = compare.by_problem(table, metric), compare.by_case(table, metric)
        scores = compare.by_fold(folds, metric)
        runs = scores.groupby(compare.CASE).size() // settings.folds
        for loss in cases.columns:
            found = compare.stand(problems, loss, RIVALS)
            text = f"{found.best_or_near:.0%}, {found.worst_deficit:.3f}"
            of_problems.setdefault(loss, {})[metric] = text
            found = compare.stand(cases, loss, RIVALS)
            share = compare.beaten(scores, loss, RIVALS, runs)
            text = f"{found.best_or_near:.0%}, {found.worst_deficit:.3f}, {share:.0%}"
            of_cases.setdefault(loss, {})[metric] = text
    return (
        f"## Best, or within {compare.ROPE} of the best\n\n"
        f"On which share of the {len(problems)} problems, each the mean of its networks, a loss is "
        "the best or near the best of the others, those of metricc apart; and by how much it is "
        "worse on its worst.\n\n"
        + _markdown(pd.DataFrame(of_problems).T, "loss")
        + f"\n\nThe same for the {len(cases)} cases, a network on a problem each; and in which "
        "share of them the best of the others is better by more with a chance of 95 %, by a "
        "correlated t-test over the folds: an upper bound, since the same folds name the best."
        "\n\n" + _markdown(pd.DataFrame(of_cases).T, "loss")
    )


def means(table: pd.DataFrame, settings: Settings) -> str:
    """Return the mean score and the mean rank of each loss."""
    columns = {}
    for metric in settings.metrics:
        mean = compare.by_problem(table, metric).mean()
        sets = compare.by_data_set(table, metric)
        rank = compare.ranks(sets)[mean.index]
        columns[metric] = mean.map("{:.3f}".format) + rank.map(" ({:.1f})".format)
    distance = compare.critical_difference(table["loss"].nunique(), len(sets))
    return (
        f"## Means and ranks\n\nThe mean over {table['problem'].nunique()} problems and, in "
        f"brackets, the mean rank over {len(sets)} data sets; ranks less than {distance:.1f} apart "
        "may differ by chance (Nemenyi, 5 %).\n\n" + _markdown(pd.DataFrame(columns), "loss")
    )


def networks(table: pd.DataFrame, metric: str) -> str:
    """Return the mean score of each loss by network, and the median of the chosen step."""
    rows = table[table["metric"] == metric]
    by_network = rows.pivot_table(index="loss", columns="network", values="score", sort=False)
    by_network = by_network.map("{:.3f}".format)
    by_network["steps"] = rows.groupby("loss")["step"].median().map("{:.0f}".format)
    return f"## {metric} by network, and the steps to the optimum\n\n" + _markdown(
        by_network, "loss"
    )


def duels(table: pd.DataFrame, metric: str, own: str) -> str:
    """Return how a loss of metricc's fares against each of the others, one at a time."""
    sets = compare.by_data_set(table, metric)
    duels = {loss: compare.duel(sets[own], sets[loss]) for loss in sets.columns.drop(own)}
    chances = false_discovery_control([found.p_value for found in duels.values()], method="by")
    rows = {}
    for (loss, found), p_value in zip(duels.items(), chances, strict=True):
        rows[loss] = {
            "wins / ties / losses": f"{found.wins} / {found.ties} / {found.losses}",
            "Wilcoxon p": f"{p_value:.2g}",
            "better": f"{found.better:.2f}",
            "same": f"{found.same:.2f}",
            "worse": f"{found.worse:.2f}",
        }
    return (
        f"## {metric}: {own} against each\n\nOver {len(sets)} data sets; a difference up to "
        f"{compare.ROPE} is a tie. The p-values are corrected for {len(sets.columns) - 1} "
        "comparisons (Benjamini and Yekutieli). The last three are the chances that on a further "
        "data set this is the likeliest outcome (Bayesian signed-rank test).\n\n"
        + _markdown(pd.DataFrame(rows).T, "loss")
    )


def cases(table: pd.DataFrame, metric: str) -> str:
    """Return the score of each case, its best in bold."""
    scores = compare.by_case(table, metric).round(3)
    best = scores.max(axis=1)
    cells = scores.apply(
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

"""What the scores say: means, ranks, who beats whom, and whether that could be chance.

A *case* is a network on a problem. The tests take data sets, each the mean of the problems that
were cut from it and of their networks: these are no independent evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import baycomp
import numpy as np
from scipy import stats

from problems import data_set

if TYPE_CHECKING:
    import pandas as pd

ROPE = 0.01
"""Scores that differ by less are practically the same."""

SURE = 0.95

CASE = ["network", "problem"]


def by_fold(folds: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the scores, a row per case and fold, and a column per loss."""
    rows = folds[folds["metric"] == metric]
    return rows.pivot_table(index=[*CASE, "fold"], columns="loss", values="score", sort=False)


def by_case(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the mean scores, a row per case and a column per loss."""
    rows = table[table["metric"] == metric]
    return rows.pivot_table(index=CASE, columns="loss", values="score", sort=False)


def by_problem(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the mean over a problem's networks, a row per problem and a column per loss."""
    return by_case(table, metric).groupby("problem", sort=False).mean()


def by_data_set(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the mean over what was cut from a data set, a row per set and a column per loss."""
    return by_problem(table, metric).groupby(data_set, sort=False).mean()


class Standing(NamedTuple):
    """In which share of the rows a loss is the best or near it, and by how much it is behind."""

    best_or_near: float
    worst_deficit: float


def stand(scores: pd.DataFrame, loss: str, rivals: list[str]) -> Standing:
    """Compare a loss with the best of its rivals, of which one is always ahead by luck.

    Args:
        scores: a row per problem or case, a column per loss.
        loss: the loss in question.
        rivals: the others that count; the loss itself may be among them.
    """
    others = [each for each in rivals if each != loss]
    deficit = scores[others].max(axis=1) - scores[loss]
    return Standing(float((deficit <= ROPE).mean()), float(max(0.0, deficit.max())))


def beaten(folds: pd.DataFrame, loss: str, rivals: list[str], runs: pd.Series) -> float:
    """Return the share of cases in which the best rival is likely to be better indeed.

    That is by more than `ROPE` with a chance of 95 %, by the Bayesian correlated t-test over the
    folds: an upper bound, since these same folds have named the best. The arguments are those of
    `stand`, with a row per case and fold; `runs` is how often each case's folds were drawn.
    """
    others = [each for each in rivals if each != loss]
    best = folds.groupby(CASE, sort=False).mean()[others].idxmax(axis=1)
    chances = [
        chance(scores[loss], scores[best[case]], runs[case])
        for case, scores in folds.groupby(CASE, sort=False)
    ]
    return float(np.mean([each >= SURE for each in chances]))


def chance(loss: pd.Series, rival: pd.Series, runs: int) -> float:
    """Return the chance that a rival is better by more than `ROPE`, from the scores of folds."""
    _, _, worse = baycomp.two_on_single(loss.to_numpy(), rival.to_numpy(), ROPE, runs=runs)
    return float(worse)


class Duel(NamedTuple):
    """One loss against another over data sets.

    `p_value` is Wilcoxon's. On a further data set the first one is better by more than `ROPE`, both
    are the same, or the second one is better; the last three are the chances that each of these is
    the likeliest (Bayesian signed-rank test, Benavoli et al. 2017).
    """

    wins: int
    ties: int
    losses: int
    p_value: float
    better: float
    same: float
    worse: float


def duel(first: pd.Series, second: pd.Series) -> Duel:
    """Compare two losses over data sets; differences up to `ROPE` are ties."""
    difference = (first - second).to_numpy()
    wins, losses = int((difference > ROPE).sum()), int((difference < -ROPE).sum())
    p_value = stats.wilcoxon(difference).pvalue if difference.any() else 1.0
    test = baycomp.SignedRankTest(first.to_numpy(), second.to_numpy(), rope=ROPE, random_state=0)
    better, same, worse = test.probs()
    ties = len(difference) - wins - losses
    return Duel(wins, ties, losses, float(p_value), better, same, worse)


def ranks(scores: pd.DataFrame) -> pd.Series:
    """Return each loss's mean rank over the rows; 1 is the best."""
    return scores.rank(axis=1, ascending=False).mean().sort_values()


def critical_difference(losses: int, sets: int, level: float = 0.05) -> float:
    """Return how far mean ranks must lie apart by Nemenyi's test (Demšar 2006)."""
    quantile = stats.studentized_range.ppf(1 - level, losses, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(losses * (losses + 1) / (6 * sets)))

"""A problem, cut into the folds of a cross-validation and put into tensors.

Each fold has its own training, validation and test rows, and its own scaler, which has seen the
training rows alone. All folds have the same number of training rows and of validation rows, so
that they can be trained side by side: a row or two of the larger folds is not used. Every row is
tested.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split
from sklearn.preprocessing import StandardScaler

from problems import Problem, ProblemError

VALIDATION = 0.2
LEAST = 5
"""How many rows of each class leave one to test on, one to validate with, and some to train on."""
PADDING = -1
"""The label of what fills the tensors of the smaller test folds; neither 0 nor 1."""


class Split(NamedTuple):
    """Features (folds, columns, rows), and labels (folds, rows), both float32."""

    features: torch.Tensor
    labels: torch.Tensor

    def rows(self, indices: torch.Tensor) -> Split:
        """Return some rows, which `indices` (folds, few) names for each fold."""
        few = indices.unsqueeze(1).expand(-1, self.features.shape[1], -1)
        return Split(self.features.gather(2, few), self.labels.gather(1, indices))


class Folds(NamedTuple):
    """What is trained on, what chooses step, rate and threshold, and what is tested on once."""

    training: Split
    validation: Split
    test: Split


def cut(problem: Problem, folds: int, repeats: int, seed: int) -> Folds:
    """Return the stratified folds of a problem, those of all repeats one after the other.

    Raises:
        ProblemError: there are too few rows of a class for each fold to train and validate with.
    """
    fewest = int(np.bincount(problem.labels, minlength=2).min())
    if fewest < max(folds, LEAST):
        raise ProblemError(
            f"{fewest} rows of the rarer class are too few for {folds} folds: "
            f"{max(folds, LEAST)} are needed, with --folds at least {LEAST}"
        )
    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    pairs = list(splitter.split(problem.features, problem.labels))
    smallest = min(len(rest) for rest, _ in pairs)
    held = round(VALIDATION * smallest)
    parts: list[list[np.ndarray]] = [[], [], []]
    for number, (rest, test) in enumerate(pairs):
        training, validation = train_test_split(
            rest,
            train_size=smallest - held,
            test_size=held,
            stratify=problem.labels[rest],
            random_state=seed + number,
        )
        for rows, part in zip((training, validation, test), parts, strict=True):
            part.append(rows)
    scalers = [StandardScaler().fit(problem.features[rows]) for rows in parts[0]]
    return Folds(*(gather(problem, part, scalers) for part in parts))


def gather(problem: Problem, parts: list[np.ndarray], scalers: list[StandardScaler]) -> Split:
    """Return the rows of each fold, scaled, and padded to the largest fold."""
    widest = max(map(len, parts))
    features = np.zeros((len(parts), problem.features.shape[1], widest), np.float32)
    labels = np.full((len(parts), widest), PADDING, np.float32)
    for fold, (rows, scaler) in enumerate(zip(parts, scalers, strict=True)):
        features[fold, :, : len(rows)] = scaler.transform(problem.features[rows]).T
        labels[fold, : len(rows)] = problem.labels[rows]
    return Split(torch.from_numpy(features), torch.from_numpy(labels))

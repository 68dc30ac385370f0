"""The problems of the study: rows of numbers, a tenth or less of them positive, most of the time.

`FINAL` are those that the tables are made of. `PILOT` are those on which the candidates for
metricc's defaults were compared; they share no data with the others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn import datasets
from sklearn.decomposition import PCA


class ProblemError(Exception):
    """Data that cannot be learned from as they are; says where, and what to do."""


class Problem(NamedTuple):
    """Features (rows, columns) as float32, and labels (rows,): 1 for positives, 0 for others."""

    features: np.ndarray
    labels: np.ndarray

    @property
    def share(self) -> float:
        """Return the share of positives."""
        return float(self.labels.mean())


Loader = Callable[[], Problem]


def thinned(features: np.ndarray, labels: np.ndarray, positives: int | None = None) -> Problem:
    """Return a problem with all but some of the positives left out, the same ones every time."""
    is_positive = labels.astype(bool)
    kept = np.flatnonzero(is_positive)
    if positives is not None:
        kept = np.random.default_rng(0).choice(kept, positives, replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(~is_positive), kept]))
    return Problem(features[rows].astype(np.float32), labels[rows].astype(np.int64))


def breast(positives: int | None = None) -> Problem:
    """Return the Wisconsin biopsies: 30 measures, 357 benign and 212 malignant, the positives."""
    features, benign = datasets.load_breast_cancer(return_X_y=True)
    return thinned(features, benign == 0, positives)


def digit(positive: int, positives: int | None = None) -> Problem:
    """Return one written digit against the rest: 8 by 8 pixels, 1,797 rows, 10 % positive."""
    features, digits = datasets.load_digits(return_X_y=True)
    return thinned(features, digits == positive, positives)


def wine(positive: int, positives: int | None = None) -> Problem:
    """Return one of three cultivars against the rest: 13 measures, 178 rows."""
    features, cultivars = datasets.load_wine(return_X_y=True)
    return thinned(features, cultivars == positive, positives)


def data_set(problem: str) -> str:
    """Return what a problem was cut from, by its name; most have a data set of their own."""
    first = problem.split()[0]
    return first if first in SEVERAL else problem


def random_set() -> Problem:
    """Return the *Random* set of the AnyLoss paper: 10,000 points in a plane, 10 % positive."""
    features, labels = datasets.make_classification(
        n_samples=10_000,
        weights=[0.9, 0.1],
        class_sep=1.2,
        n_features=5,
        n_informative=3,
        n_redundant=1,
        n_clusters_per_class=1,
        random_state=0,
    )
    # The paper's recipe ends with two principal components: part of the data, not of the model.
    return thinned(PCA(2).fit_transform(features), labels)


def synthetic(
    seed: int, share: float, columns: int, separation: float, noise: float = 0.0, rows: int = 3000
) -> Problem:
    """Return clusters of both classes in some of the columns; `noise` is a share of wrong labels.

    Wrong labels are drawn evenly, as scikit-learn does: with 2 % of noise 1 % of the negatives
    are called positive.
    """
    informative = max(3, columns // 5)
    features, labels = datasets.make_classification(
        n_samples=rows,
        weights=[1 - share],
        n_features=columns,
        n_informative=informative,
        n_redundant=columns // 10,
        n_clusters_per_class=2,
        class_sep=separation,
        flip_y=noise,
        random_state=seed,
    )
    return thinned(features, labels)


def iris() -> Problem:
    """Return the iris between the two others: 4 measures, 150 rows, no line parts it from them."""
    features, species = datasets.load_iris(return_X_y=True)
    return thinned(features, species == 1)


def diabetes(share: float) -> Problem:
    """Return patients whose disease progressed most: 10 measures, 442 rows."""
    features, progression = datasets.load_diabetes(return_X_y=True)
    return thinned(features, progression > np.quantile(progression, 1 - share))


FINAL: dict[str, Loader] = {
    "breast 37 %": breast,
    "breast 9 %": partial(breast, 36),
    "breast 6 %": partial(breast, 24),
    "digit 8, 10 %": partial(digit, 8),
    "digit 9, 5 %": partial(digit, 9, 85),
    "digit 3, 2 %": partial(digit, 3, 33),
    "wine 27 %": partial(wine, 2),
    "wine 15 %": partial(wine, 1, 19),
    "random 10 %": random_set,
    "1 %, 10 columns": partial(synthetic, 1, 0.01, 10, 1.5, rows=5000),
    "1 %, 30 columns": partial(synthetic, 2, 0.01, 30, 2.0, rows=5000),
    "2 %, 20 columns": partial(synthetic, 3, 0.02, 20, 1.0, rows=5000),
    "3 %, noise": partial(synthetic, 4, 0.03, 10, 1.5, 0.02),
    "5 %, overlap": partial(synthetic, 5, 0.05, 10, 0.7),
    "5 %, 100 columns": partial(synthetic, 6, 0.05, 100, 1.5),
    "10 %, 5 columns": partial(synthetic, 7, 0.10, 5, 1.0),
    "10 %, noise": partial(synthetic, 8, 0.10, 20, 1.5, 0.10),
    "20 %, overlap": partial(synthetic, 9, 0.20, 20, 0.5),
    "20 %, 50 columns": partial(synthetic, 10, 0.20, 50, 1.0, 0.02),
    "30 %, 5 columns": partial(synthetic, 11, 0.30, 5, 0.8, 0.05),
    "40 %, 10 columns": partial(synthetic, 12, 0.40, 10, 0.8),
}
"""The name says the share of positives, before labels are made wrong, and what is special."""

PILOT: dict[str, Loader] = {
    "iris 33 %": iris,
    "diabetes 15 %": partial(diabetes, 0.15),
    "pilot 1 %": partial(synthetic, 101, 0.01, 20, 1.5, rows=10_000),
    "pilot 3 %": partial(synthetic, 102, 0.03, 10, 1.0, rows=10_000),
    "pilot 5 %, noise": partial(synthetic, 103, 0.05, 20, 1.5, 0.04, rows=10_000),
    "pilot 10 %": partial(synthetic, 104, 0.10, 40, 1.0, rows=10_000),
    "pilot 20 %": partial(synthetic, 105, 0.20, 8, 0.8, 0.02, rows=5000),
    "pilot 40 %": partial(synthetic, 106, 0.40, 20, 0.6, rows=5000),
}

SEVERAL = ("breast", "digit", "wine")
"""The data sets that more than one problem was cut from."""

PICTURES = {name for name in FINAL if name.startswith("digit")}
"""The problems whose columns are the pixels of a picture of 8 by 8."""

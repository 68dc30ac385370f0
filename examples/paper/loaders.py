"""Problems of the user's own: a CSV file with a binary column, or a data set of OpenML."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.datasets import fetch_openml

from problems import Problem, ProblemError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_csv(
    path: Path,
    target: str,
    positive: str | None = None,
    drop: Sequence[str] = (),
    one_hot: bool = False,
) -> Problem:
    """Return the problem in a CSV file whose first line names the columns.

    Args:
        path: the file.
        target: the column to predict.
        positive: its value that counts as positive; else 1 beside 0, or the rarer of two.
        drop: columns to leave out.
        one_hot: whether a column of text becomes a column of 0 and 1 for each of its values.

    Raises:
        ProblemError: the file cannot be read, or a column is not what it must be.
    """
    try:
        frame = pd.read_csv(path, skipinitialspace=True)
    except OSError as error:
        raise ProblemError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, pd.errors.ParserError) as error:
        raise ProblemError(f"{path} is no CSV file: {error}") from error
    return from_frame(frame, target, positive, drop, one_hot)


def read_openml(
    number: int,
    target: str | None = None,
    positive: str | None = None,
    drop: Sequence[str] = (),
    one_hot: bool = False,
) -> Problem:
    """Return a data set of OpenML by its number; `target` is OpenML's own unless named.

    Raises:
        ProblemError: OpenML does not answer, or a column is not what it must be.
    """
    try:
        found = fetch_openml(data_id=number, as_frame=True, parser="auto")
    except (OSError, ValueError) as error:
        raise ProblemError(f"OpenML does not give data set {number}: {error}") from error
    names = found.target_names
    if target is None and len(names) != 1:
        raise ProblemError(f"OpenML data set {number} names no target: name one with --target")
    return from_frame(found.frame, target or names[0], positive, drop, one_hot)


def from_frame(
    frame: pd.DataFrame,
    target: str,
    positive: str | None = None,
    drop: Sequence[str] = (),
    one_hot: bool = False,
) -> Problem:
    """Return the problem in a table, or say which column stands in the way.

    Raises:
        ProblemError: a column is missing, lacks values, holds text, or has one value only.
    """
    for name in (target, *drop):
        if name not in frame.columns:
            raise ProblemError(_unknown(name, list(map(str, frame.columns))))
    labels = find_labels(frame[target], positive)
    features = frame.drop(columns=[target, *drop])
    if not len(features.columns):
        raise ProblemError(f"there is no column besides {target!r}")
    for name, column in features.items():
        check_complete(str(name), column)
    numbers = {name: to_numbers(column) for name, column in features.items()}
    texts = [name for name, column in numbers.items() if column.isna().any()]
    if texts and not one_hot:
        name = texts[0]
        row = _first(numbers[name].isna())
        raise ProblemError(
            f"column {name!r} holds text ({features[name].iloc[row - 1]!r} in row {row}): "
            f"give --one-hot, or leave the column out with --drop {name}"
        )
    for name, column in numbers.items():
        is_small = column.abs() <= np.finfo(np.float32).max
        if name not in texts and not is_small.all():
            row = _first(~is_small)
            raise ProblemError(
                f"column {name!r} holds {column.iloc[row - 1]} in row {row}, beyond 3.4e38: "
                f"correct it, or leave the column out with --drop {name}"
            )
    plain = [column for name, column in numbers.items() if name not in texts]
    dummies = [pd.get_dummies(features[name]) for name in texts]
    together = pd.concat([*plain, *dummies], axis=1)
    return Problem(together.to_numpy(np.float32), labels)


def find_labels(column: pd.Series, positive: str | None) -> np.ndarray:
    """Return 1 where the target column has its positive value, 0 elsewhere.

    Raises:
        ProblemError: the column lacks values, has one value, or several and none is named.
    """
    name = column.name
    check_complete(str(name), column)
    counts = column.value_counts()
    counts = counts[counts > 0]  # OpenML lists values that no row has
    values = {str(value): value for value in counts.index}
    if len(values) < 2:
        raise ProblemError(
            f"column {name!r} has the single value {', '.join(values) or '(no rows)'}: "
            "there is nothing to tell apart"
        )
    if positive is None and len(values) > 2:
        some = ", ".join(list(values)[:5])
        raise ProblemError(
            f"column {name!r} has {len(values)} values ({some}, …): "
            "name the one that counts as positive with --positive"
        )
    if positive is not None and positive not in values:
        raise ProblemError(
            f"column {name!r} has no value {positive!r}; it has {', '.join(list(values)[:10])}"
        )
    chosen = values[positive] if positive is not None else _rarer(counts)
    return (column == chosen).to_numpy().astype(np.int64)


def check_complete(name: str, column: pd.Series) -> None:
    """Refuse a column that lacks values."""
    lacking = column.isna().to_numpy()
    if lacking.any():
        row = _first(lacking)
        raise ProblemError(
            f"column {name!r} lacks {lacking.sum()} of {len(column)} values, the first in row "
            f"{row}: fill them in, or leave the column out with --drop {name}"
        )


def to_numbers(column: pd.Series) -> pd.Series:
    """Return a column's numbers, or true and false as 1 and 0; NaN where it holds text."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype(np.float64)
    return pd.to_numeric(column.astype(object), errors="coerce")


def _rarer(counts: pd.Series) -> object:
    """Return the value for positives: 1 beside 0, else the rarer one."""
    values = {str(value).removesuffix(".0"): value for value in counts.index}
    for zero, one in (("0", "1"), ("False", "True")):
        if values.keys() == {zero, one}:
            return values[one]
    return counts.index[-1]


def _first(is_wanted: pd.Series | np.ndarray) -> int:
    """Return the number of the first row of which something is true; the first row is 1."""
    return 1 + int(np.asarray(is_wanted).argmax())


def _unknown(name: str, columns: list[str]) -> str:
    likely = get_close_matches(name, columns, 1)
    help_text = f"; did you mean {likely[0]!r}?" if likely else f"; there are {', '.join(columns)}"
    return f"there is no column {name!r}{help_text}"

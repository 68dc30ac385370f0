"""Formulas written out over the entries, in the language itself."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import JOINT

import metricc
from metricc.targets.formula import write_out


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        ("recall", "TP/(TP + FN)"),
        ("mean(recall)", "mean(TP/(TP + FN))"),
        ("sum(AP*jaccard)/sum(AP)", "sum((TP + FN)*(TP/(TP + FP + FN)))/sum(TP + FN)"),
        ("prod(recall)^(1/classes)", "prod(TP/(TP + FN))^(1/classes)"),
        ("max(min(TP, FP))/sum(TN)", "max(min(TP, FP))/sum(TN)"),
    ],
)
def test_what_is_written(formula: str, written: str) -> None:
    assert write_out(metricc.compile(formula).compilation.typed) == written


@pytest.mark.parametrize("name", JOINT)
def test_what_is_written_means_the_same(name: str) -> None:
    metric = metricc.compile(name)
    written = write_out(metric.compilation.typed)
    assert written is not None
    counts = np.random.default_rng(4).integers(1, 20, (4, 6, 5))
    assert metricc.compile(written).value(*counts) == pytest.approx(metric.value(*counts))

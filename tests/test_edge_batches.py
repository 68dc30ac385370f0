"""Edge batches: they are what they are called, and a part of the table of edge_batches.py holds."""

from __future__ import annotations

import random

import pytest
import torch
from edge_batches import (
    TASKS,
    Combination,
    batch,
    bounds,
    combinations,
    losses_of,
    table,
    try_one,
    wrong_gradient,
    wrong_scale,
)
from machine import COMPILER

from metricc.proof.edge import Edge, in_dtype
from metricc.proof.edges import edges

LEAST = {"binary": 40, "multilabel": 15, "multiclass": 15}
PARTS = {"binary": 60, "multilabel": 30, "multiclass": 30}
USUAL = Combination("f1", (), "binary", True, torch.float32, "torch")


@pytest.mark.parametrize("task", TASKS)
def test_edges_are_many_named_and_the_same_each_time(task: str) -> None:
    found, again = edges(task), edges(task)
    assert len({edge.name for edge in found}) == len(found) >= LEAST[task]
    for edge, other in zip(found, again, strict=True):
        assert edge.why and edge.name == other.name
        assert edge.logits.dtype == torch.float64
        assert torch.equal(edge.logits.nan_to_num(), other.logits.nan_to_num())
        assert edge.has_nan == bool(edge.logits.isnan().any())
    assert sum(edge.has_nan for edge in found) >= 1


def test_casting_keeps_the_layout() -> None:
    for edge in (*edges("binary"), *edges("multilabel")):
        cast = in_dtype(edge.logits, torch.float16)
        assert cast.stride() == edge.logits.stride()
        assert torch.equal(cast.nan_to_num(), edge.logits.half().nan_to_num())


@pytest.mark.parametrize("task", TASKS)
def test_a_part_of_the_table(task: str) -> None:
    ways = [way for way in combinations(task, losses_of(task)) if way.way != "C"]
    rows = table(task, random.Random(6).sample(ways, PARTS[task]))
    assert [fault for row in rows for fault in row.faults] == []
    assert all(row.total == PARTS[task] for row in rows)


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("task", TASKS)
def test_a_part_of_the_table_by_loops(task: str) -> None:
    dtypes = (torch.float16, torch.float32)
    ways = [
        Combination("mcc", (), task, task != "multilabel", dtype, "C")
        for dtype in dtypes[: 2 if task == "binary" else 1]
    ]
    assert [fault for row in table(task, ways) for fault in row.faults] == []


def test_the_table_can_fail() -> None:
    edge = Edge("zero", "", torch.zeros(3, dtype=torch.float64), torch.ones(3))
    assert try_one(edge, USUAL).fault == ""
    hidden = Edge("hidden", "", edge.logits, edge.target, has_nan=True)
    assert try_one(hidden, USUAL).fault.startswith("a NaN gives")
    input, *_ = batch(edge, USUAL)
    assert wrong_gradient(torch.tensor([0, 0, torch.inf]), input) == "a gradient of inf"
    assert wrong_gradient(torch.zeros(3, dtype=torch.float64), input)
    assert wrong_scale(torch.tensor([torch.inf]), torch.tensor([1.0])) == "a scaled gradient of inf"
    assert wrong_scale(torch.tensor([torch.inf]), torch.tensor([1.0]).half()) == ""


def test_ranges_are_those_of_the_loss() -> None:
    assert bounds("mcc", ()) == (0, 2)
    assert bounds("f1", (("mix", 0.5),)) == (0, float("inf"))
    assert bounds("distance_index", ()) == (0, 2**0.5)
    assert bounds("dor", ()) == (float("-inf"), 0)

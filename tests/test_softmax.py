"""Classes that exclude each other, where softmax saturates: every digit of sums and gradients."""

from __future__ import annotations

import mpmath
import pytest
import torch

import metricc

LOGITS = [[40.0, 0.0, 0.5], [0.0, 30.0, -1.0], [0.3, 0.2, 50.0], [0.1, 25.0, 0.7]]
TARGET = [0, 1, 2, 0]


def loss_at(logits: list[list[mpmath.mpf]]) -> mpmath.mpf:
    """1 - macro F1 of softmax, written out."""
    rows = [[mpmath.exp(z) / sum(map(mpmath.exp, row)) for z in row] for row in logits]
    values = []
    for c in range(3):
        tp = sum(row[c] for row, y in zip(rows, TARGET, strict=True) if y == c)
        fp = sum(row[c] for row, y in zip(rows, TARGET, strict=True) if y != c)
        fn = sum(
            sum(p for j, p in enumerate(row) if j != c)
            for row, y in zip(rows, TARGET, strict=True)
            if y == c
        )
        values.append(2 * tp / (2 * tp + fp + fn))
    return 1 - sum(values) / 3


def exact_gradient() -> list[list[float]]:
    with mpmath.workdps(60):
        exact = [[mpmath.mpf(z) for z in row] for row in LOGITS]

        def along(i: int, j: int, step: mpmath.mpf) -> mpmath.mpf:
            moved = [list(row) for row in exact]
            moved[i][j] += step
            return loss_at(moved)

        return [
            [float(mpmath.diff(lambda h, i=i, j=j: along(i, j, h), 0)) for j in range(3)]
            for i in range(4)
        ]


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-6)], ids=str
)
def test_gradient_of_each_logit_has_all_digits(dtype: torch.dtype, tolerance: float) -> None:
    input = torch.tensor(LOGITS, dtype=dtype, requires_grad=True)
    metricc.compile("f1").loss(task="multiclass")(input, torch.tensor(TARGET)).backward()
    exact = torch.tensor(exact_gradient(), dtype=torch.float64)
    assert (exact != 0).all()
    assert ((input.grad.double() - exact).abs() <= tolerance * exact.abs()).all()


def test_misses_of_certain_classes_are_summed_not_subtracted() -> None:
    logits = torch.tensor([[40.0, 0.0, 0.0]] * 2, dtype=torch.float32)
    counts = metricc.compile("recall").loss(task="multiclass").counts(logits, torch.tensor([0, 0]))
    assert float(counts[1, 0]) == pytest.approx(4 * float(mpmath.exp(-40)), rel=1e-6)

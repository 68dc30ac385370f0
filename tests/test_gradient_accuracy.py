"""A part of the table of gradient_accuracy.py, and what it shows of a wrong gradient."""

from __future__ import annotations

import pytest
import torch
from gradient_accuracy import LIMIT, METRICS, by_autograd, by_loss, draw, formulas, row
from machine import COMPILER

SIZE = 1500


@pytest.mark.parametrize("sharpness", [1.0, 10.0, 73.0])
def test_the_float32_gradient_has_five_digits_everywhere(sharpness: float) -> None:
    draws = draw(SIZE, sharpness, 0.5)
    for name in METRICS:
        ways = {"torch": by_loss(name, draws, "none")}
        ways["autograd"] = by_autograd(formulas()[METRICS[name]], draws)
        for size in (SIZE, 64):
            errors = row(name, draws, size, ways)
            assert errors["torch"] <= LIMIT
            assert errors["autograd"] > 0.99  # p rounds to 1, and p (1 - p) to 0


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("threshold", [0.5, 0.3])
def test_likewise_by_loops(threshold: float) -> None:
    draws = draw(SIZE, 73.0, threshold)
    for name in ("f1", "mcc"):
        assert row(name, draws, 64, {"C": by_loss(name, draws, "c")})["C"] <= LIMIT


def test_a_relative_error_of_1e_4_in_one_element_is_seen() -> None:
    draws = draw(64, 10.0, 0.5)
    loss = by_loss("f1", draws, "none")

    def wrong(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        factors = torch.ones_like(logits)
        factors[7] += 1e-4
        return loss(logits * factors - (logits * (factors - 1)).detach(), target)

    assert row("f1", draws, 64, {"wrong": wrong})["wrong"] == pytest.approx(1e-4, rel=0.05)

"""Random formulas through the whole compiler: they mean what they say, and stay finite."""

from __future__ import annotations

import oracle
import torch
from formulas import scale_free
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import metricc

quick = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # to shrink an example is to compile it often
    suppress_health_check=[HealthCheck.too_slow],
)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    input = torch.linspace(-1.7, 1.9, 9, dtype=torch.float64)
    target = torch.tensor([0, 0, 1, 0, 1, 0, 1, 1, 1], dtype=torch.float64)
    return input.requires_grad_(), target


@quick
@given(scale_free)
def test_the_gradient_is_autograds(formula: str) -> None:
    input, target = batch()
    plain = oracle.plain_metric(formula, {}, input, target)
    assume(plain.isfinite() and abs(plain) <= 1e6 and plain.requires_grad)
    (wanted,) = torch.autograd.grad(plain, input)
    metric = metricc.compile(formula)
    if metric.compilation.behaviour.is_constant:
        assert wanted.abs().max() <= 1e-12 * max(1, abs(plain.item()))
        return
    (ours,) = torch.autograd.grad(metric.loss(direction="min")(input, target), input)
    assert (ours - wanted).abs().max() <= 1e-9 * max(wanted.abs().max(), 1e-3)


@quick
@given(scale_free)
def test_a_batch_twice_has_the_same_value(formula: str) -> None:
    metric = metricc.compile(formula)
    assert metric.compilation.typed.warnings == ()
    once = metric.value(tp=7, tn=11, fp=3, fn=5)
    twice = metric.value(tp=14, tn=22, fp=6, fn=10)
    assert abs(once - twice) <= 1e-12 * max(1, abs(once))


@quick
@given(scale_free, st.sampled_from(["tp", "tn", "fp", "fn"]))
def test_an_empty_cell_leaves_everything_finite(formula: str, empty: str) -> None:
    counts = {"tp": 7.0, "tn": 11.0, "fp": 3.0, "fn": 5.0} | {empty: 0.0}
    assert abs(metricc.compile(formula).value(**counts)) < float("inf")


@settings(quick, max_examples=5)
@given(scale_free)
def test_emission_is_deterministic(formula: str) -> None:
    once, twice = (metricc.compile(formula) for _ in range(2))
    if not once.compilation.behaviour.is_constant:
        assert once.source(direction="max") == twice.source(direction="max")

"""The four closed forms of the AnyLoss paper, against emitted slopes and finite differences.

With T = Σ y a, Q = Σ a, P = Σ y and n samples, the paper gives ∂loss/∂a_k. The reference code's
geometric mean has a factor 2 where the derivative has ½.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

import metricc

Form = Callable[..., torch.Tensor]


def accuracy(y: torch.Tensor, t: float, q: float, p: float, n: int) -> torch.Tensor:
    return (1 - 2 * y) / n


def fbeta(y: torch.Tensor, t: float, q: float, p: float, n: int, beta: float = 2) -> torch.Tensor:
    d = beta**2 * p + q
    return (1 + beta**2) * (t - y * d) / d**2


def gmean(y: torch.Tensor, t: float, q: float, p: float, n: int) -> torch.Tensor:
    tn = n - p - q + t
    return -(y * tn + t * (y - 1)) / (2 * (p * (n - p) * t * tn) ** 0.5)


def balanced_accuracy(y: torch.Tensor, t: float, q: float, p: float, n: int) -> torch.Tensor:
    return -(n * y - p) / (2 * p * (n - p))


CLOSED_FORMS = {
    "accuracy": accuracy,
    "fbeta": fbeta,
    "gmean": gmean,
    "balanced_accuracy": balanced_accuracy,
}


@pytest.fixture
def soft() -> torch.Tensor:
    return torch.linspace(0.03, 0.97, 11, dtype=torch.float64)


@pytest.fixture
def truth() -> torch.Tensor:
    return torch.tensor([0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1], dtype=torch.float64)


def loss_of(name: str) -> torch.nn.Module:
    metric = metricc.compile(name, params={"beta": 2} if name == "fbeta" else {})
    return metric.loss(from_logits=False, surrogate="identity")


def closed_form(name: str, soft: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    sums = float(soft @ truth), float(soft.sum()), float(truth.sum())
    return CLOSED_FORMS[name](truth, *sums, len(truth))


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_emitted_slopes_are_the_closed_form(
    name: str, soft: torch.Tensor, truth: torch.Tensor
) -> None:
    input = soft.clone().requires_grad_()
    loss_of(name)(input, truth).backward()
    assert torch.allclose(input.grad, closed_form(name, soft, truth), rtol=1e-13, atol=0)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_emitted_slopes_are_finite_differences(
    name: str, soft: torch.Tensor, truth: torch.Tensor
) -> None:
    loss, step = loss_of(name), 1e-6
    moves = step * torch.eye(len(soft), dtype=soft.dtype)
    differences = [(loss(soft + m, truth) - loss(soft - m, truth)) / (2 * step) for m in moves]
    input = soft.clone().requires_grad_()
    loss(input, truth).backward()
    assert torch.allclose(input.grad, torch.stack(differences), rtol=1e-7, atol=1e-9)


def test_the_geometric_mean_has_the_factor_one_half(
    soft: torch.Tensor, truth: torch.Tensor
) -> None:
    t, q, p, n = float(soft @ truth), float(soft.sum()), float(truth.sum()), len(truth)
    tn = n - p - q + t
    reference_code = -2 * (truth * tn + t * (truth - 1)) / (p * (n - p) * t * tn) ** 0.5
    input = soft.clone().requires_grad_()
    loss_of("gmean")(input, truth).backward()
    assert torch.allclose(reference_code / input.grad, torch.tensor(4.0, dtype=soft.dtype))


def test_the_chain_to_a_logit_is_the_papers() -> None:
    logit = torch.tensor([-1.2, 0.3, 0.9, -0.1], dtype=torch.float64, requires_grad=True)
    truth = torch.tensor([0, 1, 1, 0], dtype=torch.float64)
    prob = torch.sigmoid(logit.detach())
    soft = torch.sigmoid(73 * (prob - 0.5))
    chain = 73 * soft * (1 - soft) * prob * (1 - prob)
    metricc.compile("gmean").loss(sharpness=73)(logit, truth).backward()
    assert torch.allclose(logit.grad, closed_form("gmean", soft, truth) * chain, rtol=1e-11)

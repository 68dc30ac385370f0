"""Losses of tasks under vmap, jvp, hessian and torch.compile, as in a plain call."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.func import grad, hessian, jvp, vmap

import metricc

INPUT = torch.randn(5, 4, 3, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
INDICES = torch.randint(4, (5, 3), generator=torch.Generator().manual_seed(8))
LABELS = (INPUT + torch.randn_like(INPUT) > 0.3).to(torch.uint8)
WEIGHT = torch.tensor([1.0, 0.0, 2.0, 0.5, 1.0], dtype=torch.float64)
CASES: dict[str, tuple[str, dict[str, object], Tensor]] = {
    "multiclass": ("f1", {"task": "multiclass", "mix": 0.5}, INDICES),
    "multilabel": ("f1", {"task": "multilabel", "mix": 0.5, "ignore_index": 1}, LABELS),
    "by slopes": ("f1", {"task": "multilabel", "mix": 0.5, "mix_weights": "slopes"}, LABELS),
    "subset": ("gmean", {"task": "multiclass", "classes": (1, 3), "log": True}, INDICES),
    "each label": ("f1", {"task": "multilabel", "average": "none"}, LABELS),
    "each sample": ("jaccard", {"per_sample": True}, LABELS),
    "samples and labels": (
        "f1",
        {"task": "multilabel", "average": "none", "per_sample": True},
        LABELS,
    ),
    "joint": ("multiclass_mcc", {"surrogate": "softmax", "sharpness": 2.0}, INDICES),
}
ONE_EACH = {"average": "none", "task": "multiclass"}


@cache
def loss_of(name: str) -> torch.nn.Module:
    metric, options, _ = CASES[name]
    return metricc.compile(metric).loss(**options)


def losses(name: str, input: Tensor) -> Tensor:
    weight = None if name == "each sample" else WEIGHT
    return loss_of(name)(input, CASES[name][2], weight)


def jacobian(name: str) -> Tensor:
    return torch.autograd.functional.jacobian(lambda x: losses(name, x), INPUT)


def close(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_jvp_is_the_jacobian_times_the_tangent(name: str) -> None:
    tangent = torch.randn_like(INPUT)
    value, rate = jvp(lambda x: losses(name, x), (INPUT,), (tangent,))
    close(value, losses(name, INPUT))
    close(rate, (jacobian(name) * tangent).sum((-3, -2, -1)))


def test_forward_mode_of_each_exclusive_class_is_refused() -> None:
    loss = metricc.compile("f1").loss(**ONE_EACH)
    with pytest.raises(NotImplementedError):
        jvp(lambda x: loss(x, INDICES), (INPUT,), (INPUT,))


@pytest.mark.parametrize("name", CASES)
def test_vmap_is_a_loop(name: str) -> None:
    batch = torch.stack([INPUT, INPUT - 1, 3 * INPUT])
    close(vmap(lambda x: losses(name, x))(batch), torch.stack([losses(name, x) for x in batch]))
    slopes = vmap(grad(lambda x: losses(name, x).sum()))(batch)
    close(slopes[0], jacobian(name).reshape(-1, *INPUT.shape).sum(0))


STRAIGHT = [name for name in CASES if "each" not in name and name != "by slopes"]
"""Those whose gradient is the loss's own; slopes that weigh are held where it is taken."""


@pytest.mark.parametrize("name", STRAIGHT)
def test_hessian_is_the_jacobian_of_the_gradient(name: str) -> None:
    def slope(x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        (found,) = torch.autograd.grad(losses(name, x).sum(), x)
        return found

    step = 1e-5 * torch.randn_like(INPUT)
    curvature = hessian(lambda x: losses(name, x).sum())(INPUT)
    wanted = (slope(INPUT + step) - slope(INPUT - step)) / 2
    found = (curvature * step).sum((-3, -2, -1))
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "options"),
    [("recall", {}), ("f1", {"task": "multilabel", "classes": (0, 1)})],
    ids=str,
)
def test_hessian_where_a_side_costs_nothing(name: str, options: dict[str, Any]) -> None:
    loss = metricc.compile(name).loss(mix=0.5, mix_weights="slopes", **options)
    target = (torch.arange(INPUT.numel()) % 3 == 0).reshape(INPUT.shape)
    assert hessian(lambda x: loss(x, target))(INPUT).isfinite().all()


@pytest.mark.parametrize("name", ["multiclass", "subset", "each sample", "joint"])
def test_compiled_without_a_graph_break(name: str) -> None:
    compiled = torch.compile(loss_of(name), fullgraph=True, backend="aot_eager")
    input = INPUT.clone().requires_grad_()
    weight = None if name == "each sample" else WEIGHT
    compiled(input, CASES[name][2], weight).sum().backward()
    close(input.grad, jacobian(name).reshape(-1, *INPUT.shape).sum(0))

"""Eager steps of the portable path: part by part for large batches, and handed on where they must.

The function that differentiates is the reference: it reads any batch whole.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd import forward_ad

import metricc

if TYPE_CHECKING:
    from collections.abc import Callable

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]
SIZE = 2**16 * torch.get_num_threads()


def loss_of(name: str = "f1", **options: Any) -> torch.nn.Module:
    return metricc.compile(name).loss(kernels="none", **options)


def module_of(loss: torch.nn.Module) -> Any:
    return sys.modules[type(loss).__module__]


def step(loss: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    input, target, weight = batch
    input = input.detach().requires_grad_()
    value = loss(input, target, weight)
    (3 * value).backward()
    return value.detach(), input.grad


def flat(count: int) -> Batch:
    return torch.randn(count), (torch.rand(count) < 0.3).float(), None


def transposed() -> Batch:
    input, target, _ = flat(1000 * 700)
    return input.view(1000, 700).T, target.view(1000, 700).T, None


def strided() -> Batch:
    return flat(1_000_000)[0][::2], flat(500_000)[1].bool(), None


def repeated() -> Batch:
    return torch.randn(1000, 1).expand(1000, 700), (torch.rand(1000, 700) < 0.3).long(), None


def weighted() -> Batch:
    return torch.randn(1000, 700), (torch.rand(1000, 700) < 0.3).double(), torch.rand(700)


def masked() -> Batch:
    return torch.randn(2, 3, 90_000), torch.rand(2, 3, 90_000), torch.rand(2, 1, 90_000) < 0.5


def channels_last() -> Batch:
    input = torch.randn(4, 3, 300, 300).contiguous(memory_format=torch.channels_last)
    return input, (torch.rand(4, 3, 300, 300) < 0.3).float(), None


BATCHES: dict[str, Callable[[], Batch]] = {
    "none": lambda: flat(0),
    "one part": lambda: flat(SIZE),
    "one more than a part": lambda: flat(SIZE + 1),
    "parts that fit": lambda: flat(3 * SIZE),
    "a short last part": lambda: flat(3 * SIZE + 7),
    "transposed": transposed,
    "strided": strided,
    "repeated": repeated,
    "weights for rows": weighted,
    "soft targets and a mask": masked,
    "channels last": channels_last,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "logits": {},
    "probabilities": {"from_logits": False, "sharpness": 73.0},
    "linear": {"surrogate": "linear"},
    "rescaled": {"rescaled": True},
    "cross entropy": {"mix": 0.3},
    "cross entropy, by slopes": {"mix": 0.3, "mix_weights": "slopes"},
    "smooth": {"smooth": 1.0, "extended": False},
}


def assert_same(loss: torch.nn.Module, batch: Batch) -> None:
    """Compare a step with the function that differentiates, in float64."""
    value, gradient = step(loss, batch)
    input, target, weight = batch
    wide = input.double().requires_grad_()
    weight = None if weight is None else weight.double()
    with torch.autograd.forward_ad.dual_level():  # where the eager function is not chosen
        whole = loss(wide, target.double() if target.dim() == wide.dim() else target, weight)
    (3 * whole).backward()
    assert abs(value - whole) <= 2e-6
    size = wide.grad.abs().max() if wide.numel() else 0
    assert gradient.shape == input.shape
    assert ((gradient - wide.grad).abs() <= 2e-6 * size).all()


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_batch_in_parts_is_the_batch(name: str, options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    input, target, weight = BATCHES[name]()
    if not options.get("from_logits", True):
        input = torch.sigmoid(input)
    assert_same(loss_of(**options), (input, target, weight))


LAYOUTS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "classes": ({"task": "multiclass"}, (3, 5, 200, 150)),
    "classes and samples": ({"task": "multiclass", "per_sample": True}, (3, 5, 200, 150)),
    "rows of classes": ({"task": "multiclass"}, (60_000, 5)),
    "classes last": ({"task": "multiclass", "class_dim": -1}, (300, 200, 5)),
    "labels": ({"task": "multilabel"}, (60_000, 5)),
    "samples": ({"per_sample": True}, (3, 1, 400, 300)),
}


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize(("options", "shape"), LAYOUTS.values(), ids=LAYOUTS)
def test_groups_in_parts_are_the_groups(
    options: dict[str, Any], shape: tuple[int, ...], *, is_weighted: bool
) -> None:
    torch.manual_seed(0)
    input, target = torch.randn(shape), (torch.rand(shape) < 0.3).float()
    if options.get("task") == "multiclass":
        target = input.roll(1, 0).argmax(options.get("class_dim", 1))
    weight = torch.rand(shape[0], *[1] * (len(shape) - 1)) if is_weighted else None
    assert_same(loss_of(**options), (input, target, weight))


def chosen(loss: torch.nn.Module, input: torch.Tensor) -> str:
    return module_of(loss).choose(input).__name__


def test_transforms_and_subclasses_get_the_function_that_differentiates() -> None:
    loss, input = loss_of(), torch.randn(4)
    found: list[str] = []
    torch.func.grad(lambda x: found.append(chosen(loss, x)) or x.sum())(input)
    torch.func.vmap(lambda x: found.append(chosen(loss, x)) or x)(input)
    with forward_ad.dual_level():
        found.append(chosen(loss, input))
    with FakeTensorMode() as mode:
        found.append(chosen(loss, mode.from_tensor(input)))
    assert found == ["F1"] * 4
    assert chosen(loss, torch.nn.Parameter(input)) == chosen(loss, input) == "F1Eager"


def test_a_second_pass_makes_the_gradient_again() -> None:
    loss, input = loss_of(), torch.randn(50, requires_grad=True)
    value = loss(input, (torch.rand(50) < 0.3).float())
    first, second = (torch.autograd.grad(value, input, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_many_grad_outputs_at_once() -> None:
    input, scales = torch.randn(50, requires_grad=True), torch.tensor([1.0, -2.0, 0.0])
    value = loss_of()(input, (torch.rand(50) < 0.3).float())
    (once,) = torch.autograd.grad(value, input, retain_graph=True)
    (many,) = torch.autograd.grad(value, input, scales, is_grads_batched=True)
    assert torch.allclose(many, scales[:, None] * once, rtol=1e-5)


def test_parts_of_one_batch_need_no_memory_of_its_size() -> None:
    kept = torch.randn(4 * SIZE, requires_grad=True)
    value = loss_of()(kept, (torch.rand(4 * SIZE) < 0.3).float())
    assert value.grad_fn.soft is None


@pytest.mark.parametrize("scale", [1e-30, 1.0, 65536.0, 1e30])
def test_gradients_of_any_scale(scale: float) -> None:
    torch.manual_seed(0)
    input, target, _ = flat(100)
    once = input.double().requires_grad_()
    loss_of()(once, target).backward()
    scaled = input.requires_grad_()
    (scale * loss_of()(scaled, target)).backward()
    size = once.grad.abs().max()
    assert ((scaled.grad.double() / scale - once.grad).abs() <= 2e-6 * size).all()


@pytest.mark.parametrize(
    ("formula", "weight", "sharpness"),
    [("1e11*TP/(TP + FN)", None, 1e30), ("1e14*TP", 1e30, 10.0), ("1e14*FP", 1e30, 1e30)],
)
def test_gradients_are_brought_to_the_range_of_float32(
    formula: str, weight: float | None, sharpness: float
) -> None:
    loss = loss_of(formula, sharpness=sharpness, direction="max")
    input, target = torch.zeros(4, requires_grad=True), torch.tensor([1.0, 0.0, 1.0, 0.0])
    loss(input, target, None if weight is None else torch.full((4,), weight)).backward()
    assert input.grad.abs().max() == torch.finfo(torch.float32).max

"""What a loss accepts, refuses and returns: shapes, dtypes, weights, policy, saturation."""

from __future__ import annotations

import itertools
import math
import re

import oracle
import pytest
import torch

import metricc

F1 = "2*TP/(2*TP+FP+FN)"
HALVES = (torch.float16, torch.bfloat16)
FLOATS = (*HALVES, torch.float32, torch.float64)


@pytest.fixture(scope="module")
def f1() -> torch.nn.Module:
    return metricc.compile(F1).loss()


def gradient(
    loss: torch.nn.Module,
    input: torch.Tensor,
    target: torch.Tensor,
    sample_weight: torch.Tensor | None = None,
) -> torch.Tensor:
    input = input.clone().requires_grad_()
    loss(input, target, sample_weight).backward()
    return input.grad


@pytest.mark.parametrize("shape", [(), (5,), (5, 1), (2, 3, 4), (2, 1, 4, 4), (0,), (0, 3)])
def test_any_shape_gives_a_scalar_and_a_gradient_of_that_shape(
    f1: torch.nn.Module, shape: tuple[int, ...]
) -> None:
    input = torch.linspace(-1, 1, math.prod(shape)).view(shape)
    target = (torch.arange(math.prod(shape)) % 2).view(shape)
    assert f1(input, target).shape == ()
    assert gradient(f1, input, target).shape == shape
    assert gradient(f1, input, target).isfinite().all()


@pytest.mark.parametrize(
    "dtype", [torch.bool, torch.uint8, torch.int64, torch.int8, *FLOATS], ids=str
)
def test_any_dtype_of_target_means_the_same(f1: torch.nn.Module, dtype: torch.dtype) -> None:
    input, target = torch.tensor([-2.0, -0.5, 0.3, 1.0]), torch.tensor([0, 1, 0, 1])
    assert torch.allclose(f1(input, target.to(dtype)), f1(input, target.float()), rtol=1e-6)
    ours, wanted = (gradient(f1, input, target.to(d)) for d in (dtype, torch.float32))
    assert torch.allclose(ours, wanted, rtol=1e-6)


def test_soft_targets_count_in_part(f1: torch.nn.Module) -> None:
    input = torch.tensor([-1.0, 0.2, 0.7], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([0.1, 0.6, 1.0], dtype=torch.float64)
    plain = 1 - oracle.plain_metric(F1, {}, input, target)
    assert torch.allclose(f1(input, target), plain, rtol=1e-14)
    (wanted,) = torch.autograd.grad(plain, input)
    assert torch.allclose(gradient(f1, input.detach(), target), wanted, rtol=1e-12)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_loss_is_at_least_float32_and_gradient_of_the_inputs_dtype(
    f1: torch.nn.Module, dtype: torch.dtype
) -> None:
    input = torch.tensor([-1.0, 0.25, 0.5], dtype=dtype)
    target = torch.tensor([0, 1, 1])
    loss, grad = f1(input, target), gradient(f1, input, target)
    assert loss.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert grad.dtype == dtype
    assert torch.allclose(loss.double(), f1(input.double(), target), rtol=1e-6)
    assert torch.allclose(grad.double(), gradient(f1, input.double(), target), rtol=1e-2)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (2, 3)])
def test_weights_of_any_broadcastable_shape(f1: torch.nn.Module, shape: tuple[int, ...]) -> None:
    input = torch.tensor([[-1.0, 0.2, 0.7], [0.1, -0.3, 2.0]], dtype=torch.float64)
    target = torch.tensor([[0, 1, 1], [1, 0, 0]])
    weight = torch.arange(1.0, 1 + math.prod(shape), dtype=torch.float64).view(shape)
    repeats = weight.expand(2, 3).flatten().long()
    often, truth = (x.flatten().repeat_interleave(repeats) for x in (input, target))
    assert torch.allclose(f1(input, target, weight), f1(often, truth), rtol=1e-14)
    wanted = torch.zeros(6, dtype=torch.float64).index_add(
        0, torch.arange(6).repeat_interleave(repeats), gradient(f1, often, truth)
    )
    assert torch.allclose(gradient(f1, input, target, weight).flatten(), wanted, rtol=1e-12)


def test_weights_keep_the_gradients_dtype(f1: torch.nn.Module) -> None:
    input, target = torch.randn(4), torch.tensor([0, 1, 0, 1])
    for dtype in (torch.int64, torch.float16, torch.float64):
        weight = torch.tensor([1, 2, 1, 3], dtype=dtype)
        assert f1(input, target, weight).dtype == torch.float32
        assert gradient(f1, input, target, weight).dtype == torch.float32


@pytest.mark.parametrize(
    ("input", "target"),
    [((4, 1), (4,)), ((4,), (4, 1)), ((3,), (4,)), ((2, 3), (3, 2)), ((1,), ())],
)
def test_shapes_that_differ_are_refused_with_both_named(
    f1: torch.nn.Module, input: tuple[int, ...], target: tuple[int, ...]
) -> None:
    words = f"target and input must have the same shape, not {target} and {input}"
    with pytest.raises(ValueError, match=re.escape(words)):
        f1(torch.zeros(input), torch.zeros(target))


@pytest.mark.parametrize("shape", [(2,), (4, 1), (3, 4), (1, 1, 4)])
def test_weights_that_do_not_broadcast_are_refused(
    f1: torch.nn.Module, shape: tuple[int, ...]
) -> None:
    words = f"sample_weight must broadcast to input, not {shape} and (4,)"
    with pytest.raises(ValueError, match=re.escape(words)):
        f1(torch.zeros(4), torch.zeros(4), torch.ones(shape))


def test_what_would_get_no_gradient_is_refused(f1: torch.nn.Module) -> None:
    input, other = torch.zeros(3), torch.ones(3, requires_grad=True)
    with pytest.raises(ValueError, match="target requires grad"):
        f1(input, other)
    with pytest.raises(ValueError, match="sample_weight requires grad"):
        f1(input, torch.zeros(3), other)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64], ids=str)
def test_inputs_that_are_no_real_numbers_are_refused(
    f1: torch.nn.Module, dtype: torch.dtype
) -> None:
    with pytest.raises(TypeError, match=f"input must be floating point, not {dtype}"):
        f1(torch.ones(3, dtype=dtype), torch.zeros(3))


def test_repr_shows_formula_and_options(f1: torch.nn.Module) -> None:
    assert repr(f1) == (
        "MetricLoss(2*TP/(2*TP+FP+FN), sharpness=10.0, threshold=0.5, smooth=0.0, "
        "zero_division=0.0)"
    )


def test_numeric_options_are_constructor_arguments() -> None:
    metric = metricc.compile("fbeta", params={"beta": 2})
    loss_class = type(metric.loss())
    loss = loss_class(sharpness=4.0, threshold=0.3, smooth=1.0, zero_division=1.0, beta=3.0)
    input = torch.tensor([-1.0, 0.5, 0.2], dtype=torch.float64)
    target = torch.tensor([0, 1, 1])
    entries = oracle.soft_entries(input, target, sharpness=4.0, threshold=0.3)
    tp, fp, fn = (float(entries[name]) + 1 for name in ("TP", "FP", "FN"))
    assert float(loss(input, target)) == pytest.approx(1 - 10 * tp / (10 * tp + 9 * fn + fp))


@pytest.mark.parametrize("zero_division", [0.0, 1.0])
def test_a_batch_without_positives_follows_the_policy(zero_division: float) -> None:
    loss = metricc.compile("recall").loss(zero_division=zero_division)
    input, target = torch.randn(5), torch.zeros(5)
    assert float(loss(input, target)) == 1 - zero_division
    assert torch.equal(gradient(loss, input, target), torch.zeros(5))


def test_smooth_lets_a_batch_without_positives_teach() -> None:
    input, target = torch.randn(5), torch.zeros(5)
    still = gradient(metricc.compile("f1").loss(), input, target)
    assert torch.equal(still, torch.zeros(5))
    assert (gradient(metricc.compile("f1").loss(smooth=1.0), input, target) > 0).all()


EDGES = {
    "empty": (torch.zeros(0), torch.zeros(0)),
    "one positive": (torch.tensor([0.3]), torch.ones(1)),
    "one negative": (torch.tensor([0.3]), torch.zeros(1)),
    "no positives": (torch.linspace(-2, 2, 6), torch.zeros(6)),
    "no negatives": (torch.linspace(-2, 2, 6), torch.ones(6)),
    "perfect and certain": (torch.tensor([90.0, -90.0, 200.0]), torch.tensor([1, 0, 1])),
    "wrong and certain": (torch.tensor([-90.0, 90.0, -200.0]), torch.tensor([1, 0, 1])),
    "infinite logits": (torch.tensor([math.inf, -math.inf, 0.0]), torch.tensor([1, 0, 1])),
}


@pytest.mark.parametrize("surrogate", ["sigmoid", "identity"])
@pytest.mark.parametrize("name", [row.name for row in oracle.published()])
def test_edges_give_finite_losses_and_gradients(name: str, surrogate: str) -> None:
    metric = metricc.compile(name)
    if metric.compilation.behaviour.is_constant:
        return
    loss = metric.loss(direction="max", surrogate=surrogate, sharpness=73.0)
    for dtype, (edge, (input, target)) in itertools.product(FLOATS, EDGES.items()):
        assert loss(input.to(dtype), target).isfinite(), (dtype, edge)
        assert gradient(loss, input.to(dtype), target).isfinite().all(), (dtype, edge)


def test_a_nan_is_not_hidden(f1: torch.nn.Module) -> None:
    assert f1(torch.tensor([math.nan, 0.0]), torch.tensor([1, 0])).isnan()


def test_nothing_is_read_back_from_a_device(f1: torch.nn.Module) -> None:
    input = torch.zeros(8, device="meta", requires_grad=True)  # has no values to read
    f1(input, torch.zeros(8, device="meta")).backward()
    assert input.grad.shape == (8,)


def test_a_mask_is_a_weight(f1: torch.nn.Module) -> None:
    input, target = torch.tensor([-1.0, 0.5, 2.0, 0.1]), torch.tensor([0, 1, 255, 255])
    assert torch.allclose(f1(input, target, target != 255), f1(input[:2], target[:2]))


def test_slopes_beyond_float32_reach_the_gradient() -> None:
    loss = metricc.compile("dor").loss(sharpness=73.0)
    prob = torch.tensor([0.999, 0.998, 0.001, 0.002])
    target = torch.tensor([1, 1, 0, 0])
    ours = gradient(loss, torch.logit(prob.double()).float(), target)
    exact = gradient(loss, torch.logit(prob.double()), target)
    assert exact.abs().max() > 1e25
    assert torch.allclose(ours.double(), exact, rtol=1e-4)


def test_a_loss_scale_that_is_too_large_overflows_as_a_grad_scaler_expects(
    f1: torch.nn.Module,
) -> None:
    input = torch.tensor([-1.0, 0.5, 0.2, 0.9], dtype=torch.float16)
    target = torch.tensor([0, 1, 1, 0])
    once = gradient(f1, input, target).float()
    for scale in (2.0**10, 2.0**24):
        scaled = input.clone().requires_grad_()
        (scale * f1(scaled, target)).backward()
        wanted = (once * scale).half()
        assert torch.allclose(scaled.grad, wanted, rtol=2e-3)
        assert scaled.grad.isinf().any() == (scale > 2.0**20)


def test_a_step_down_the_gradient_lowers_the_loss(f1: torch.nn.Module) -> None:
    torch.manual_seed(0)
    input, target = torch.randn(200), (torch.rand(200) < 0.2).float()
    before = f1(input, target)
    for _ in range(20):
        input = input - 50 * gradient(f1, input, target)
    assert f1(input, target) < before - 0.1

"""What floating point may not take away: digits of long sums, of half precision, at the edges."""

from __future__ import annotations

import itertools
import math
from contextlib import nullcontext
from functools import cache
from typing import Any

import mpmath
import pytest
import torch
from edge_batches import TASKS, VARIANTS, compiled
from machine import COMPILER
from oracle import derivative, exact, published
from shelves import TWO_CLASSES

import metricc

WITH_LOOPS = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
PATHS = [
    (task, options)
    for task in VARIANTS
    for options in ({}, *VARIANTS[task], {"kernels": "c"})
    if "momentum" not in options  # what has seen other batches
]
HALVES = (torch.float16, torch.bfloat16)


def step(loss: torch.nn.Module, input: torch.Tensor, *rest: Any) -> tuple[torch.Tensor, ...]:
    leaf = input.detach().clone().requires_grad_()
    value = loss(leaf, *rest)
    (gradient,) = torch.autograd.grad(value.sum(), leaf)
    return value.detach(), gradient


def loss_of(formula: str, **options: Any) -> torch.nn.Module:
    return compiled(formula).loss(**{"kernels": "none", **options})


@WITH_LOOPS
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize(("task", "options"), PATHS, ids=str)
def test_half_precision_gives_the_float32_result_of_the_rounded_input(
    task: str, options: dict[str, Any], from_logits: bool
) -> None:
    loss = loss_of("f1", task=task, from_logits=from_logits, **options)
    torch.manual_seed(0)
    logits = torch.randn(40, 3) * 3
    given = logits.softmax(1) if task == "multiclass" else torch.sigmoid(logits)
    input = logits if from_logits else given
    target = torch.randint(3, (40,)) if task == "multiclass" else (torch.rand(40, 3) < 0.3).float()
    for dtype, is_cast in itertools.product(HALVES, (False, True)):
        half = input.to(dtype)
        expected, wide = step(loss, half.float(), target)
        with torch.autocast("cpu", dtype=torch.bfloat16) if is_cast else nullcontext():
            value, gradient = step(loss, half, target)
        assert value.dtype == torch.float32 and gradient.dtype == dtype
        torch.testing.assert_close(value, expected, rtol=1e-6, atol=1e-7)
        ulp, tiny = torch.finfo(dtype).eps, torch.finfo(dtype).smallest_normal
        torch.testing.assert_close(gradient.float(), wide, rtol=ulp, atol=tiny * ulp)


SUMS: list[tuple[str, tuple[int, ...]]] = [
    ("binary", (2_000_000,)),
    ("multilabel", (100_000, 5)),
    ("multilabel", (4, 3, 300, 300)),
    ("multiclass", (100_000, 5)),
]


@WITH_LOOPS
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kernels", ["none", "c"])
@pytest.mark.parametrize(("task", "shape"), SUMS)
def test_long_sums_of_equal_numbers_keep_their_digits(
    task: str, shape: tuple[int, ...], kernels: str, weighted: bool
) -> None:
    loss: Any = loss_of("mcc", task=task, kernels=kernels)
    size, sites = math.prod(shape), math.prod(shape) // (shape[1] if len(shape) > 1 else 1)
    for level in (-0.7, 0.3, 1.9):
        row = level + torch.arange(shape[1]) / 3 if len(shape) > 1 else torch.tensor(level)
        input = row.reshape(-1, *[1] * max(len(shape) - 2, 0)).expand(shape).contiguous()
        sample = input[:1] if len(shape) < 3 else input[:1, :, :1, :1]
        target = torch.zeros if task == "multiclass" else torch.ones
        kept = (0, *range(2, len(shape))) if task == "multiclass" else range(len(shape))
        all_of, one_of = ([x.shape[dim] for dim in kept] for x in (input, sample))
        dtype = torch.long if task == "multiclass" else torch.float32
        weight = torch.full([1] * len(kept), 0.7) if weighted else None
        wide = weight.expand(all_of) if weight is not None else None
        found = loss.counts(input, target(all_of, dtype=dtype), wide).double()
        one = loss.counts(sample, target(one_of, dtype=dtype), weight).double()
        wanted = one * (size if len(shape) == 1 else sites)
        torch.testing.assert_close(found, wanted, rtol=1.5e-6, atol=0)


CANCELLING = {"scott_pi", "number_needed_to_diagnose"}
"""Those that subtract what float32 cannot tell apart: from 1 a chance near 1, from 1 two rates."""
FORMULAS = {row.name: row for row in published()}
LARGE = [
    {"TP": 1e9, "TN": 1e9, "FP": 1e9, "FN": 1e9},
    {"TP": 4e8, "TN": 5e8, "FP": 3e7, "FN": 7e7},
    {"TP": 1e6, "TN": 9e8, "FP": 2e6, "FN": 5e5},
    {"TP": 10, "TN": 1e9, "FP": 1000, "FN": 20},
]


@pytest.mark.parametrize("counts", LARGE, ids=str)
@pytest.mark.parametrize("name", ["f1", "mcc", "gmean", "kappa", "jaccard", "fowlkes_mallows"])
def test_counts_of_1e9_neither_overflow_nor_cancel_in_float32(
    name: str, counts: dict[str, float]
) -> None:
    formula = FORMULAS["fm" if name == "fowlkes_mallows" else name].formula
    wanted = exact(formula, counts, {})
    with mpmath.workdps(50):
        numbers = {entry: mpmath.mpf(x) for entry, x in counts.items()}
        sides = ("TP", "FN"), ("FP", "TN")
        slopes = [float(derivative(formula, {}, numbers, *side)) for side in sides]
    loss, *found = in_float32(name, counts)
    assert wanted is not None
    assert abs(1 - loss - float(wanted)) <= 1e-6
    scale = max(map(abs, slopes))
    assert all(abs(x + y) <= 1e-5 * scale for x, y in zip(found, slopes, strict=True))


@pytest.mark.parametrize("name", TWO_CLASSES)
def test_no_metric_overflows_at_counts_of_1e9_in_float32(name: str) -> None:
    if compiled(name).compilation.behaviour.is_constant:
        pytest.skip("it does not depend on predictions")
    for counts in LARGE:
        found, wide = in_float32(name, counts), in_float32(name, counts, torch.float64)
        assert all(map(math.isfinite, found))
        scale = max(1, abs(wide[0]))
        assert abs(found[0] - wide[0]) <= 1e-5 * scale or name in CANCELLING


def in_float32(
    name: str, counts: dict[str, float], dtype: torch.dtype = torch.float32
) -> list[float]:
    """The loss and its slopes as a device without float64 computes them."""
    compilation, code = compiled(name).compilation, code_of(name)
    defaults = [float(p.default or 0) for p in compilation.typed.parameters]
    names = [n for n in ("tp", "tn", "fp", "fn") if n in compilation.program.inputs]
    entries = [torch.tensor(counts[n.upper()], dtype=dtype) for n in names]
    policy = [0.0] if "quotient" in compilation.program.functions() else []
    results = code["loss_and_slopes"](entries, 0.0, *policy, *defaults)
    return [float(x) for x in results]


@cache
def code_of(name: str) -> dict[str, Any]:
    direction = compiled(name).compilation.behaviour.direction or "max"
    code: dict[str, Any] = {}
    exec(compiled(name).source(direction=direction), code)
    return code


@pytest.mark.parametrize("kernels", ["none", pytest.param("c", marks=WITH_LOOPS)])
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_roots_at_0_have_a_bounded_slope_that_points_the_right_way(
    dtype: torch.dtype, kernels: str
) -> None:
    loss = loss_of("gmean", kernels=kernels, surrogate="uniform")
    input = torch.tensor([-6.0, -0.3, -5.0, 6.0], dtype=dtype)  # the uniform step is 0 below -0.4
    target = torch.tensor([1, 0, 0, 0])
    value, gradient = step(loss, input, target)
    assert value == 1 and gradient.isfinite().all()
    value, gradient = step(loss_of("gmean", kernels=kernels), input, target)
    assert gradient.isfinite().all()
    assert gradient[0] < 0 < gradient[1]  # the missed positive is pushed up


def batch_of(task: str, *, from_logits: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    input = torch.randn(40, 3, generator=generator)
    target = torch.arange(40) % 3 if task == "multiclass" else (input.roll(1, 0) > 0.5).float()
    if from_logits:
        return input, target
    return input.softmax(1) if task == "multiclass" else input.sigmoid(), target


@WITH_LOOPS
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("kernels", ["none", "c"])
@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("mix", [0.0, 0.5])
@pytest.mark.parametrize("task", TASKS)
def test_a_unit_of_all_weights_does_not_matter(
    task: str, mix: float, from_logits: bool, kernels: str
) -> None:
    loss = loss_of("f1", task=task, mix=mix, from_logits=from_logits, kernels=kernels)
    given, target = batch_of(task, from_logits=from_logits)
    shape = (40, 1) if task == "binary" else (40,)
    single, double = torch.float32, torch.float64
    units = [(1e-40, single), (1e-30, single), (3e38, single), (3e38, double)]
    for dtype in (torch.float32, torch.float16)[: 2 if kernels == "none" else 1]:
        input = given.to(dtype)
        wanted = step(loss, input, target, torch.ones(shape))
        for unit, of_weight in units:
            found = step(loss, input, target, torch.full(shape, unit, dtype=of_weight))
            few_digits = 1e-4 if unit == 1e-40 else 1e-6
            torch.testing.assert_close(found[0], wanted[0], rtol=few_digits, atol=few_digits)
            rtol = max(few_digits, 2 * torch.finfo(dtype).eps)
            torch.testing.assert_close(found[1], wanted[1], rtol=rtol, atol=few_digits / 10)


NOTHING_FOUND = [
    ("fowlkes_mallows", {}, [1.0, 0.0]),
    ("f1", {"zero_division": 1.0}, [0.0]),
    ("f1", {"zero_division": 1.0, "mix": 0.5}, [0.0]),
    ("mcc", {"mix": 0.5}, [1.0, 0.0]),
]


@WITH_LOOPS
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("kernels", ["none", "c"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
@pytest.mark.parametrize(("name", "options", "target"), NOTHING_FOUND, ids=str)
def test_a_singular_slope_of_a_large_weight_is_finite(
    name: str, options: dict[str, Any], target: list[float], dtype: torch.dtype, kernels: str
) -> None:
    loss = loss_of(name, surrogate="uniform", kernels=kernels, **options)
    for logit, weight in itertools.product((-5.0, -0.1, 0.0), (3.4e38, 1e30)):
        input = torch.full((len(target),), logit, dtype=dtype)
        value, gradient = step(loss, input, torch.tensor(target), torch.full((1,), weight))
        assert value.isfinite() and gradient.isfinite().all()


@WITH_LOOPS
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("kernels", ["none", "c"])
@pytest.mark.parametrize("options", [{}, {"average": "none"}, {"per_sample": True}], ids=str)
@pytest.mark.parametrize("task", TASKS)
def test_weights_of_the_largest_float32_are_finite_as_doubles(
    task: str, options: dict[str, Any], kernels: str
) -> None:
    if task == "binary" and "average" in options:
        options = {"momentum": 0.5}
    weight = torch.full((40, 1) if task == "binary" else (40,), 3.4e38, dtype=torch.float64)
    for name, dtype in itertools.product(("mcc", "gmean", "dor"), (torch.float32, torch.float64)):
        if kernels == "none" or (name == "mcc" and dtype == torch.float32):
            input, target = batch_of(task)
            loss: Any = loss_of(name, task=task, kernels=kernels, **options)
            value, gradient = step(loss, input.to(dtype), target, weight)
            assert value.isfinite().all() and gradient.isfinite().all()
            assert loss.metric(input, target, weight).isfinite().all()


@WITH_LOOPS
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("kernels", ["none", "c"])
@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("task", TASKS)
def test_a_masked_running_average_of_infinite_logits_is_finite_in_autocast(
    task: str, dtype: torch.dtype, kernels: str
) -> None:
    loss = loss_of("f1", task=task, momentum=0.5, kernels=kernels)
    input, target = batch_of(task)
    input[0], input[1], input[2, 0] = math.inf, -math.inf, math.inf
    mask = torch.ones(40, 1) if task == "binary" else torch.ones(40)
    mask[:9:3] = 0
    for _ in range(2):
        leaf = input.to(dtype).requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            value = loss(leaf, target, mask=mask)
        value.backward()
        assert 0 < value < 1 and leaf.grad.isfinite().all()
        assert (leaf.grad[:9:3] == 0).all() and leaf.grad[9:].any()


HIGH_POWERS = ["sqrt((TP/FP)^9)", "(TP/FP)^9/TP", "(TP/FP)^9.5*TN", "sqrt((TP/FP)^5*(TN/FN)^5)"]


@WITH_LOOPS
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("kernels", ["none", "c"])
@pytest.mark.parametrize("task", ["binary", "multilabel"])
@pytest.mark.parametrize("formula", HIGH_POWERS)
def test_high_powers_of_a_bound_are_finite(formula: str, task: str, kernels: str) -> None:
    metric = metricc.compile(formula)
    loss = metric.loss(task=task, surrogate="uniform", direction="max", kernels=kernels)
    input = torch.tensor([[5.0, 4.0], [-4.0, -0.2], [3.0, 5.0]])
    for target in (input > 0, input > 4, input < 9, input > 9):
        value, gradient = step(loss, input, target.float())
        assert value.isfinite() and gradient.isfinite().all()
    code: dict[str, Any] = {}
    exec(metric.source("numpy"), code)
    for counts in itertools.product((0.0, 3.0), repeat=4):
        names = dict(zip(("tp", "fp", "fn", "tn"), counts, strict=True))
        assert math.isfinite(metric.value(**names))
        assert math.isfinite(code["metric_from_counts"](**names))


HARD = [("binary", {}), ("binary", {"from_logits": False}), ("multilabel", {})]
HARD += [("multiclass", {"average": average}) for average in ("macro", "weighted", "none")]


@pytest.mark.parametrize("formula", ["f1", "mcc", "accuracy"])
@pytest.mark.parametrize(("task", "options"), HARD, ids=str)
def test_a_nan_shows_in_the_metric_unless_it_weighs_nothing(
    task: str, options: dict[str, Any], formula: str
) -> None:
    loss: Any = loss_of(formula, task=task, **options)
    input = torch.rand(6, 3, generator=torch.Generator().manual_seed(0))
    target = torch.arange(6) % 3 if task == "multiclass" else (input > 0.4).flip(0)
    broken = input.clone()
    broken[2, 1] = torch.nan
    assert loss.metric(broken, target).isnan().any()
    assert loss.metric(input * torch.nan, target).isnan().all()
    weight = torch.ones(6, 1)
    weight[2] = 0
    for name in ("sample_weight", "mask"):
        left = {name: weight if task == "binary" else weight[:, 0]}
        wanted = loss.metric(input, target, **left)
        torch.testing.assert_close(loss.metric(broken, target, **left), wanted)
        assert wanted.isfinite().all()


def test_a_nan_shows_in_a_score() -> None:
    truth, nan = [0, 1, 1], math.nan
    for name in ("f1", "multiclass_mcc"):
        with pytest.raises(ValueError, match=r"must hold .*, not nan"):
            compiled(name).score(truth, [0, 1, nan])
        with pytest.raises(ValueError, match=r"must hold .*, not nan"):
            compiled(name).score([nan, 1, 1], truth)
        with pytest.raises(ValueError, match="sample_weight must be finite"):
            compiled(name).score(truth, [1, 1, 0], sample_weight=[1, nan, 1])


@WITH_LOOPS
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("kernels", ["none", "c"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ["positive_likelihood_ratio", "negative_likelihood_ratio"])
def test_a_mean_of_bounded_losses_is_finite(name: str, task: str, kernels: str) -> None:
    loss = loss_of(name, task=task, kernels=kernels, per_sample=True)
    input = torch.randn(12, 3, 4, generator=torch.Generator().manual_seed(0))
    target = torch.zeros(12, 4, dtype=torch.long) if task == "multiclass" else torch.ones(12, 3, 4)
    value, gradient = step(loss, input, target)
    assert value.dtype == torch.float32
    assert value.isfinite() and gradient.isfinite().all()
    few = step(loss, input[:1].expand(12, 3, 4), target)[0]
    torch.testing.assert_close(few, step(loss, input[:1], target[:1])[0])


@pytest.mark.parametrize("formula", ["TP*1e20/(TP+FP)", "TP*10^15*10^10/(TP+FP)"])
def test_a_number_beyond_64_bits_reaches_tensors_too(formula: str) -> None:
    loss = metricc.compile(formula).loss(direction="max", kernels="none")
    input, target = torch.tensor([0.3, -1.0, 2.0]), torch.tensor([1.0, 0.0, 1.0])
    _, wanted = step(loss, input, target)
    torch.testing.assert_close(torch.func.grad(loss)(input, target), wanted)
    leaf = input.clone().requires_grad_()
    torch.compile(loss, backend="aot_eager", fullgraph=True)(leaf, target).backward()
    torch.testing.assert_close(leaf.grad, wanted)


@pytest.mark.parametrize("missing", [0.0, 1e-300, 1e-12])
def test_a_root_at_0_pushes_positives_up(missing: float) -> None:
    loss, pos, neg = code_of("gmean")["loss_and_slopes"]([missing, 50.0, 3.0, 10.0], 0.0, 0.0)
    assert loss <= 1 and -1e60 <= pos < 0 <= neg <= 1e60


@pytest.mark.parametrize("kernels", ["none", pytest.param("c", marks=WITH_LOOPS)])
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("sharpness", [10.0, 73.0])
def test_odds_on_separable_data_have_a_finite_gradient(sharpness: float, kernels: str) -> None:
    target = torch.arange(400) % 4 == 0
    logits = torch.where(target, 20.0, -20.0) + torch.linspace(-1, 1, 400)
    for name, dtype in itertools.product(("dor", "log_dor"), (torch.float16, torch.float32)):
        loss = loss_of(name, kernels=kernels, sharpness=sharpness)
        _, gradient = step(loss, logits.to(dtype), target)
        assert gradient.isfinite().all()
        if dtype == torch.float32:  # a gradient that float16 has no number for may be 0
            assert (gradient[target] < 0).all() and (gradient[~target] > 0).all()


@pytest.mark.parametrize("kernels", ["none", pytest.param("c", marks=WITH_LOOPS)])
@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("name", ["f1", "mcc", "gmean", "kappa", "jaccard"])
def test_no_probability_has_a_gradient_of_0_at_sharpness_73(name: str, kernels: str) -> None:
    ends = 2.0 ** -torch.arange(1, 25)
    prob = torch.cat([torch.rand(500), ends, 1 - ends, torch.tensor([1e-30])]).clamp(1e-30)
    assert ((prob > 0) & (prob < 1)).all()
    target = torch.arange(len(prob)) % 2
    loss = loss_of(name, kernels=kernels, from_logits=False, sharpness=73.0)
    _, gradient = step(loss, prob, target)
    assert (gradient[target == 1] < 0).all() and (gradient[target == 0] > 0).all()


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_a_running_average_shows_a_nan_and_does_not_keep_it(task: str) -> None:
    loss, other = (loss_of("f1", task=task, momentum=0.5) for _ in range(2))
    torch.manual_seed(0)
    input, target = torch.randn(2, 20, 3), (torch.rand(2, 20, 3) < 0.3).float()
    for number in range(2):
        broken = input[number].clone()
        broken[0, 0] = torch.nan
        assert loss(broken, target[number]).isnan()
        found, wanted = (x(input[number], target[number]) for x in (loss, other))
        assert found == wanted

"""Triton kernels agree with the portable operations: on a CPU by interpretation, and on CUDA."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oracle
import pytest
import torch
from assembly import assembly
from interpreted import (
    FLOATS,
    Emitted,
    Step,
    agree,
    batched_step,
    emitted,
    interpreter,
    portable_step,
    second_step,
    several_steps,
    step,
)
from pairwise import Row, pairwise
from test_emitted import ALL_SURROGATES

import metricc
from metricc.inprocess import load
from metricc.library import load_library

has_triton = importlib.util.find_spec("triton") is not None
needs_triton = pytest.mark.skipif(not has_triton, reason="needs triton")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """run(step, file, input, target) gives loss and gradient of Triton's interpreter."""
    with interpreter() as pool:
        yield lambda function, *args, **options: pool.submit(function, *args, **options).result()


def batch(size: int, spread: float = 2.0) -> Step:
    generator = torch.Generator().manual_seed(size)
    input = spread * torch.randn(size, generator=generator)
    return input, torch.rand(size, generator=generator) < 0.3


@needs_triton
@pytest.mark.parametrize("name", [row.name for row in oracle.published()])
def test_each_metric_of_the_library(run: Run, name: str) -> None:
    if metricc.compile(name).compilation.behaviour.is_constant:
        return
    file = emitted(name)
    for case in (batch(300), batch(100, spread=20.0), batch(1), batch(0)):
        agree(run(step, file, *case), portable_step(file, *case))


FORMULAS = [
    "atan(TP/FP) + asin(TP/(TP+FN)) + tanh(FP/(FP+TN)) - cbrt(FN/(TP+FN))",
    "log1p(TP/(TP+FP)) + xlogx(TP/(TP+FN)) + normal_cdf(3*FP/(FP+TN)) + 0.1",
    "let tl = TP/(TP+FN) in let mask = 1/(1+TP/FP) in tl*mask^0.3 + sigmoid(tl) + exp(-mask)",
    "max(TP/(TP+FN), 0.3) + min(TN/(TN+FP), 0.7, TP/(TP+FP)) + log2(1.1 + abs(sin(TP/FP)))",
]


@needs_triton
@pytest.mark.parametrize("formula", FORMULAS)
def test_each_function_in_double_precision(run: Run, formula: str) -> None:
    file = emitted(formula)
    input, target = batch(300)
    agree(run(step, file, input.double(), target), portable_step(file, input, target))


OPTIONS: dict[str, tuple[object, ...]] = {
    "surrogate": tuple(load_library().surrogates),
    "rescaled": (False, True),
    "from_logits": (True, False),
    "extended": (False, True),
    "dtype": FLOATS,
    "target": (torch.bool, torch.uint8, torch.int64, torch.float32),
    "weight": (None, (), (1,), (20,), (15, 1), (15, 20)),
    "spread": (1.0, 20.0),
}


@needs_triton
@pytest.mark.parametrize("row", pairwise(OPTIONS, lambda _: True, 400), ids=str)
def test_options_and_dtypes_in_pairs(run: Run, row: Row) -> None:
    chosen = {k: row[k] for k in ("surrogate", "rescaled", "from_logits", "extended")}
    file = emitted("fbeta", {"beta": 0.7}, threshold=0.4, **chosen)
    input, target = (x.view(15, 20) for x in batch(300, row["spread"]))
    input = (input if row["from_logits"] else input.double().sigmoid()).to(row["dtype"])
    target = target.to(row["target"])
    if row["target"] is torch.float32:
        target = 0.1 + 0.8 * target
    weight = row["weight"]
    if weight is not None:
        weight = (torch.arange(math.prod(weight)) % 3).view(weight)
        weight = torch.where(weight > 0, weight, 0.25).float()
    agree(run(step, file, input, target, weight), portable_step(file, input, target, weight))


@needs_triton
def test_any_layout_in_memory(run: Run) -> None:
    file = emitted("f1")
    input, target = (x.view(15, 20) for x in batch(300))
    weight = torch.arange(300.0).view(20, 15).T
    wanted = portable_step(file, input, target, weight)
    agree(run(step, file, input.T.contiguous().T, target, weight), wanted)
    agree(
        run(step, file, input[:, ::2], target[:, 1::2]),
        portable_step(file, input[:, ::2], target[:, 1::2]),
    )


@needs_triton
def test_infinite_logits_are_certain_and_nan_is_not_hidden(run: Run) -> None:
    file = emitted("mcc")
    target = torch.tensor([1, 0, 1, 0])
    certain = torch.tensor([math.inf, -math.inf, 0.0, 1.0])
    agree(run(step, file, certain, target), portable_step(file, certain, target))
    loss, gradient = run(step, file, torch.tensor([math.nan, 1.0, 0.0, 2.0]), target)
    assert loss.isnan()
    assert gradient[0].isnan()


@needs_triton
def test_what_weighs_nothing_may_be_anything(run: Run) -> None:
    file = emitted("f1", extended=True)
    input, target = torch.tensor([math.nan, 1.0, -1.0]), torch.tensor([0.0, 1.0, 0.0])
    loss, gradient = run(step, file, input, target, torch.tensor([0.0, 1.0, 1.0]))
    bare, rest = run(step, file, input[1:], target[1:])
    assert torch.equal(loss, bare)
    assert torch.equal(gradient, torch.cat([torch.zeros(1), rest]))


@needs_triton
@pytest.mark.parametrize("name", ["f1", "mcc", "gmean", "dor", "plr"])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_batches_of_one_kind_give_finite_gradients(run: Run, name: str, dtype: torch.dtype) -> None:
    file = emitted(name, sharpness=73.0)
    sure = torch.tensor([90.0, -90.0, 200.0])
    for input, target in ((sure, sure > 0), (sure, sure < 0), (sure, sure == 0), (-sure, sure < 9)):
        loss, gradient = run(step, file, input.to(dtype), target)
        assert loss.isfinite()
        assert gradient.isfinite().all()


@needs_triton
def test_a_loss_scale_that_is_too_large_overflows(run: Run) -> None:
    file = emitted("f1")
    input, target = torch.tensor([-1.0, 0.5, 0.2, 0.9]).half(), torch.tensor([0, 1, 1, 0])
    _, once = run(step, file, input, target)
    _, scaled = run(step, file, input, target, scale=2.0**10)
    assert torch.allclose(scaled.double(), 2.0**10 * once.double(), rtol=2e-3)
    _, overflown = run(step, file, input, target, scale=2.0**24)
    assert overflown.isinf().any()


@needs_triton
def test_smooth_and_zero_division_are_read_in_doubles(run: Run) -> None:
    file = emitted("recall", zero_division=0.1, smooth=1e-9)
    input, target = torch.randn(5, dtype=torch.float64), torch.zeros(5)
    agree(run(step, file, input, target), portable_step(file, input, target))
    file = emitted("recall", zero_division=0.1)
    loss, _ = run(step, file, input, target)
    assert float(loss) == 0.9


@needs_triton
def test_given_counts_take_the_place_of_the_batch(run: Run) -> None:
    file = emitted("mcc", extended=True)
    input, target = batch(100)
    counts = torch.tensor([30.0, 10.0, 20.0, 70.0])
    ours = run(step, file, input, target, counts=counts)
    agree(ours, portable_step(file, input, target, counts=counts))


@needs_triton
def test_the_same_bits_each_time(run: Run) -> None:
    first, *rest = run(several_steps, emitted("mcc"), 3, *batch(1000))
    for loss, gradient in rest:
        assert torch.equal(loss, first[0])
        assert torch.equal(gradient, first[1])


@needs_triton
def test_a_gradient_that_is_differentiated_comes_from_torch(run: Run) -> None:
    file = emitted("mcc")
    input, target = batch(20)
    ours = run(second_step, file, "Triton", input.double(), target)
    assert torch.allclose(ours, second_step(file, "", input.double(), target), rtol=1e-12)


@needs_triton
def test_many_grad_outputs_at_once_come_from_torch(run: Run) -> None:
    file = emitted("mcc")
    input, target = batch(20)
    ours = run(batched_step, file, "Triton", input.double(), target)
    _, one = portable_step(file, input, target)
    assert torch.allclose(ours, torch.stack([one, 2 * one, 3 * one]), rtol=1e-12)


@needs_triton
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize(
    "options", [{}, {"surrogate": "linear", "extended": True}, {"surrogate": "probit"}], ids=str
)
def test_kernels_compile_for_a_device_that_is_not_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dtype: torch.dtype, options: dict[str, Any]
) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    input, target = batch(3072)
    file = emitted("cohen_kappa", zero_division=0.1, **options)
    found = assembly(file, input.to(dtype), target, torch.ones(()))
    assert [*found] == ["count_kernel", "metric_kernel", "gradient_kernel"]
    assert all("ld.global.v" in found[name] for name in ("count_kernel", "gradient_kernel"))


def test_files_pass_linter_and_formatter(tmp_path: Path) -> None:
    for i, options in enumerate((*ALL_SURROGATES, {"extended": True, "log": True})):
        (tmp_path / f"loss{i}.py").write_text(emitted("fbeta", **options).text, encoding="utf-8")
    for command in (("check",), ("format", "--check")):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", str(tmp_path)]
        run = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout


def test_a_file_without_triton_is_portable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "triton", None)
    file = emitted("f1")
    module = load(f"{file.text}\n# imported without triton\n")
    input, target = batch(10)
    assert module.triton is None
    assert not module.fits_triton(input, target, None)
    assert torch.isfinite(module.F1Loss()(input, target))


def test_a_batch_on_a_cpu_is_none_for_the_kernels() -> None:
    assert not load(emitted("f1").text).fits_triton(*batch(10), None)


def on_cuda(file: Emitted, function: str, size: int) -> Callable[[], torch.Tensor]:
    input, target = (x.cuda() for x in batch(size))
    leaf = input.requires_grad_()
    apply = getattr(load(file.text), f"{file.name}{function}").apply

    def one_step() -> torch.Tensor:
        leaf.grad = None
        apply(leaf, target, None, file.options).backward()
        return leaf.grad

    return one_step


@needs_triton
@needs_cuda
@pytest.mark.parametrize("name", ["f1", "mcc", "gmean"])
@pytest.mark.parametrize("size", [1, 4096, 3_000_001])
def test_cuda_gives_the_same_without_waiting(name: str, size: int) -> None:
    file = emitted(name)
    one_step = on_cuda(file, "Triton", size)
    first = one_step()
    torch.cuda.set_sync_debug_mode("error")
    try:
        second = one_step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    input, target = batch(size)
    _, exact = portable_step(file, input, target)
    assert torch.equal(first, second)
    assert (first.cpu().double() - exact).abs().max() <= 2e-6 * exact.abs().max()


@needs_triton
@needs_cuda
def test_a_step_on_cuda_is_four_launches_at_most() -> None:
    one_step = on_cuda(emitted("mcc"), "Triton", 100_000)
    one_step()
    cuda = torch.profiler.ProfilerActivity.CUDA
    with torch.profiler.profile(activities=[cuda]) as profile:
        one_step()
        torch.cuda.synchronize()
    launched = [e for e in profile.events() if e.device_type == torch.autograd.DeviceType.CUDA]
    assert 3 <= len(launched) <= 4

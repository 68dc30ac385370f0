"""Triton kernels of several confusion matrices agree with the portable operations."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from assembly import assembly
from interpreted import FLOATS, agree, emitted, interpreter, portable_step, second_step, step

pytestmark = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="needs triton")

Run = Callable[..., Any]
LABELS, CLASSES = {"task": "multilabel"}, {"task": "multiclass"}
EACH = {"average": "none"}
SAMPLES = {"per_sample": True}
SHARP = {"surrogate": "softmax", "sharpness": 3.0}
OPTIONS = [
    SAMPLES,
    LABELS,
    {**LABELS, **EACH, "surrogate": "linear"},
    {**LABELS, **SAMPLES, "from_logits": False, "rescaled": True},
    CLASSES,
    {**CLASSES, **EACH},
    {**CLASSES, **SHARP, "average": "weighted"},
    {**CLASSES, **SHARP, "from_logits": False},
    {**CLASSES, **EACH, **SAMPLES, "from_logits": False},
    {**CLASSES, **SAMPLES, "average": "micro"},
    {**CLASSES, "classes": (1, 2), "exponent": 0.75},
]
SHAPES = [(40, 5), (3, 5, 7, 2), (2, 1, 9)]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """run(step, file, input, target) gives loss and gradient of Triton's interpreter."""
    with interpreter() as pool:
        yield lambda function, *args, **options: pool.submit(function, *args, **options).result()


def batch(
    options: dict[str, Any], shape: tuple[int, ...], kind: str = "index"
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return an input and a target as `arrange` leaves them, classes in dimension 1."""
    generator = torch.Generator().manual_seed(0)
    input = 2 * torch.randn(shape, generator=generator)
    if options.get("task") != "multiclass":
        target = torch.rand(shape, generator=generator) < 0.3
        wanted = torch.sigmoid(input)
    else:
        shares = torch.randn(shape, generator=generator).softmax(1)
        target = shares.argmax(1) if kind == "index" else shares
        wanted = input.softmax(1)
    input = input if options.get("from_logits", True) else wanted
    if "per_sample" in options:
        return input.unsqueeze(-1), target.unsqueeze(-1)
    return input, target


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_each_task_and_average(run: Run, options: dict[str, Any], shape: tuple[int, ...]) -> None:
    if "classes" in options and shape[1] < 3:
        return
    file = emitted("fbeta", {"beta": 0.7}, extended=True, **options)
    agree(run(step, file, *batch(options, shape)), portable_step(file, *batch(options, shape)))


@pytest.mark.parametrize("options", [o for o in OPTIONS if SAMPLES.items() - o.items()], ids=str)
def test_each_layout_in_memory(run: Run, options: dict[str, Any]) -> None:
    file = emitted("mcc", extended=True, **options)
    input, target = batch(options, (4, 5, 6, 3))
    last = input.movedim(1, -1).contiguous().movedim(-1, 1)
    agree(run(step, file, last, target), portable_step(file, last, target))
    part = input[:, :, ::2, ::2], target[..., ::2, ::2]
    agree(run(step, file, *part), portable_step(file, *part))


@pytest.mark.parametrize("weight", [(4, 1, 1, 1), (4, 1, 6, 3), (4, 5, 6, 3)], ids=str)
@pytest.mark.parametrize("options", [LABELS, CLASSES, {**CLASSES, **SAMPLES}], ids=str)
def test_weights_per_sample_or_site(
    run: Run, options: dict[str, Any], weight: tuple[int, ...]
) -> None:
    if options is not LABELS:
        weight = (weight[0], 1, *weight[2:])
    file = emitted("f1", extended=True, **options)
    input, target = batch(options, (4, 5, 6, 3))
    weights = torch.rand(weight).round(decimals=1)
    if "per_sample" in options:
        weights = weights.expand(4, 5, 6, 3).unsqueeze(-1)
    agree(run(step, file, input, target, weights), portable_step(file, input, target, weights))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("kind", ["index", "shares"])
def test_each_dtype_saturated_or_not(run: Run, dtype: torch.dtype, kind: str) -> None:
    file = emitted("f1", extended=True, **CLASSES)
    input, target = batch(CLASSES, (4, 5, 6, 3), kind)
    for spread in (1.0, 20.0):
        case = (spread * input).to(dtype), target
        agree(run(step, file, *case), portable_step(file, *case))


def test_a_metric_of_all_classes(run: Run) -> None:
    file = emitted("multiclass_mcc", extended=True)
    case = batch(CLASSES, (30, 4))
    agree(run(step, file, *case), portable_step(file, *case))


def test_no_samples_at_all(run: Run) -> None:
    file = emitted("f1", extended=True, **CLASSES)
    loss, gradient = run(step, file, torch.zeros(0, 4, 6), torch.zeros(0, 6, dtype=torch.int64))
    assert loss.isfinite().all()
    assert gradient.shape == (0, 4, 6)


def test_given_counts_and_second_derivatives(run: Run) -> None:
    file = emitted("f1", extended=True, **CLASSES)
    input, target = batch(CLASSES, (30, 4))
    counts = torch.arange(1.0, 13.0).view(3, 4)
    ours = run(step, file, input, target, counts=counts)
    agree(ours, portable_step(file, input, target, counts=counts))
    second = run(second_step, file, "Triton", input.double(), target)
    assert torch.allclose(second, second_step(file, "", input.double(), target), rtol=1e-12)


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [(torch.float32, (8, 16, 32)), (torch.bfloat16, (8, 5)), (torch.float64, (1, 1, 7))],
    ids=str,
)
@pytest.mark.parametrize("options", [SAMPLES, LABELS, CLASSES, {**CLASSES, **SHARP}], ids=str)
def test_kernels_compile_for_a_device_that_is_not_here(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: dict[str, Any],
    dtype: torch.dtype,
    shape: tuple[int, ...],
) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    input, target = batch(options, shape)
    file = emitted("f1", extended=True, **options)
    assert [*assembly(file, input.to(dtype), target)] == ["count_kernel", "gradient_kernel"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_cuda_gives_the_same(options: dict[str, Any]) -> None:
    file = emitted("mcc", extended=True, **options)
    input, target = batch(options, (4, 5, 60, 30))
    loss, gradient = step(file, input.cuda(), target.cuda())
    agree((loss.cpu(), gradient.cpu()), portable_step(file, input, target))

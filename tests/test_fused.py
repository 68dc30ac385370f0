"""The loops in C: the same results as torch's operations in float64, whatever the batch is like."""

from __future__ import annotations

import copy
import itertools
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from machine import COMPILER
from shelves import TWO_CLASSES

import metricc

pytestmark = [
    pytest.mark.skipif(COMPILER is None, reason="there is no C compiler"),
    pytest.mark.usefixtures("kernels_on"),
]
PRECISION = {torch.float64: 1e-12, torch.float32: 2e-6, torch.bfloat16: 8e-3, torch.float16: 1e-3}


def losses(formula: str, **options: Any) -> tuple[torch.nn.Module, torch.nn.Module]:
    """The loss with loops in C, and with torch's operations alone."""
    metric = metricc.compile(formula)
    return metric.loss(kernels="c", **options), metric.loss(kernels="none", **options)


def step(loss: torch.nn.Module, input: torch.Tensor, *rest: Any) -> tuple[torch.Tensor, ...]:
    """The loss, and its gradient as a training step gets it, of groups with a factor each."""
    leaf = input.detach().requires_grad_()
    value = loss(leaf, *rest)
    factors = 1 + torch.arange(value.numel()).reshape(value.shape) / 4
    (value * factors).sum().backward()
    assert leaf.grad is not None
    return value.detach(), leaf.grad


def assert_same(
    formula: str, input: torch.Tensor, *rest: torch.Tensor | None, **options: Any
) -> None:
    """The loops' gradient agrees with the other in float64, to a part of its largest component."""
    fused, portable = losses(formula, **options)
    value, gradient = step(fused, input, *rest)
    expected, wide = step(portable, input.double(), *rest)
    precision = PRECISION[input.dtype]
    assert "Fused" in names_of_graph(fused(input.detach().requires_grad_(), *rest))
    assert gradient.dtype == input.dtype and gradient.shape == input.shape
    torch.testing.assert_close(value.double(), expected, rtol=1e-6, atol=1e-6)
    largest = wide.abs().max().item()
    assert (gradient.double() - wide).abs().max().item() <= precision * largest


def names_of_graph(loss: torch.Tensor) -> str:
    names, node = "", loss.grad_fn
    while node is not None:
        names += type(node).__name__
        node = node.next_functions[0][0] if node.next_functions else None
    return names


def batch(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return (torch.randn(shape) * 2).to(dtype)


def truth(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return (torch.rand(shape) < 0.3).to(dtype)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", TWO_CLASSES)
def test_metrics_are_the_same_in_c(name: str) -> None:
    metric = metricc.compile(name)
    direction = metric.compilation.behaviour.direction
    if metric.compilation.behaviour.is_constant:
        pytest.skip("it does not depend on predictions")
    options = {} if direction else {"direction": "max"}
    assert_same(name, batch(500), truth(500), **options)


@pytest.mark.parametrize("rescaled", [False, True])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize(
    "surrogate", ["sigmoid", "identity", "cosine", "uniform", "linear", "probit"]
)
def test_surrogates(surrogate: str, from_logits: bool, rescaled: bool) -> None:
    input = batch(1500) if from_logits else torch.sigmoid(batch(1500))
    options = {"surrogate": surrogate, "from_logits": from_logits, "rescaled": rescaled}
    assert_same("f1", input, truth(1500), **options)


DTYPES = list(PRECISION)
TARGETS = [torch.bool, torch.uint8, torch.int64, torch.float32, torch.bfloat16]


@pytest.mark.parametrize(
    ("dtype", "target"), list(zip(itertools.cycle(DTYPES), TARGETS, strict=False))
)
@pytest.mark.parametrize("weight", [None, torch.float32, torch.bool])
def test_dtypes(dtype: torch.dtype, target: torch.dtype, weight: torch.dtype | None) -> None:
    weights = None if weight is None else torch.randint(3, (600,)).to(weight)
    assert_same("mcc", batch(600, dtype=dtype), truth(600, dtype=target), weights)


LAYOUTS = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.transpose(0, -1).contiguous().transpose(0, -1),
    "classes last": lambda x: x.movedim(1, -1).contiguous().movedim(-1, 1),
    "every other": lambda x: x.repeat_interleave(2, dim=-1)[..., ::2],
    "a crop": lambda x: torch.nn.functional.pad(x, (1, 1, 1, 1))[..., 1:-1, 1:-1],
    "sites swapped": lambda x: x.transpose(-1, -2).contiguous().transpose(-1, -2),
}
TASKS: dict[str, dict[str, Any]] = {
    "binary": {},
    "multilabel": {"task": "multilabel"},
    "multiclass": {"task": "multiclass"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("per_sample", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_layouts(task: str, per_sample: bool, layout: str) -> None:
    input = LAYOUTS[layout](batch(6, 4, 5, 7))
    target = torch.randint(4, (6, 5, 7)) if task == "multiclass" else truth(6, 4, 5, 7)
    weights = torch.rand(6, 5, 7) if task != "binary" else None
    assert_same("jaccard", input, target, weights, **TASKS[task], per_sample=per_sample)


@pytest.mark.parametrize("shape", [(70000, 3), (3, 5, 2), (40, 300), (2, 3, 33000), (1, 1)])
@pytest.mark.parametrize("average", ["macro", "micro", "weighted", "none"])
@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_sizes_of_groups(task: str, average: str, shape: tuple[int, ...]) -> None:
    target = truth(*shape)
    if task == "multiclass":
        target = torch.randint(shape[1], (shape[0], *shape[2:]))
    assert_same("f1", batch(*shape), target, task=task, average=average)


MULTICLASS: list[dict[str, Any]] = [
    {"from_logits": False},
    {"surrogate": "softmax", "sharpness": 5},
    {"surrogate": "softmax", "from_logits": False},
    {"ignore_index": 2},
    {"classes": (0, 2), "weight": (1.0, 2.0)},
    {"class_dim": -1},
]


@pytest.mark.parametrize("options", MULTICLASS, ids=str)
def test_what_multiclass_takes(options: dict[str, Any]) -> None:
    input = batch(5, 4, 9)
    if not options.get("from_logits", True):
        input = input.softmax(1)
    if "class_dim" in options:
        input = input.movedim(1, -1)
    assert_same("f1", input, torch.randint(4, (5, 9)), task="multiclass", **options)
    if "ignore_index" not in options:
        shares = batch(*input.shape, seed=1).softmax(options.get("class_dim", 1))
        assert_same("f1", input, shares, task="multiclass", **options)


MIXED: list[dict[str, Any]] = [
    {**task, "mix": 0.5, "from_logits": from_logits}
    for task in (
        *({"task": name} for name in ("binary", "multilabel", "multiclass")),
        *({"task": name, "mix_weights": "slopes"} for name in ("binary", "multilabel")),
    )
    for from_logits in (True, False)
]


@pytest.mark.parametrize("weight", [None, torch.float32, torch.float16])
@pytest.mark.parametrize("options", MIXED, ids=str)
def test_a_cross_entropy_is_added(options: dict[str, Any], weight: torch.dtype | None) -> None:
    input, target = batch(40, 3, 50) * 3, truth(40, 3, 50)
    is_multiclass = options["task"] == "multiclass"
    if not options["from_logits"]:
        input = input.softmax(1) if is_multiclass else torch.sigmoid(input)
        input[0, :, :2] = torch.tensor([0.0, 1.0])
    weights = None if weight is None else torch.randint(3, (40, 1, 1)).to(weight)
    assert_same("jaccard", input, target, weights, **options)
    if is_multiclass:
        indices = torch.randint(3, (40, 50))
        assert_same("jaccard", input, indices, weights, **options, ignore_index=1)


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_a_side_that_is_missing_and_would_cost_most(task: str) -> None:
    metric, options = "positive_likelihood_ratio", {"mix": 0.5, "mix_weights": "slopes"}
    for loss in losses(metric, task=task, **options):
        input = batch(40, 3).requires_grad_()
        (65536 * loss(input, torch.ones(40, 3))).backward()
        assert input.grad.isfinite().all()


COUNTED: list[dict[str, Any]] = [
    {},
    {"mix": 1.0, "momentum": 0.5},
    {"mix": 1.0, "momentum": 0.5, "mix_weights": "slopes", "task": "multilabel"},
    {"task": "multilabel", "momentum": 0.5},
    {"task": "multiclass", "mix": 0.5},
    {"task": "multiclass", "surrogate": "softmax", "per_sample": True},
]


@pytest.mark.parametrize("options", COUNTED, ids=str)
def test_counts_and_running_averages_come_from_the_loops(options: dict[str, Any]) -> None:
    fused, portable = losses("f1", **options)
    target = torch.randint(3, (40,)) if options.get("task") == "multiclass" else truth(40, 3)
    for seed in range(2):
        input = batch(40, 3, seed=seed)
        counts, expected = fused.counts(input, target), portable.counts(input.double(), target)
        assert counts.dtype == torch.float64
        torch.testing.assert_close(counts, expected, rtol=1e-6, atol=1e-6)
        (value, gradient), (wanted, wide) = (
            step(fused, input, target),
            step(portable, input.double(), target),
        )
        torch.testing.assert_close(value.double(), wanted, rtol=1e-6, atol=1e-6)
        assert (gradient.double() - wide).abs().max() <= 2e-6 * wide.abs().max()


EXTREMES = {
    "saturated": torch.tensor([30.0, -30.0, 25.0, -25.0] * 50),
    "tiny": batch(200) * 1e-4,
    "one": torch.tensor([0.3]),
    "just more than a block": batch(8193),
    "in threads": batch(70001),
}


@pytest.mark.parametrize("extreme", EXTREMES)
@pytest.mark.parametrize("sharpness", [10, 73])
@pytest.mark.parametrize("formula", ["f1", "mcc", "gmean"])
def test_extremes(formula: str, sharpness: float, extreme: str) -> None:
    input = EXTREMES[extreme]
    target = (torch.arange(len(input)) % 3 == 0).float()
    assert_same(formula, input, target, sharpness=sharpness)


@pytest.mark.parametrize("task", TASKS)
def test_infinite_logits_are_certain_and_nan_propagates(task: str) -> None:
    fused, portable = losses("f1", **TASKS[task])
    input = batch(40, 3)
    target = torch.randint(3, (40,)) if task == "multiclass" else truth(40, 3)
    input[0, 0], input[1, 1] = torch.inf, -torch.inf
    (value, gradient), (expected, wide) = step(fused, input, target), step(portable, input, target)
    assert torch.isfinite(gradient).all()
    torch.testing.assert_close((value, gradient), (expected, wide), rtol=1e-5, atol=1e-7)
    input[2, 2] = torch.nan
    value, gradient = step(fused, input, target)
    assert value.isnan() and gradient[2, 2].isnan()


@pytest.mark.parametrize("task", TASKS)
def test_empty_and_fully_masked_batches(task: str) -> None:
    fused, _ = losses("f1", **TASKS[task])
    for count in (0, 4):
        target = truth(count, 3) if task != "multiclass" else torch.randint(3, (count,))
        value, gradient = step(
            fused,
            torch.full((count, 3), torch.nan),
            target,
            torch.zeros(count) if task != "binary" else torch.zeros(count, 1),
        )
        assert value == 1 and (gradient == 0).all()


@pytest.mark.parametrize("scale", [1.0, 65536.0, 1e30])
def test_half_precision_overflows_by_the_loss_scale_alone(scale: float) -> None:
    fused, portable = losses("tp / (fp + 1e-30)", direction="max")
    input, target = batch(64, dtype=torch.float16), truth(64)
    gradients = []
    for loss in (fused, portable):
        leaf = input.clone().requires_grad_()
        (loss(leaf, target) * scale).backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(*gradients, rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("task", TASKS)
def test_the_bits_are_the_same_whatever_the_threads(task: str) -> None:
    fused, _ = losses("f1", **TASKS[task])
    input = batch(30000, 5)
    target = torch.randint(5, (30000,)) if task == "multiclass" else truth(30000, 5)
    before = torch.get_num_threads()
    results = []
    for threads in (1, 2, 3, 2):
        torch.set_num_threads(threads)
        results.append(step(fused, input, target))
    torch.set_num_threads(before)
    for value, gradient in results[1:]:
        assert torch.equal(value, results[0][0]) and torch.equal(gradient, results[0][1])


def test_sums_of_many_elements_lose_nothing() -> None:
    count = 20_000_000
    fused, _ = losses("recall", surrogate="identity", from_logits=False)
    value = fused(torch.full((count,), 0.1), torch.ones(count))
    assert value.item() == pytest.approx(0.9, rel=2e-7)


def test_gradients_of_gradients_transforms_and_subclasses_take_the_portable_way() -> None:
    fused, portable = losses("mcc")
    input, target = batch(50).double().requires_grad_(), truth(50).double()
    assert torch.autograd.gradgradcheck(lambda x: fused(x, target), (input,))
    graded = torch.func.vmap(torch.func.grad(fused), (0, None))(batch(3, 50).double(), target)
    assert torch.allclose(graded[0], torch.func.grad(portable)(batch(3, 50).double()[0], target))
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(input.detach(), torch.ones(50).double())
        rate = torch.autograd.forward_ad.unpack_dual(fused(dual, target)).tangent
    (gradient,) = torch.autograd.grad(portable(input, target), input)
    torch.testing.assert_close(rate, gradient.sum())
    (many,) = torch.autograd.grad(
        fused(input, target), input, torch.tensor([1.0, 2.0]).double(), is_grads_batched=True
    )
    torch.testing.assert_close(many, torch.stack([gradient, 2 * gradient]))


def test_torch_compile_keeps_a_whole_graph() -> None:
    fused, portable = losses("f1")
    compiled = torch.compile(fused, fullgraph=True, backend="aot_eager")
    results = (step(compiled, batch(50), truth(50)), step(portable, batch(50), truth(50)))
    torch.testing.assert_close(*results)


def test_an_input_changed_before_backward_is_an_error() -> None:
    fused, _ = losses("f1")
    leaf = batch(10).requires_grad_()
    input = leaf * 1
    loss = fused(input, truth(10))
    input.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_copies_and_pickles_have_the_loops_too() -> None:
    fused, _ = losses("f1", sharpness=20)
    for copied in (copy.deepcopy(fused), pickle.loads(pickle.dumps(fused))):
        assert "Fused" in names_of_graph(copied(batch(10).requires_grad_(), truth(10)))
        assert copied(batch(10), truth(10)) == fused(batch(10), truth(10))


def test_other_dtypes_take_the_portable_way() -> None:
    fused, portable = losses("f1")
    target = truth(10).to(torch.uint16)
    assert "Fused" not in names_of_graph(fused(batch(10).requires_grad_(), target))
    torch.testing.assert_close(fused(batch(10), target), portable(batch(10), target))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 3, 0), (0, 3, 0)])
@pytest.mark.parametrize("task", TASKS)
def test_nothing_is_a_batch_too(task: str, shape: tuple[int, ...]) -> None:
    if task != "binary" and len(shape) < 2:
        pytest.skip("there is no class dimension")
    fused, portable = losses("f1", **TASKS[task])
    target = truth(*shape) if task != "multiclass" else torch.zeros(shape[:1] + shape[2:]).long()
    torch.testing.assert_close(
        step(fused, batch(*shape), target), step(portable, batch(*shape), target)
    )


def test_what_loops_cannot_read_takes_the_portable_way() -> None:
    fused, portable = losses("f1")
    target = truth(10)
    opposite = torch.complex(batch(10), -batch(10)).conj().imag  # its sign is a flag
    assert opposite.is_neg()
    torch.testing.assert_close(step(fused, opposite, target), step(portable, opposite, target))
    with pytest.raises(ValueError, match="meta"):
        fused(batch(10), target.to("meta"))


@pytest.mark.parametrize("word", ["double", "int", "REAL", "sums", "layout", "exp2", "restrict"])
def test_words_of_c_are_names_like_others(word: str) -> None:
    formula = f"let {word} = 2*TP in {word} / ({word} + FP + FN)"
    assert_same(formula, batch(50), truth(50))


LONG = "metric aim(int = 1, first_weight_of_all = 2) = (int*TP + TN)/(N + first_weight_of_all*TP)"
SOURCES: list[tuple[str, dict[str, Any]]] = [
    ("f1", {}),
    (LONG, {}),
    *(("exp(asin(TP/P)) + log(abs(sin(TN/N)))", {"surrogate": s}) for s in ("cosine", "probit")),
    *(("mcc", {"task": task, "per_sample": True}) for task in ("multilabel", "multiclass")),
    *(("f1", {"task": "multiclass", **options}) for options in MULTICLASS),
    *(("f1", options) for options in MIXED),
]


@pytest.mark.parametrize(("formula", "options"), SOURCES, ids=str)
@pytest.mark.parametrize("macros", [[], ["WEIGHT=bool_", "DOUBLE"], ["INDICES"]], ids=str)
def test_the_source_has_nothing_that_compilers_warn_of(
    formula: str, options: dict[str, Any], macros: list[str], tmp_path: Path
) -> None:
    text = metricc.compile(formula).source(kernels="c", extended=True, direction="max", **options)
    source = text.partition('C_SOURCE = r"""')[2].partition('"""')[0]
    (tmp_path / "loops.c").write_text(source)
    given = ["INPUT=float64" if "DOUBLE" in macros else "INPUT=float32", "TARGET=int64", *macros]
    defined = [f"-D{macro.replace('bool_', 'uint8')}" for macro in given]
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fopenmp", "-fsyntax-only"]
    subprocess.run([*command, *defined, tmp_path / "loops.c"], check=True)
    assert max(map(len, source.splitlines())) <= 100


def test_a_file_with_kernels_runs_where_metricc_is_not(tmp_path: Path) -> None:
    (tmp_path / "loss.py").write_text(metricc.compile("f1").source(kernels="c"))
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\n"
        "if len(sys.argv) > 1: sys.modules['metricc'] = None\n"
        "import torch, loss\n"
        "x = torch.linspace(-1, 1, 8).requires_grad_()\n"
        "value = loss.F1Loss()(x, (x > 0).float().detach())\n"
        "value.backward()\n"
        "print(type(value.grad_fn).__name__, f'{value.item():.6f} {x.grad.sum().item():.5f}')\n"
    )
    run = [sys.executable, "-W", "error", str(script)]
    with_loops = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    without = subprocess.run([*run, "x"], capture_output=True, text=True, check=True).stdout.split()
    assert with_loops[0] == "F1FusedBackward"
    assert without[0] == "F1EagerBackward"
    assert with_loops[1:] == without[1:]

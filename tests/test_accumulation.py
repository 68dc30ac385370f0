"""Batches in parts: counts that add up, gradients that accumulate, averages that run."""

from __future__ import annotations

import copy
import functools
import itertools
import json
import pickle
import subprocess
import sys
import textwrap
from typing import Any

import pytest
import torch

import metricc

CUTS = (0, 3, 20, 21, 21, 45, 58, 70)  # one part has one row, one has none
ROWS, FEATURES, CLASSES = CUTS[-1], 5, 4
AVERAGES = ("macro", "micro", "weighted", "none")
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "binary": ("f1", {}),
    "binary, mix, log": ("nmcc", {"mix": 0.4, "smooth": 1.0, "log": True}),
    "binary, exponent": ("f1", {"exponent": 0.75, "from_logits": False}),
    **{f"multilabel, {a}": ("f1", {"task": "multilabel", "average": a}) for a in AVERAGES},
    **{f"multiclass, {a}": ("f1", {"task": "multiclass", "average": a}) for a in AVERAGES},
    "multilabel, mix, weight": (
        "gmean",
        {"task": "multilabel", "mix": 0.2, "weight": (1, 2, 3, 4)},
    ),
    "binary, mix by slopes": ("f1", {"mix": 0.5, "mix_weights": "slopes"}),
    "multilabel, mix by slopes": (
        "mcc",
        {"task": "multilabel", "mix": 0.5, "mix_weights": "slopes", "average": "weighted"},
    ),
    "multiclass, mix, log": ("f1", {"task": "multiclass", "mix": 0.4, "log": True}),
    "multiclass, classes": ("jaccard", {"task": "multiclass", "classes": (1, 3)}),
    "multiclass, joint": ("multiclass_mcc", {"mix": 0.1}),
    "ignored": ("f1", {"task": "multiclass", "ignore_index": 2}),
}
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]


compiled = functools.cache(metricc.compile)


def make(name: str, **more: Any) -> torch.nn.Module:
    metric, options = TASKS[name]
    return compiled(metric).loss(**options, **more)


def batch_for(name: str, rows: int = ROWS) -> Batch:
    """Return features, target and a weight for each row."""
    generator = torch.Generator().manual_seed(3)
    features = torch.randn(rows, FEATURES, generator=generator, dtype=torch.float64)
    weight = torch.rand(rows, generator=generator, dtype=torch.float64)
    target = torch.randint(0, CLASSES, (rows,), generator=generator)
    if name.startswith("binary"):
        target = target == 0
    if name.startswith("multilabel"):
        target = torch.rand(rows, CLASSES, generator=generator) < 0.3
    return features, target, weight


def network(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    outputs = 1 if name.startswith("binary") else CLASSES
    layers = [torch.nn.Linear(FEATURES, outputs, dtype=torch.float64)]
    layers += [torch.nn.Sigmoid()] if "exponent" in name else []
    layers += [torch.nn.Flatten(0)] if outputs == 1 else []
    return torch.nn.Sequential(*layers)


def gradients(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters()])


def parts(batch: Batch) -> list[Batch]:
    return [
        tuple(None if tensor is None else tensor[first:last] for tensor in batch)
        for first, last in itertools.pairwise(CUTS)
    ]


@pytest.mark.filterwarnings("ignore:warning. a function of accuracy")
@pytest.mark.parametrize("is_weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", TASKS)
def test_two_passes_over_parts_give_the_gradient_of_the_whole(name: str, is_weighted: bool) -> None:
    loss, batch, model = make(name), batch_for(name), network(name)
    batch = batch if is_weighted else (*batch[:2], None)
    twin = copy.deepcopy(model)
    whole = loss(twin(batch[0]), *batch[1:]).sum()
    whole.backward()
    with torch.no_grad():
        total = sum(loss.counts(model(x), y, weight) for x, y, weight in parts(batch))
    for x, y, weight in parts(batch):
        part = loss(model(x), y, weight, counts=total).sum()
        part.backward()
        assert part.item() == pytest.approx(whole.item(), rel=1e-12)
    scale = gradients(twin).abs().max()
    assert scale > 1e-4
    assert (gradients(model) - gradients(twin)).abs().max() <= 1e-10 * scale


@pytest.mark.parametrize("shape", [(), (6,), (2, 3)], ids=str)
@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_counts_of_parts_add_up_in_any_shape(task: str, shape: tuple[int, ...]) -> None:
    loss = compiled("f1").loss(task=task)
    input = torch.randn(7, CLASSES, *shape, dtype=torch.float64)
    target = torch.rand_like(input) < 0.4 if task == "multilabel" else input.argmax(1)
    total = loss.counts(input[:3], target[:3]) + loss.counts(input[3:], target[3:])
    assert torch.allclose(total, loss.counts(input, target), rtol=1e-14)
    assert torch.allclose(loss(input, target, counts=total), loss(input, target), rtol=1e-14)


def test_counts_ask_for_no_gradient() -> None:
    loss, (x, y, _) = make("binary"), batch_for("binary")
    assert not loss.counts(network("binary")(x), y).requires_grad


def test_counts_of_single_precision_add_up_in_double() -> None:
    loss = compiled("f1").loss()
    input, target = torch.zeros(8, dtype=torch.float16), torch.ones(8)
    assert loss.counts(input, target).dtype == torch.float64


WRONG = {
    "binary": ((3,), [(2,), (4,), (3, 1), (), (1, 3)]),
    "binary, mix, log": ((6,), [(4,), (5,)]),
    "binary, mix by slopes": ((7,), [(3,), (5,)]),
    "multilabel, macro": ((3, 4), [(3, 1, 4), (3, 3), (3, 1), (2, 4), (3, 70, 4)]),
    "multiclass, mix, log": ((5, 4), [(3, 4), (5, 1)]),
    "multiclass, joint": ((5, 4), [(3, 4), (5,)]),
}


@pytest.mark.parametrize("name", WRONG)
def test_counts_of_another_shape_are_refused(name: str) -> None:
    loss, (x, y, _) = make(name), batch_for(name)
    input, (right, wrong) = network(name)(x), WRONG[name]
    assert tuple(loss.counts(input, y).shape) == right
    for shape in wrong:
        with pytest.raises(ValueError) as caught:
            loss(input, y, counts=torch.ones(shape))
        assert str(caught.value) == f"counts must have shape {right}, not {shape}"


def test_counts_that_are_none_are_refused_by_name() -> None:
    loss = make("binary")
    input, target, right = torch.zeros(4), torch.tensor([0, 1, 1, 0]), torch.tensor([1.0, 1, 1])
    with pytest.raises(TypeError, match=r"^counts must be a tensor, not list$"):
        loss(input, target, counts=[1.0, 2.0, 3.0])
    for wrong in ([1.0, -1, 1], [-1.0, -1, -1]):
        with pytest.raises(ValueError, match=r"^counts must not be negative: -1$"):
            loss(input, target, counts=torch.tensor(wrong))
    rounded = right - torch.tensor([0, 1, 0]) * (1 + 1e-7)
    assert rounded.min() < 0
    assert loss(input, target, counts=rounded) == pytest.approx(1 - 2 / 3)
    assert loss(input, target, counts=torch.full((3,), torch.nan)).isnan()


def test_samples_have_counts_of_their_own() -> None:
    input = torch.randn(5, CLASSES, 6, dtype=torch.float64)
    for options in ({}, {"task": "multilabel"}):
        loss = compiled("f1").loss(per_sample=True, **options)
        counts = loss.counts(input, input > 0.3)
        assert loss(input, input > 0.3, counts=counts) == loss(input, input > 0.3)
        with pytest.raises(ValueError, match="counts must have shape"):
            loss(input[:4], input[:4] > 0.3, counts=counts)


MEMORY = """
    import json, pathlib, re, resource
    import torch, metricc

    def part(index, rows=50_000):
        generator = torch.Generator().manual_seed(index)
        features = torch.randn(rows, 8, generator=generator)
        return features, (torch.rand(rows, 8, generator=generator) < 0.02)

    def two_passes(parts):
        with torch.no_grad():
            total = sum(loss.counts(model(x), y) for x, y in map(part, range(parts)))
        for x, y in map(part, range(parts)):
            loss(model(x), y, counts=total).backward()

    def peak():
        # Of this program: on Linux getrusage counts the process that started it, too.
        status = pathlib.Path("/proc/self/status")
        if status.exists():
            return int(re.search(r"VmHWM:\\s*(\\d+)", status.read_text())[1])
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    torch.set_num_threads(1)
    model, loss = torch.nn.Linear(8, 8), metricc.compile("f1").loss(task="multilabel")
    peaks = []
    for parts in (4, 8, 40):
        two_passes(parts)
        peaks.append(peak())
    features, target = (torch.cat(tensors) for tensors in zip(*map(part, range(40))))
    loss(model(features), target).backward()
    print(json.dumps([*peaks, peak()]))
"""


def test_peak_memory_does_not_grow_with_the_total() -> None:
    """In a process of its own, for its peak cannot fall."""
    pytest.importorskip("resource")
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(MEMORY)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    _, eight, forty, whole = json.loads(result.stdout)
    assert whole - forty > 0, "the whole batch takes more than its parts"
    assert forty - eight < (whole - eight) / 20


@pytest.fixture
def running() -> torch.nn.Module:
    return compiled("f1").loss(momentum=0.75)


def batches(count: int = 4) -> list[tuple[torch.Tensor, torch.Tensor]]:
    generator = torch.Generator().manual_seed(5)
    inputs = torch.randn(count, 9, generator=generator, dtype=torch.float64)
    return [(input, input + torch.randn(9, generator=generator) > 0.5) for input in inputs]


@pytest.mark.parametrize("task", ["multiclass", "multilabel"])
def test_a_running_average_is_of_one_number_of_classes(task: str) -> None:
    loss = compiled("f1").loss(momentum=0.9, task=task)
    classes = torch.tensor([0, 1, 2, 0])
    three, four = (
        (torch.zeros(4, size), classes if task == "multiclass" else torch.eye(4)[:, :size])
        for size in (3, 4)
    )
    for _ in range(2):
        loss(*three)
    with pytest.raises(ValueError, match=r"^the running average is of 3 classes, not 4$"):
        loss(*four)
    loss.eval()(*four)  # which averages nothing


def test_momentum_is_off_by_default() -> None:
    loss = compiled("f1").loss()
    assert not loss.state_dict()
    first, second = batches(2)
    once = loss(*first)
    loss(*second)
    assert loss(*first) == once


def test_the_running_average_is_that_of_the_batches_seen(running: torch.nn.Module) -> None:
    plain = compiled("f1").loss()
    counts = [plain.counts(*batch) for batch in batches()]
    for last, batch in enumerate(batches()):
        weights = [0.75 ** (last - i) for i in range(last + 1)]  # no bias towards the start
        seen = zip(weights, counts, strict=False)
        average = sum(w * entries for w, entries in seen) / sum(weights)
        input = batch[0].clone().requires_grad_()
        found = running(input, batch[1])
        found.backward()
        twin = batch[0].clone().requires_grad_()
        wanted = plain(twin, batch[1], counts=average)
        wanted.backward()
        assert found.item() == pytest.approx(wanted.item(), rel=1e-12)
        assert torch.allclose(input.grad, twin.grad, rtol=1e-12)


def test_the_first_batch_is_as_without_momentum(running: torch.nn.Module) -> None:
    (batch,) = batches(1)
    assert running(*batch).item() == pytest.approx(compiled("f1").loss()(*batch).item())


def test_evaluation_is_of_the_batch_and_does_not_move_the_average(
    running: torch.nn.Module,
) -> None:
    *seen, last = batches()
    plain = compiled("f1").loss()
    for batch in seen:
        running(*batch)
    running.eval()
    before = copy.deepcopy(running.state_dict())
    average = running.running / running.seen
    assert running(*last) == plain(*last)
    assert running.counts(*last).equal(plain.counts(*last))
    assert all(value.equal(before[name]) for name, value in running.state_dict().items())
    assert running.train()(*last) != plain(*last, counts=average)


def test_given_counts_do_not_move_the_average(running: torch.nn.Module) -> None:
    first, second = batches(2)
    running(*first)
    before = copy.deepcopy(running.state_dict())
    total = running.counts(*second)
    assert running(*second, counts=total) == compiled("f1").loss()(*second)
    running.metric(*second)
    assert all(value.equal(before[name]) for name, value in running.state_dict().items())


@pytest.mark.parametrize("options", [{}, {"task": "multilabel", "mix": 0.3}], ids=str)
@pytest.mark.parametrize("again", ["state_dict", "deepcopy", "pickle"])
def test_a_loss_that_is_loaded_or_copied_goes_on(options: dict[str, Any], again: str) -> None:
    loss = compiled("f1").loss(momentum=0.75, **options)
    *seen, last = [(x.view(3, 3), y.view(3, 3)) for x, y in batches()]
    for batch in seen:
        loss(*batch)
    if again == "state_dict":
        other = compiled("f1").loss(momentum=0.75, **options)
        state = loss.state_dict()
        assert {*state} == {"running", "seen"}
        assert not any(value.requires_grad for value in state.values())
        other.load_state_dict(state, strict=True)
    else:
        other = copy.deepcopy(loss) if again == "deepcopy" else pickle.loads(pickle.dumps(loss))
    before = loss.running.clone()
    assert other(*last) == loss(*last)
    other(*last)
    assert not loss.running.equal(before), "the average moves"
    assert not other.running.equal(loss.running), "the copy has an average of its own"


def test_a_state_within_a_model_is_loaded_under_its_prefix() -> None:
    models = [torch.nn.ModuleDict({"loss": compiled("f1").loss(momentum=0.5)}) for _ in "ab"]
    models[0]["loss"](*batches(1)[0])
    models[1].load_state_dict(models[0].state_dict(), strict=True)
    assert models[1]["loss"].running.equal(models[0]["loss"].running)


@pytest.mark.parametrize("is_training", [True, False])
def test_a_state_serves_on_another_device(is_training: bool) -> None:
    input, target = batches(1)[0]
    saved, loss = (compiled("f1").loss(momentum=0.5).train(is_training) for _ in "ab")
    saved.train()(input, target)
    loss.load_state_dict(saved.state_dict(), strict=True)
    assert loss(input.to("meta"), target.to("meta")).is_meta


def test_a_batch_without_positives_pushes_too(running: torch.nn.Module) -> None:
    input = torch.linspace(-2, 2, 9, dtype=torch.float64)
    nothing = torch.zeros(9, dtype=torch.bool)
    for loss, is_pushed in ((compiled("f1").loss(), False), (running, True)):
        loss(*batches(1)[0])
        leaf = input.clone().requires_grad_()
        loss(leaf, nothing).backward()
        assert (leaf.grad > 0).all() == is_pushed


SCORED = ("f1", "nmcc", "gmean", "balanced_accuracy", "jaccard")


@pytest.mark.parametrize("name", SCORED)
def test_metric_is_the_score_of_hard_decisions(name: str) -> None:
    metric = compiled(name)
    for options in ({}, {"threshold": 0.3}, {"log": True}, {"mix": 0.5, "momentum": 0.9}):
        loss = metric.loss(**options)
        for input, target in batches():
            decision = input.sigmoid() > options.get("threshold", 0.5)
            score = metric.score(target.int().numpy(), decision.int().numpy())
            assert loss.metric(input, target).item() == pytest.approx(score, abs=1e-12)


def test_metric_of_classes_is_the_mean_of_their_scores() -> None:
    metric, (x, y, _) = compiled("f1"), batch_for("multiclass")
    input = network("multiclass")(x)
    decision = input.argmax(1)
    scores = [metric.score((y == c).numpy(), (decision == c).numpy()) for c in range(CLASSES)]
    found = metric.loss(task="multiclass").metric(input, y).item()
    assert found == pytest.approx(sum(scores) / CLASSES, abs=1e-12)
    each = metric.loss(task="multiclass", average="none").metric(input, y)
    assert each.tolist() == pytest.approx(scores, abs=1e-12)


def test_metric_of_joint_metrics_is_their_score() -> None:
    metric, (x, y, _) = compiled("multiclass_mcc"), batch_for("multiclass")
    input = network("multiclass")(x)
    score = metric.score(y.numpy(), input.argmax(1).numpy())
    assert metric.loss().metric(input, y).item() == pytest.approx(score, abs=1e-12)

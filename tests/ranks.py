"""What each rank does in test_distributed.py: trains beside one process that has the whole batch.

    torchrun --standalone --nproc-per-node 2 tests/ranks.py EMITTED.py [BACKEND]

Rank 0 prints one JSON object: by case, what the worst rank found. EMITTED.py is a loss that
`metricc compile f1 --task multilabel --sync mean` made.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import torch
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

ROWS, FEATURES, CLASSES, STEPS = 41, 6, 3, 5
COLLECTIVES = (
    "all_gather",
    "all_gather_into_tensor",
    "all_gather_object",
    "all_reduce",
    "all_to_all",
    "barrier",
    "broadcast",
    "gather",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
)
METRICS: dict[str, tuple[str, dict[str, Any]]] = {
    "binary": ("f1", {}),
    "binary, mix, log": ("f1", {"mix": 0.3, "log": True}),
    "binary, momentum": ("f1", {"momentum": 0.8}),
    "multilabel": ("f1", {"task": "multilabel"}),
    "multilabel, weighted": ("mcc", {"task": "multilabel", "average": "weighted"}),
    "multiclass, mix": ("f1", {"task": "multiclass", "mix": 0.3}),
    "multiclass, micro, log": (
        "f1",
        {"task": "multiclass", "average": "micro", "log": True, "classes": (0, 1)},
    ),
    "multiclass, momentum": ("f1", {"task": "multiclass", "momentum": 0.8, "mix": 0.3}),
    "multiclass, joint": ("multiclass_mcc", {}),
}
CUTS = {
    2: {"uneven": (0, 29, 41), "empty": (0, 41, 41), "sorted": (0, 20, 41)},
    4: {"uneven": (0, 17, 18, 33, 41), "empty": (0, 0, 25, 25, 41), "sorted": (0, 10, 20, 30, 41)},
}
"""Where the batch is cut; "sorted" by target, so that the first ranks have no positives."""

CUTS_AND_DTYPES = (
    ("uneven", torch.float32),
    ("uneven", torch.float64),
    ("empty", torch.float64),
    ("sorted", torch.float64),
)

Tensors = tuple[torch.Tensor, torch.Tensor]


class Rank:
    """This process among the others."""

    def __init__(self, backend: str) -> None:
        dist.init_process_group(backend)
        self.index, self.world = dist.get_rank(), dist.get_world_size()
        self.device = "cpu" if backend == "gloo" else f"cuda:{self.index}"
        if backend != "gloo":
            torch.cuda.set_device(self.device)

    def batch(self, kind: str, cut: str, dtype: torch.dtype) -> Tensors:
        """Return the whole batch, the same on every rank."""
        generator = torch.Generator().manual_seed(1)
        input = torch.randn(ROWS, FEATURES, generator=generator, dtype=torch.float64)
        target = torch.randint(0, CLASSES, (ROWS,), generator=generator)
        if kind != "multiclass":
            columns = 1 if kind == "binary" else CLASSES
            target = (torch.rand(ROWS, columns, generator=generator) < 0.3).long()
        if cut == "sorted":
            order = target.view(ROWS, -1).sum(1).argsort(stable=True)
            input, target = input[order], target[order]
        return input.to(self.device, dtype), target.to(self.device)

    def share(self, cut: str, whole: Tensors) -> Tensors:
        """Return this rank's part of the batch."""
        first, last = CUTS[self.world][cut][self.index : self.index + 2]
        return whole[0][first:last], whole[1][first:last]

    def worst(self, number: float) -> float:
        """Return the largest of all ranks' numbers."""
        largest = torch.tensor(number, dtype=torch.float64, device=self.device)
        dist.all_reduce(largest, op=dist.ReduceOp.MAX)
        return largest.item()


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the names of the collectives that Python code calls; DDP calls its own in C++."""
    calls: list[str] = []

    def counting(name: str) -> Any:
        original = getattr(dist, name)
        return lambda *given, **named: (calls.append(name), original(*given, **named))[1]

    with contextlib.ExitStack() as stack:
        for name in COLLECTIVES:
            stack.enter_context(mock.patch.object(dist, name, counting(name)))
        yield calls


def network(kind: str, dtype: torch.dtype, device: str) -> torch.nn.Module:
    torch.manual_seed(0)
    outputs = 1 if kind == "binary" else CLASSES
    layers = torch.nn.Linear(FEATURES, 4), torch.nn.Tanh(), torch.nn.Linear(4, outputs)
    return torch.nn.Sequential(*layers).to(device, dtype)


def relative(found: torch.Tensor, wanted: torch.Tensor) -> float:
    found = found.full_tensor() if isinstance(found, DTensor) else found
    return ((found - wanted).abs().max() / wanted.abs().max()).item()


def sum_by_hand(model: torch.nn.Module) -> None:
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad)


def train(
    rank: Rank,
    losses: tuple[torch.nn.Module, torch.nn.Module],
    case: tuple[str, str, torch.dtype],
    wrap: Callable[[torch.nn.Module], torch.nn.Module] | None = DistributedDataParallel,
) -> dict[str, float]:
    """Take some steps with both losses: the synchronised one on a part, the plain on the whole."""
    kind, cut, dtype = case
    synchronised, plain = losses
    whole = rank.batch(kind, cut, dtype)
    part = rank.share(cut, whole)
    alone = network(kind, dtype, rank.device)
    shared = copy.deepcopy(alone)
    model = shared if wrap is None else wrap(shared)
    # Not Adam, which forgets by what a gradient was multiplied.
    optimizers = [torch.optim.SGD(m.parameters(), 0.3, momentum=0.9) for m in (shared, alone)]
    worst = {"loss": 0.0, "collectives": 0.0}
    for _ in range(STEPS):
        for optimizer in optimizers:
            optimizer.zero_grad()
        output = model(part[0])
        with counted() as calls:
            found = synchronised(output, part[1])
            found.backward()
        if wrap is None:
            sum_by_hand(shared)
        wanted = plain(alone(whole[0]), whole[1])
        wanted.backward()
        worst["loss"] = max(worst["loss"], relative(found.detach(), wanted.detach()))
        worst["collectives"] = max(worst["collectives"], len(calls))
        for optimizer in optimizers:
            optimizer.step()
    pairs = zip(shared.parameters(), alone.parameters(), strict=True)
    worst["parameters"] = max(relative(a.detach(), b.detach()) for a, b in pairs)
    if hasattr(synchronised, "counts"):
        total = synchronised.counts(alone(part[0]), part[1])
        worst["counts"] = relative(total, plain.counts(alone(whole[0]), whole[1]))
    return {name: rank.worst(value) for name, value in worst.items()}


def emitted_case(rank: Rank, path: str) -> dict[str, float]:
    """Train with an emitted file, where metricc cannot be imported."""
    sys.modules["metricc"] = None
    specification = importlib.util.spec_from_file_location("emitted", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    # The plain twin is the same class, in a group of its own: this rank.
    alone = [dist.new_group([index]) for index in range(rank.world)][rank.index]
    losses = module.F1Loss(), module.F1Loss(process_group=alone)
    found = train(rank, losses, ("multilabel", "uneven", torch.float64))
    del sys.modules["metricc"]
    return found


def metric_cases(rank: Rank) -> Iterator[tuple[str, dict[str, float]]]:
    """Train with each metric, however the batch is cut, in both precisions, under DDP."""
    import metricc

    for name, (metric, options) in METRICS.items():
        compiled = metricc.compile(metric)
        plain, synchronised = compiled.loss(**options), compiled.loss(sync="mean", **options)
        for cut, dtype in CUTS_AND_DTYPES:
            losses = copy.deepcopy(synchronised), copy.deepcopy(plain)
            case = name.split(",")[0], cut, dtype
            yield f"{name}: {cut}, {str(dtype)[6:]}", train(rank, losses, case)


def sync_cases(rank: Rank) -> Iterator[tuple[str, dict[str, float]]]:
    """Train with what else `sync` can be, a sum and a process group, and with FSDP."""
    import metricc

    options = {"task": "multiclass", "mix": 0.3}
    compiled = metricc.compile("f1")
    everyone = dist.new_group(list(range(rank.world)))
    whole = compiled.loss(**options)
    for dtype in (torch.float32, torch.float64):
        case = "multiclass", "uneven", dtype
        losses = compiled.loss(sync="sum", **options), whole
        yield f"sum, {str(dtype)[6:]}", train(rank, losses, case, wrap=None)
        losses = compiled.loss(sync=everyone, **options), whole
        yield f"group, {str(dtype)[6:]}", train(rank, losses, case)
        losses = compiled.loss(sync=True, **options), whole
        yield f"sharded, {str(dtype)[6:]}", train(rank, losses, case, wrap=fully_shard)


def two_pass_case(rank: Rank) -> dict[str, float]:
    """Accumulate over two parts of each rank's part, as what fits no single GPU."""
    import metricc

    case = "multiclass", torch.float64
    whole = rank.batch(case[0], "uneven", case[1])
    part = rank.share("uneven", whole)
    pieces = [(part[0][rows], part[1][rows]) for rows in (slice(0, 1), slice(1, None))]
    alone = network(*case, rank.device)
    model = DistributedDataParallel(copy.deepcopy(alone))
    options = {"task": "multiclass", "mix": 0.3}
    compiled = metricc.compile("f1")
    loss = compiled.loss(sync="mean", **options)
    compiled.loss(**options)(alone(whole[0]), whole[1]).backward()
    with torch.no_grad():
        total = sum(loss.counts(model(input), target) for input, target in pieces)
    with counted() as calls:
        for input, target in pieces:
            loss(model(input), target, counts=total).backward()
    pairs = zip(model.parameters(), alone.parameters(), strict=True)
    difference = max(relative(a.grad, b.grad) for a, b in pairs)
    return {"gradient": rank.worst(difference), "second pass": rank.worst(len(calls))}


def half_case(rank: Rank) -> dict[str, float]:
    """Compare the loss of a group of half of the ranks with that of what they hold."""
    import metricc

    half = rank.world // 2
    first, last = (0, half) if rank.index < half else (half, rank.world)
    groups = [dist.new_group(list(range(start, start + half))) for start in (0, half)]
    own, other = groups if first == 0 else groups[::-1]
    whole = rank.batch("binary", "uneven", torch.float64)
    input, target = rank.share("uneven", whole)
    compiled = metricc.compile("f1")
    rows = slice(CUTS[rank.world]["uneven"][first], CUTS[rank.world]["uneven"][last])
    found = compiled.loss(sync=own)(input[:, :1], target)
    wanted = compiled.loss()(whole[0][rows, :1], whole[1][rows])
    stranger, message = compiled.loss(sync=True), ""
    stranger.process_group = other
    try:
        stranger(input[:, :1], target)
    except ValueError as error:
        message = str(error)
    is_refused = message == "sync needs a process group that this rank is in"
    return {
        "loss": rank.worst(relative(found, wanted)),
        "strangers": rank.worst(float(not is_refused)),
    }


def main(emitted: str, backend: str = "gloo") -> None:
    rank = Rank(backend)
    torch.set_num_threads(1)
    report = {"emitted": emitted_case(rank, emitted)}
    report.update(metric_cases(rank))
    report.update(sync_cases(rank))
    report["two passes"] = two_pass_case(rank)
    report["half"] = half_case(rank)
    if rank.index == 0:
        print(json.dumps(report))
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])

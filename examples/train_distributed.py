"""Train in several processes with the F1 of the batch that they hold together.

    torchrun --nproc-per-node 2 examples/train_distributed.py

One sample in fifty is positive and each process takes 32 at a time, so half of the batches of one
process hold no positive at all. With `sync="mean"` the loss sums its entries over the processes,
in one all-reduce: every process gets the loss of the global batch, and its part of the gradient.
"""

from __future__ import annotations

import gc

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import metricc

BATCH, STEPS, FEATURES = 32, 300, 8
F1 = metricc.compile("f1")


def draw(samples: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return samples of two overlapping clouds, the smaller one of positives."""
    target = (torch.rand(samples, generator=generator) < 0.02).float()
    features = torch.randn(samples, FEATURES, generator=generator)
    features[:, :2] += 2.5 * target.unsqueeze(1)
    return features, target


def make_network() -> torch.nn.Module:
    """Return a network with one hidden layer."""
    return torch.nn.Sequential(
        torch.nn.Linear(FEATURES, 16),
        torch.nn.ReLU(),
        torch.nn.Linear(16, 1),
        torch.nn.Flatten(0),  # (N, 1) → (N,), the shape of the target
    )


@torch.no_grad()
def f1_of_all(network: torch.nn.Module, features: torch.Tensor, target: torch.Tensor) -> float:
    """Return F1 over the samples of all processes: counts are summed, a mean of F1s is no F1."""
    decision, truth = network(features) > 0, target > 0
    cells = (decision & truth, decision & ~truth, ~decision & truth, ~decision & ~truth)
    counts = torch.stack([cell.sum() for cell in cells])
    dist.all_reduce(counts)
    return F1.value(**dict(zip(("tp", "fp", "fn", "tn"), counts.tolist(), strict=True)))


def train() -> None:
    """Train a small network; the first process tells how it goes."""
    torch.manual_seed(0)
    network = DistributedDataParallel(make_network())
    loss = F1.loss(sync="mean")  # DDP averages gradients
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    generator = torch.Generator().manual_seed(dist.get_rank())  # each process has its own samples
    for step in range(STEPS + 1):
        features, target = draw(BATCH, generator)
        optimizer.zero_grad()
        value = loss(network(features), target)
        value.backward()
        optimizer.step()
        if step % 100 == 0 and dist.get_rank() == 0:
            print(f"step {step}: soft F1 of the global batch {1 - value.item():.3f}")
    unseen = f1_of_all(network, *draw(10_000, generator))
    if dist.get_rank() == 0:
        print(f"F1 on new samples of all {dist.get_world_size()} processes: {unseen:.3f}")


def main() -> None:
    """Train in a group of processes, and leave it together."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo")  # with GPUs: "nccl", and everything moved to its own
    train()
    gc.collect()  # a wrapped network, in a circle of references, would outlive its group
    dist.barrier()  # a process that leaves early can take the others down
    dist.destroy_process_group()


if __name__ == "__main__":
    main()

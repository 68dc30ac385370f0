"""What `benchmark.py` measures: a loss of metricc, and whatever else one would take a step with."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.nn import functional

import metricc

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Takes an input in float32 and a target; returns a 0-dim tensor to call backward on."""

SHARPNESS = 73.0
COPY = "copy of the same bytes"
METRICC = "metricc"


class Path(NamedTuple):
    """A way to take a step, and the plain formula that it must agree with, if it has one."""

    name: str
    loss: Loss | None  # None: a copy of the bytes that a step has to move
    plain: Loss | None = None
    is_logits: bool = False


class Layout(NamedTuple):
    """A batch: logits, a target of 0 and 1 or of class indices, and the ways to take a step."""

    title: str
    logits: torch.Tensor
    target: torch.Tensor
    paths: list[Path]

    def input(self, is_logits: bool) -> torch.Tensor:
        """Return what the losses read, a leaf that asks for a gradient."""
        read = self.logits if is_logits else self.logits.sigmoid()
        return read.clone().requires_grad_()


CELLS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "tp": lambda pred, target: target * pred,
    "fp": lambda pred, target: (1 - target) * pred,
    "fn": lambda pred, target: target * (1 - pred),
    "tn": lambda pred, target: (1 - target) * (1 - pred),
}
FORMULAS: dict[str, Callable[..., torch.Tensor]] = {
    "f1": lambda tp, fp, fn: 2 * tp / (2 * tp + fp + fn),
    "mcc": lambda tp, fp, fn, tn: (
        (tp * tn - fp * fn) / ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)).sqrt()
    ),
    "gmean": lambda tp, fp, fn, tn: (tp / (tp + fn) * (tn / (tn + fp))).sqrt(),
    "jaccard": lambda tp, fp, fn: tp / (tp + fp + fn),
    "dice": lambda tp, fp, fn: (2 * tp + 1e-5) / (2 * tp + fp + fn + 1e-5),  # MONAI's constants
}


def plain(name: str, soft: Loss, dims: tuple[int, ...] = ()) -> Loss:
    """Return 1 - the metric as autograd takes it, of sums over `dims` (all if none are given)."""
    formula = FORMULAS[name]
    cells = [CELLS[entry] for entry in inspect.signature(formula).parameters]

    def loss(input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        pred, target = soft(input, target)
        return 1 - formula(*((cell(pred, target)).sum(dims) for cell in cells)).mean()

    return loss


def decide(prob: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the soft decisions prob > 0.5, and the target."""
    return torch.sigmoid(SHARPNESS * (prob - 0.5)), target


def choose(logits: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the probabilities of the classes (N, C, …), and class indices (N, …) as one-hot."""
    shares = functional.one_hot(target, logits.shape[1]).movedim(-1, 1)
    return torch.softmax(logits, 1), shares.to(logits.dtype)


def smp_dice(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return Dice as segmentation_models_pytorch takes it in its binary mode, of logits."""
    prob = functional.logsigmoid(logits).exp()
    prob, target = (x.reshape(len(x), 1, -1) for x in (prob, target))
    shared, total = ((prob * target).sum((0, 2)), (prob + target).sum((0, 2)))
    loss = 1 - 2 * shared / total.clamp_min(1e-7)
    return (loss * (target.sum((0, 2)) > 0).to(loss.dtype)).mean()


class Empty(torch.autograd.Function):
    """Computes nothing, and returns a gradient that nobody filled: what torch itself costs."""

    @staticmethod
    def forward(ctx, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:  # noqa: ANN001
        """Return an empty loss."""
        ctx.save_for_backward(input, target)
        return input.new_empty(())

    @staticmethod
    def backward(ctx, grad_output: torch.Tensor) -> tuple[torch.Tensor, None]:  # noqa: ANN001
        """Return an empty gradient."""
        return torch.empty_like(ctx.saved_tensors[0]), None


def of_logits(loss: Loss) -> Loss:
    """Return a loss of probabilities as one of logits."""
    return lambda logits, target: loss(logits.sigmoid(), target)


def own_paths(metric: metricc.Metric, formula: Loss, **options: object) -> list[Path]:
    """Return metricc's losses, with kernels first, and the formula as autograd takes it."""
    paths = []
    for name, kernels in ((METRICC, "auto"), ("metricc, portable", "none")):
        given = {"sharpness": SHARPNESS, "kernels": kernels, **options}
        paths += [
            Path(name, metric.loss(from_logits=False, **given), formula),
            Path(f"{name}, logits", metric.loss(**given), of_logits(formula), True),
        ]
    return [*paths, Path("plain autograd", formula, formula), compiled(formula)]


def compiled(formula: Loss, is_logits: bool = False) -> Path:
    """Return plain autograd under torch.compile, for one shape at a time."""
    fast = torch.compile(formula, dynamic=False)
    return Path("plain autograd, torch.compile", fast, formula, is_logits)


def bce_paths() -> list[Path]:
    """Return the two forms of binary cross entropy."""

    def bce(prob: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return -(target * prob.log() + (1 - target) * (1 - prob).log()).mean()

    return [
        Path("BCE", functional.binary_cross_entropy, bce),
        Path("BCE with logits", torch.nn.BCEWithLogitsLoss(), of_logits(bce), True),
    ]


def monai_dice(plain: Loss, is_logits: bool = False, **options: bool) -> list[Path]:
    """Return MONAI's Dice, summed over the batch; nothing where MONAI is not installed."""
    try:
        from monai.losses import DiceLoss
    except ImportError:
        return []
    dice = DiceLoss(batch=True, **options)

    def loss(input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if input.dim() == 1:
            return dice(input[:, None], target[:, None])
        return dice(input, target[:, None])

    return [Path("MONAI Dice", loss, plain, is_logits)]


def floors() -> list[Path]:
    """Return what no loss can go below."""
    return [Path("empty autograd.Function", Empty.apply), Path(COPY, None)]


def draw(shape: tuple[int, ...], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a target, a fifth of it positive, and logits that know something of it."""
    generator = torch.Generator(device).manual_seed(0)
    target = (torch.rand(shape, generator=generator, device=device) < 0.2).float()
    logits = torch.randn(shape, generator=generator, device=device) + 2 * target - 1
    return logits, target


def vector(name: str, size: int, device: str) -> Layout:
    """Return N elements in one confusion matrix."""
    soft_dice = plain("dice", lambda input, target: (input, target))
    paths = [
        *own_paths(metricc.compile(name), plain(name, decide)),
        *bce_paths(),
        *monai_dice(soft_dice),
        Path("SMP-style Dice", smp_dice, of_logits(soft_dice), True),
        *floors(),
    ]
    return Layout(f"{size:,}", *draw((size,), device), paths)


def multilabel(name: str, shape: tuple[int, ...], class_dim: int, device: str) -> Layout:
    """Return a confusion matrix per label, at `class_dim`, and the mean of their metrics."""
    dims = tuple(dim for dim in range(len(shape)) if dim != class_dim)
    options = {"task": "multilabel", "class_dim": class_dim}
    own = own_paths(metricc.compile(name), plain(name, decide, dims), **options)
    title = f"{shape}, labels in dimension {class_dim}"
    return Layout(title, *draw(shape, device), [*own, *bce_paths(), *floors()])


def multiclass(shape: tuple[int, ...], device: str) -> Layout:
    """Return a confusion matrix per class, with classes in dimension 1, and their mean IoU."""
    generator = torch.Generator(device).manual_seed(0)
    places = (shape[0], *shape[2:])
    target = torch.randint(shape[1], places, generator=generator, device=device)
    logits = torch.randn(shape, generator=generator, device=device)
    formula = plain("jaccard", choose, (0, *range(2, len(shape))))
    iou = metricc.compile("jaccard")
    paths = [
        Path(METRICC, iou.loss(task="multiclass", kernels="auto"), formula, True),
        Path("metricc, portable", iou.loss(task="multiclass", kernels="none"), formula, True),
        Path("plain autograd", formula, formula, True),
        compiled(formula, True),
        *monai_dice(formula, True, softmax=True, to_onehot_y=True, jaccard=True),
        *floors(),
    ]
    return Layout(f"{shape}, macro IoU", logits, target, paths)


def grouped(name: str, device: str, scale: int = 1) -> list[Callable[[], Layout]]:
    """Return makers of layouts with a confusion matrix per class, `scale` times smaller."""
    side, rows, edge = 512 // scale, 65536 // scale, 32 // math.isqrt(scale)
    return [
        lambda: multiclass((8, 19, side, side), device),
        lambda: multilabel(name, (rows, 20), 1, device),
        lambda: multilabel(name, (20, rows), 0, device),
        lambda: multilabel(name, (64, 20, edge, edge), 1, device),
    ]

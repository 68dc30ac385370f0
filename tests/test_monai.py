"""Losses whose formulas carry MONAI's smoothing constants equal MONAI's, gradient included."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import monai.losses
import pytest
import torch
from torch import Tensor

import metricc

N, C = 4, 3
DICE = "(2*TP + 1e-5)/(2*TP + FP + FN + 1e-5)"
JACCARD = "(2*TP + 1e-5)/(2*(TP + FP + FN) + 1e-5)"
TVERSKY = "(TP + 1e-5)/(TP + 0.3*FP + 0.7*FN + 1e-5)"
GENERALIZED = {
    "square": "(2*sum(TP/(TP + FN)^2) + 1e-5)/(sum((2*TP + FP + FN)/(TP + FN)^2) + 1e-5)",
    "simple": "(2*sum(TP/(TP + FN)) + 1e-5)/(sum((2*TP + FP + FN)/(TP + FN)) + 1e-5)",
    "uniform": "(2*sum(TP) + 1e-5)/(sum(2*TP + FP + FN) + 1e-5)",
}


@dataclass(frozen=True)
class Pair:
    """A loss of MONAI, and the formula and options of metricc that give the same."""

    theirs: str
    formula: str
    their_options: dict[str, object] = field(default_factory=dict)
    our_options: dict[str, object] = field(default_factory=dict)


PAIRS = {
    "Dice": Pair("DiceLoss", DICE),
    "Jaccard": Pair("DiceLoss", JACCARD, {"jaccard": True}),
    "Tversky": Pair("TverskyLoss", TVERSKY, {"alpha": 0.3, "beta": 0.7}),
    **{
        f"generalized Dice, {w_type}": Pair("GeneralizedDiceLoss", formula, {"w_type": w_type})
        for w_type, formula in GENERALIZED.items()
    },
}
MIXED = {
    "Dice and CE": Pair("DiceCELoss", DICE, {}, {"mix": 1.0}),
    "Dice and half of CE": Pair("DiceCELoss", DICE, {"lambda_ce": 0.5}, {"mix": 0.5}),
    "Jaccard and CE": Pair("DiceCELoss", JACCARD, {"jaccard": True}, {"mix": 1.0}),
}
SWITCHES = tuple(itertools.product((True, False), repeat=2))
which = pytest.mark.parametrize(("include_background", "batch"), SWITCHES)


def classes(include_background: bool, count: int = C) -> dict[str, object]:
    return {} if include_background else {"classes": tuple(range(1, count))}


def labels(*sizes: int) -> Tensor:
    """Return class indices in which each sample has each class."""
    return (torch.arange(sizes[0])[:, None] + torch.arange(sizes[1])) ** 2 % 7 % C


def one_hot(target: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(target, C).movedim(-1, 1).double()


def logits(*sizes: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(sizes, dtype=torch.float64, generator=generator)


def assert_same(theirs: object, ours: object, input: Tensor, truths: tuple[Tensor, Tensor]) -> None:
    """Compare values and gradients; MONAI computes generalized weights in float32."""
    results = []
    for loss, target in zip((theirs, ours), truths, strict=True):
        leaf = input.clone().requires_grad_()
        value = loss(leaf, target)
        value.backward()
        results.append((value.detach(), leaf.grad))
    (their_value, their_gradient), (our_value, our_gradient) = results
    tolerance = 2e-7 if isinstance(theirs, monai.losses.GeneralizedDiceLoss) else 1e-12
    assert our_value.shape == their_value.shape == ()
    assert abs(our_value - their_value) <= tolerance
    assert (our_gradient - their_gradient).abs().max() <= tolerance * their_gradient.abs().max()


@which
@pytest.mark.parametrize("name", PAIRS)
def test_sigmoid_is_the_multilabel_task(name: str, include_background: bool, batch: bool) -> None:
    pair = PAIRS[name]
    theirs = getattr(monai.losses, pair.theirs)(
        sigmoid=True, include_background=include_background, batch=batch, **pair.their_options
    )
    ours = metricc.compile(pair.formula).loss(
        task="multilabel",
        surrogate="identity",
        per_sample=not batch,
        **classes(include_background),
    )
    target = one_hot(labels(N, 16))
    target[:, 1, ::3] = 1  # labels need not exclude each other
    assert_same(theirs, ours, logits(N, C, 16), (target, target))


@which
@pytest.mark.parametrize("name", [*PAIRS, *MIXED])
def test_softmax_is_the_multiclass_task(name: str, include_background: bool, batch: bool) -> None:
    pair = (PAIRS | MIXED)[name]
    theirs = getattr(monai.losses, pair.theirs)(
        softmax=True,
        to_onehot_y=True,
        include_background=include_background,
        batch=batch,
        **pair.their_options,
    )
    ours = metricc.compile(pair.formula).loss(
        task="multiclass",
        surrogate="identity",
        per_sample=not batch,
        **classes(include_background),
        **pair.our_options,
    )
    target = labels(N, 16)
    assert_same(theirs, ours, logits(N, C, 16), (target[:, None], target))


@pytest.mark.parametrize("name", [*PAIRS, *MIXED])
def test_one_hot_targets_are_the_same(name: str) -> None:
    pair = (PAIRS | MIXED)[name]
    theirs = getattr(monai.losses, pair.theirs)(softmax=True, batch=True, **pair.their_options)
    ours = metricc.compile(pair.formula).loss(task="multiclass", **pair.our_options)
    target = one_hot(labels(N, 16))
    assert_same(theirs, ours, logits(N, C, 16), (target, target))


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("name", ["Dice", "Jaccard", "Tversky", *MIXED])
def test_one_channel_is_the_binary_task(name: str, batch: bool) -> None:
    pair = (PAIRS | MIXED)[name]
    theirs = getattr(monai.losses, pair.theirs)(sigmoid=True, batch=batch, **pair.their_options)
    ours = metricc.compile(pair.formula).loss(
        surrogate="identity", per_sample=not batch, **pair.our_options
    )
    target = (labels(N, 16) == 1).double()[:, None]
    assert_same(theirs, ours, logits(N, 1, 16), (target, target))


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("ignored", [255, 0])
@pytest.mark.parametrize("name", ["Dice", "Jaccard", "Tversky"])
def test_ignore_index_is_theirs(name: str, ignored: int, batch: bool) -> None:
    pair = PAIRS[name]
    theirs = getattr(monai.losses, pair.theirs)(
        softmax=True, to_onehot_y=True, batch=batch, ignore_index=ignored, **pair.their_options
    )
    options = {"per_sample": not batch, "ignore_index": ignored}
    ours = metricc.compile(pair.formula).loss(task="multiclass", **options)
    target = labels(N, 16)
    target[:, ::5] = ignored
    assert_same(theirs, ours, logits(N, C, 16), (target[:, None], target))


def test_a_mask_is_that_of_masked_dice() -> None:
    theirs = monai.losses.MaskedDiceLoss(softmax=True, batch=True)
    ours = metricc.compile(DICE).loss(task="multiclass")
    target, mask = labels(N, 16), (torch.arange(N * 16).reshape(N, 1, 16) % 5 > 0).double()
    assert_same(
        lambda x, y: theirs(x, y, mask),
        lambda x, y: ours(x, y, mask=mask[:, 0]),
        logits(N, C, 16),
        (one_hot(target), target),
    )


def test_soft_targets_are_theirs() -> None:
    theirs = monai.losses.DiceLoss(softmax=True, batch=True)
    ours = metricc.compile(DICE).loss(task="multiclass")
    target = logits(N, C, 16).flip(0).softmax(1)
    assert_same(theirs, ours, logits(N, C, 16), (target, target))


def test_generalized_dice_of_the_library_is_theirs_without_smoothing() -> None:
    theirs = monai.losses.GeneralizedDiceLoss(softmax=True, batch=True, smooth_nr=0, smooth_dr=0)
    ours = metricc.compile("generalized_dice").loss(task="multiclass")
    target = labels(N, 16)
    assert_same(theirs, ours, logits(N, C, 16), (one_hot(target), target))


DEVIATIONS = {
    "class weights": "MONAI multiplies each class's loss by its weight and divides by the number "
    "of classes, metricc by the sum of the weights",
    "DiceCE of sigmoids": "MONAI mixes the softmax cross entropy into a Dice of several sigmoid "
    "channels, metricc the binary one",
    "absent classes": "MONAI gives a class without actual positives, whose weight is 1/0, the "
    "largest weight of the others",
}


def test_class_weights_of_monai_are_ours_times_their_mean() -> None:
    weight = (1.0, 2.0, 6.0)
    theirs = monai.losses.DiceLoss(softmax=True, batch=True, weight=torch.tensor(weight))
    ours = metricc.compile(DICE).loss(task="multiclass", weight=weight)
    target = labels(N, 16)
    assert_same(
        theirs,
        lambda x, y: ours(x, y) * sum(weight) / C,
        logits(N, C, 16),
        (one_hot(target), target),
    )


def test_the_other_deviations_are_real() -> None:
    input, target = logits(N, C, 16), one_hot(labels(N, 16))
    mixed = monai.losses.DiceCELoss(sigmoid=True, batch=True)
    ours = metricc.compile(DICE).loss(task="multilabel", surrogate="identity", mix=1.0)
    assert abs(mixed(input, target) - ours(input, target)) > 1e-3
    absent = one_hot(labels(N, 16).clamp(max=1))
    theirs = monai.losses.GeneralizedDiceLoss(softmax=True, batch=True)
    generalized = metricc.compile("generalized_dice").loss()
    assert abs(theirs(input, absent) - generalized(input, absent)) > 1e-3

"""Tasks, averages, weights, masks and mixtures against plain autograd, and what is refused."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, field
from functools import cache

import classwise
import pytest
import torch
from pairwise import Row, pairwise
from torch import Tensor

import metricc

pytestmark = pytest.mark.filterwarnings("ignore:warning. a function of accuracy")

C = 3
IGNORED = 255
ODD_SOFTMAX = ("multiclass_mcc", "multiclass_kappa")  # of classes that add up to all samples
SIGNED = ("mcc", "kappa", "multiclass_mcc", "multiclass_kappa")  # -log M needs M > 0

FACTORS: dict[str, tuple[object, ...]] = {
    "name": (
        *("f1", "f2", "mcc", "gmean", "multiclass_mcc", "multiclass_kappa", "multiclass_iou"),
        *("generalized_dice", "multiclass_gmean", "frequency_weighted_iou"),
    ),
    "task": ("binary", "multilabel", "multiclass"),
    "average": (None, "macro", "micro", "weighted", "none"),
    "per_sample": (False, True),
    "target": ("hard", "one-hot", "soft"),
    "ignore": (None, IGNORED, 0),
    "weight": (None, (1.0, 0.5, 3.0), (2.0, 0.75)),
    "classes": (None, (0, 2), (1, 2), (1,)),
    "class_dim": (1, -1, 0),
    "from_logits": (True, False),
    "surrogate": ("sigmoid", "identity", "softmax"),
    "smooth": (0.0, 0.5),
    "penalty": ("1 - M", "log", "exponent"),
    "mix": (0.0, 0.7),
    "sample_weight": (None, "per sample", "per site", "per element"),
    "mask": (None, "per sample", "per site", "per element"),
    "sizes": ((), (9,), (3, 4)),
}


def is_possible(row: Row) -> bool:
    """Tell whether metricc takes these options, and the oracle has a derivative there."""
    task, average, is_joint = row["task"], row["average"], row["name"] in classwise.JOINT
    has_classes, is_softmax = task != "binary", task == "multiclass"
    counting = C if row["classes"] is None else len(row["classes"])
    rules = (
        has_classes or not is_joint,
        (average is None) == (is_joint or (not has_classes and average != "none")),
        has_classes or average is None or row["per_sample"],
        has_classes or (row["classes"] is None and row["class_dim"] == 1),
        (row["surrogate"] == "softmax") <= is_softmax,
        (row["surrogate"] == "sigmoid") <= (not is_softmax),
        row["weight"] is None or (average in ("macro", "weighted") and has_classes),
        row["weight"] is None or len(row["weight"]) == counting,
        row["target"] != "one-hot" or is_softmax,
        row["ignore"] is None or row["target"] == "hard",
        row["ignore"] != 0 or (is_softmax and not row["per_sample"] and row["classes"] == (1, 2)),
        row["penalty"] != "log" or row["name"] not in SIGNED,
        row["name"] not in ODD_SOFTMAX
        or (is_softmax and row["classes"] is None and row["smooth"] == 0),
        row["per_sample"] is False or row["sizes"] != (),
        row["smooth"] == 0 or row["name"] != "generalized_dice",
        all(row[w] != "per element" or not is_softmax for w in ("sample_weight", "mask")),
        all(row[w] != "per site" or row["sizes"] for w in ("sample_weight", "mask")),
    )
    return all(rules)


ROWS = pairwise(FACTORS, is_possible)


def label(row: Row) -> str:
    return " ".join(str(value) for value in row.values() if value not in (None, (), 0.0, False))


every_row = pytest.mark.parametrize("row", ROWS, ids=label)


def options_of(row: Row) -> dict[str, object]:
    names = ("task", "average", "per_sample", "weight", "classes", "class_dim", "from_logits")
    options = {name: row[name] for name in (*names, "surrogate", "smooth", "mix")}
    options |= {"ignore_index": row["ignore"]}
    if row["surrogate"] != "identity":
        options["sharpness"] = 3.0
    options |= {"log": {"log": True}, "exponent": {"exponent": 1.7}}.get(row["penalty"], {})
    return {name: value for name, value in options.items() if value is not None}


@cache
def build(name: str, **options: object) -> torch.nn.Module:
    metric = metricc.compile("fbeta", params={"beta": 2}) if name == "f2" else metricc.compile(name)
    return metric.loss(**options)


def ours(row: Row) -> torch.nn.Module:
    return build(row["name"], **options_of(row))


class Batch:
    """Arguments of the loss; each class occurs in each sample, and something else does too."""

    def __init__(self, row: Row) -> None:
        self.row, self.n = row, 3 if row["sizes"] else 12
        self.is_softmax, self.is_binary = (row["task"] == t for t in ("multiclass", "binary"))
        self.generator = torch.Generator().manual_seed(sum(map(ord, label(row))))
        logits = self.normal(self.n, C, *row["sizes"])
        if not row["from_logits"]:
            logits = logits.softmax(1) if self.is_softmax else logits.sigmoid()
        dense = self.dense_target(logits.shape)
        target = dense.argmax(1) if self.is_softmax and row["target"] == "hard" else dense
        if row["ignore"] is not None:
            target = self.ignore_some(target, row["ignore"])
        weights = (self.weight(row["sample_weight"]), self.weight(row["mask"]))
        if weights[1] is not None:
            drops_samples = row["mask"] == "per sample" and not row["per_sample"]
            weights = (weights[0], weights[1] > (0.2 if drops_samples else 0.1))
        arguments = (logits, target, *weights)
        self.input, self.target, *weights = (self.move_classes(x) for x in arguments)
        self.weights = dict(zip(("sample_weight", "mask"), weights, strict=True))

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, dtype=torch.float64, generator=self.generator)

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, dtype=torch.float64, generator=self.generator)

    def dense_target(self, shape: torch.Size) -> Tensor:
        """Return classes by turns, along sites or samples, or shares of them."""
        sites = math.prod(shape[2:])
        turns = torch.arange(self.n)[:, None] + torch.arange(sites)
        one_hot = torch.nn.functional.one_hot(turns % C, C).movedim(2, 1).reshape(shape)
        if self.row["target"] != "soft":
            return one_hot
        shares = self.uniform(*shape)
        return shares / shares.sum(1, keepdim=True) if self.is_softmax else shares

    def ignore_some(self, target: Tensor, ignored: int) -> Tensor:
        if ignored != IGNORED:
            return target  # one of the classes is what is ignored
        flat = target.reshape(-1).clone()
        flat[::7] = ignored
        return flat.reshape(target.shape)

    def weight(self, kind: str | None) -> Tensor | None:
        """Return weights that have the class dimension where the target has it."""
        sizes = self.row["sizes"]
        if kind is None:
            return None
        if kind == "per sample":
            weight = 0.1 + self.uniform(self.n)
            return weight.reshape(-1, *[1] * (1 + len(sizes))) if self.is_binary else weight
        if self.is_softmax and self.row["target"] == "hard":
            return 0.05 + self.uniform(self.n, *sizes)
        classes = C if kind == "per element" else 1
        return 0.05 + self.uniform(self.n, classes, *sizes)

    def move_classes(self, x: Tensor | None) -> Tensor | None:
        has_them = x is not None and x.dim() == 2 + len(self.row["sizes"])
        return x.movedim(1, self.row["class_dim"]) if has_them else x


def evaluate(
    loss: object, batch: Batch, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor]:
    """Return the losses and the gradient of their sum, weighted so that each one shows."""
    input = batch.input.to(dtype).requires_grad_()
    losses = loss(input, batch.target, **batch.weights)
    scale = torch.linspace(1, 2, losses.numel(), dtype=losses.dtype).reshape(losses.shape)
    (gradient,) = torch.autograd.grad((scale * losses).sum(), input)
    return losses.detach(), gradient


def plain(row: Row) -> object:
    def oracle(input: Tensor, target: Tensor, **weights: Tensor | None) -> Tensor:
        return classwise.loss(row["name"], input, target, **weights, **options_of(row))

    return oracle


def assert_equal(ours: Tensor, wanted: Tensor, tolerance: float = 1e-9) -> None:
    assert ours.shape == wanted.shape
    assert wanted.isfinite().all()
    assert (ours - wanted).abs().max() <= tolerance * wanted.abs().max()


def test_the_rows_show_each_pair_of_levels_that_can_meet() -> None:
    shown = {pair for row in ROWS for pair in itertools.combinations(row.items(), 2)}
    levels = {single for pair in shown for single in pair}
    assert levels == {(name, level) for name, given in FACTORS.items() for level in given}
    assert len(ROWS) < 120


@every_row
def test_value_and_gradient_equal_autograd(row: Row) -> None:
    batch = Batch(row)
    losses, gradient = evaluate(ours(row), batch)
    wanted_losses, wanted_gradient = evaluate(plain(row), batch)
    assert_equal(losses, wanted_losses)
    assert_equal(gradient, wanted_gradient)


@pytest.mark.parametrize("row", [row for row in ROWS if not row["smooth"]], ids=label)
def test_metric_is_that_of_hard_decisions(row: Row) -> None:
    batch = Batch(row)
    hard = batch.input > (0 if row["from_logits"] else 0.5)
    if row["task"] == "multiclass":
        hard = batch.input == batch.input.amax(row["class_dim"], keepdim=True)
    options = options_of(row | {"penalty": "1 - M", "mix": 0.0, "surrogate": "identity"})
    options["from_logits"] = False
    wanted = 1 - classwise.loss(row["name"], hard, batch.target, **batch.weights, **options)
    found = ours(row).metric(batch.input, batch.target, **batch.weights)
    assert found.shape == wanted.shape
    assert torch.allclose(found.double(), wanted, rtol=1e-9, atol=1e-12, equal_nan=False)


@every_row
def test_gradcheck(row: Row) -> None:
    batch = Batch(row)
    input = batch.input.clone().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: ours(row)(x, batch.target, **batch.weights), (input,), fast_mode=True
    )


@pytest.mark.parametrize("row", ROWS[::3], ids=label)
def test_gradgradcheck(row: Row) -> None:
    batch = Batch(row)
    input = batch.input.clone().requires_grad_()
    assert torch.autograd.gradgradcheck(
        lambda x: ours(row)(x, batch.target, **batch.weights), (input,), fast_mode=True
    )


@every_row
def test_short_floats_lose_no_more_than_their_own_rounding(row: Row) -> None:
    batch = Batch(row)
    exact = batch.input
    for dtype, rounding in ((torch.float32, 1e-5), (torch.float16, 1e-3), (torch.bfloat16, 5e-3)):
        batch.input = exact.to(dtype).double()
        wanted_losses, wanted = evaluate(ours(row), batch)
        losses, gradient = evaluate(ours(row), batch, dtype)
        assert losses.dtype == torch.float32
        assert gradient.dtype == dtype
        assert_equal(losses.double(), wanted_losses, 1e-5)
        assert_equal(gradient.double(), wanted, rounding)


@pytest.mark.parametrize("name", ["f1", "mcc", "gmean"])
@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_average_is_macro_and_the_surrogate_is_the_tasks_own_by_default(
    name: str, task: str
) -> None:
    input, target = torch.randn(8, C, dtype=torch.float64), torch.arange(8) % C
    if task == "multilabel":
        target = torch.nn.functional.one_hot(target, C)
    surrogate = {"multilabel": "sigmoid", "multiclass": "identity"}[task]
    explicit = metricc.compile(name).loss(task=task, average="macro", surrogate=surrogate)
    assert torch.equal(
        metricc.compile(name).loss(task=task)(input, target), explicit(input, target)
    )


TWINS = {"multiclass_mcc": "mcc", "multiclass_kappa": "kappa", "multiclass_gmean": "gmean"}


@pytest.mark.parametrize("name", TWINS)
def test_two_classes_are_the_binary_task(name: str) -> None:
    generator = torch.Generator().manual_seed(1)
    z = torch.randn(20, dtype=torch.float64, generator=generator, requires_grad=True)
    target = (torch.rand(20, generator=generator) < 0.4).long()
    binary = metricc.compile(TWINS[name]).loss(surrogate="identity")(z, target)
    both = torch.stack([torch.zeros_like(z), z], 1)
    two = metricc.compile(name).loss(task="multiclass")(both, target)
    assert_equal(two, binary, 1e-12)
    gradients = (torch.autograd.grad(loss, z)[0] for loss in (two, binary))
    assert_equal(*gradients, 1e-12)


NAN_CASES = {
    "binary": ("binary", (6, 10), (6, 10)),
    "multilabel": ("multilabel", (6, C, 10), (6, C, 10)),
    "multiclass": ("multiclass", (6, C, 10), (6, 10)),
}


@pytest.mark.parametrize("mix", [0.0, 0.5])
@pytest.mark.parametrize("by", ["ignore_index", "mask", "sample_weight"])
@pytest.mark.parametrize("task", NAN_CASES)
@pytest.mark.parametrize("name", ["f1", "mcc"])
def test_ignored_elements_count_as_if_they_were_dropped(
    name: str, task: str, by: str, mix: float
) -> None:
    _, input_shape, target_shape = NAN_CASES[task]
    generator = torch.Generator().manual_seed(2)
    input = torch.randn(input_shape, dtype=torch.float64, generator=generator)
    target = torch.randint(C if task == "multiclass" else 2, target_shape, generator=generator)
    ignored = torch.tensor([0, 3, 4, 9])
    kept = torch.tensor([1, 2, 5, 6, 7, 8])
    dropped = input[..., kept].clone().requires_grad_()
    loss = build(name, task=task, mix=mix)
    wanted = loss(dropped, target[..., kept])
    wanted.backward()

    keep = torch.ones(target_shape, dtype=torch.bool)
    keep[..., ignored] = False
    full = input.clone()
    weights = {}
    if by == "ignore_index":
        loss = build(name, task=task, mix=mix, ignore_index=IGNORED)
        target = torch.where(keep, target, IGNORED)
        full[..., ignored] = math.nan
    else:
        weights[by] = keep
    full.requires_grad_()
    found = loss(full, target, **weights)
    found.backward()
    assert_equal(found.detach(), wanted.detach(), 1e-13)
    assert_equal(full.grad[..., kept], dropped.grad, 1e-12)
    assert (full.grad[..., ignored] == 0).all()


@pytest.mark.parametrize(
    ("task", "average"),
    [
        ("binary", None),
        *itertools.product(("multilabel", "multiclass"), ("macro", "micro", "weighted", "none")),
    ],
)
@pytest.mark.parametrize("mix", [0.0, 0.5])
@pytest.mark.parametrize("per_sample", [False, True])
def test_a_batch_of_which_all_is_ignored_gives_a_finite_loss_on_the_graph(
    task: str, average: str | None, per_sample: bool, mix: float
) -> None:
    _, input_shape, target_shape = NAN_CASES[task]
    options = {"task": task, "average": average} if average else {}
    loss = build("f1", **options, per_sample=per_sample, mix=mix, ignore_index=IGNORED)
    input = torch.full(input_shape, math.nan, requires_grad=True)
    found = loss(input, torch.full(target_shape, IGNORED))
    assert found.isfinite().all()
    found.sum().backward()
    assert torch.equal(input.grad, torch.zeros(input_shape))


@pytest.mark.parametrize("name", classwise.JOINT)
def test_joint_metrics_of_an_ignored_batch_are_finite(name: str) -> None:
    loss = metricc.compile(name).loss(ignore_index=IGNORED, mix=0.5)
    input = torch.full((4, C), math.nan, requires_grad=True)
    found = loss(input, torch.full((4,), IGNORED))
    assert found.isfinite()
    found.backward()
    assert torch.equal(input.grad, torch.zeros(4, C))


@pytest.mark.parametrize("name", classwise.METRICS)
def test_absent_classes_give_finite_losses_and_gradients(name: str) -> None:
    loss = build(name, task="multiclass", per_sample=True)
    for dtype, present in itertools.product((torch.float32, torch.float64), (0, 1)):
        input = torch.linspace(-3, 3, 60, dtype=dtype).reshape(3, 4, 5).requires_grad_()
        found = loss(input, (torch.arange(15) % 2 * present).reshape(3, 5))
        found.backward()
        assert found.isfinite()
        assert input.grad.isfinite().all()


@pytest.mark.parametrize("name", classwise.METRICS)
@pytest.mark.parametrize("is_right", [True, False])
def test_certain_logits_give_finite_losses_and_gradients(name: str, is_right: bool) -> None:
    loss = build(name, task="multiclass", per_sample=True)
    target = torch.arange(4)
    for dtype, size in itertools.product((torch.float32, torch.float64), (90.0, 3e4)):
        input = size * torch.eye(4, dtype=dtype)[target if is_right else target.flip(0)]
        input = input.expand(2, 4, 4).clone().requires_grad_()
        found = loss(input, target.expand(2, 4))
        found.backward()
        assert found.isfinite()
        assert input.grad.isfinite().all()


@pytest.mark.parametrize("penalty", [{"log": True}, {"exponent": 1.7}])
@pytest.mark.parametrize("name", classwise.METRICS)
def test_a_third_of_three_classes_is_one_of_float64(name: str, penalty: dict[str, object]) -> None:
    if name in SIGNED and "log" in penalty:
        return
    generator = torch.Generator().manual_seed(4)
    input = torch.randn(12, C, dtype=torch.float64, generator=generator, requires_grad=True)
    target = torch.arange(12) % C
    found = build(name, task="multiclass", **penalty)(input, target)
    options = {"task": "multiclass", "surrogate": "identity", **penalty}
    wanted = classwise.loss(name, input, target, **options)
    assert_equal(found, wanted, 1e-13)
    gradients = (torch.autograd.grad(loss, input)[0] for loss in (found, wanted))
    assert_equal(*gradients, 1e-12)


def test_zero_division_keeps_its_digits_in_float64() -> None:
    options = {"from_logits": False, "surrogate": "identity", "zero_division": 0.1}
    loss = build("recall", task="multilabel", **options)
    nothing = torch.zeros(4, C, dtype=torch.float64)
    assert abs(float(loss(nothing, nothing)) - 0.9) < 1e-15


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_smoothing_counts_in_the_weights_of_classes_too(average: str) -> None:
    options = {"average": average, "smooth": 0.5, "from_logits": False}
    prob = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 1, 0], [0.5, 0.5, 0]], dtype=torch.float64)
    target = torch.tensor([0, 1, 1, 1])  # class 2 is absent from truth and predictions
    each = build("f1", task="multiclass", **options | {"average": "none"})(prob, target)
    support = torch.tensor([2.0, 4, 1] if average == "weighted" else [1.0, 1, 1])
    wanted = (each * support).sum() / support.sum()
    assert_equal(build("f1", task="multiclass", **options)(prob, target), wanted, 1e-12)


def test_none_gives_a_loss_per_class_per_sample_or_both() -> None:
    input, target = torch.randn(4, C, 8), torch.randint(C, (4, 8))
    dense = torch.nn.functional.one_hot(target, C).movedim(-1, 1)

    def shape(task: str, target: Tensor, **options: object) -> tuple[int, ...]:
        loss = metricc.compile("f1").loss(task=task, average="none", **options)
        return tuple(loss(input, target).shape)

    assert shape("multiclass", target) == (C,)
    assert shape("multiclass", target, per_sample=True) == (4, C)
    assert shape("multilabel", dense) == (C,)
    assert shape("multilabel", dense, per_sample=True, classes=(1, 2)) == (4, 2)
    assert shape("binary", dense, per_sample=True) == (4,)


@pytest.mark.parametrize("mix", [0.0, 0.5])
@pytest.mark.parametrize(
    ("name", "task"),
    [
        *itertools.product(("f1", "mcc"), ("binary", "multilabel", "multiclass")),
        *(("multiclass_iou", "multiclass"), ("multiclass_mcc", "multiclass")),
    ],
)
def test_slopes_at_given_counts_are_those_of_the_whole_batch(
    name: str, task: str, mix: float
) -> None:
    generator = torch.Generator().manual_seed(3)
    input = torch.randn(12, C, dtype=torch.float64, generator=generator, requires_grad=True)
    target = torch.randint(C, (12,), generator=generator)
    if task != "multiclass":
        target = torch.nn.functional.one_hot(target, C)
    loss = build(name, task=task, mix=mix)
    whole = loss(input, target)
    (wanted,) = torch.autograd.grad(whole, input)
    parts = (slice(0, 5), slice(5, 12))
    with torch.no_grad():
        total = sum(loss.counts(input[part], target[part]) for part in parts)
    for part in parts:
        found = loss(input[part], target[part], counts=total)
        assert_equal(found.detach(), whole.detach(), 1e-12)
        (gradient,) = torch.autograd.grad(found, input)
        assert (gradient[part] - wanted[part]).abs().max() <= 1e-12 * wanted.abs().max()


@dataclass(frozen=True)
class Misfit:
    """What does not fit a multiclass loss, and what of it the message names."""

    named: tuple[object, ...]
    input: tuple[int, ...] = (4, 3)
    target: Tensor = field(default_factory=lambda: torch.zeros(4, dtype=torch.long))
    options: dict[str, object] = field(default_factory=dict)
    weights: dict[str, Tensor] = field(default_factory=dict)


def indices(*values: int) -> Tensor:
    return torch.tensor(values)


MISFITS = {
    "index beyond the classes": Misfit(("class 3", "3 classes"), target=indices(0, 1, 3, 2)),
    "index below 0": Misfit(("class -1", "3 classes"), target=indices(0, 1, -1, 2)),
    "other number of classes": Misfit(((4, 2), (4, 3)), target=torch.zeros(4, 2)),
    "no class dimension": Misfit(((4,), "class dimension"), input=(4,)),
    "class_dim beyond the input": Misfit(((4, 3), "dimension 2"), options={"class_dim": 2}),
    "other number of samples": Misfit(((5,), (4, 3)), target=indices(0, 1, 2, 0, 1)),
    "other number of sites": Misfit(
        ((4, 5), (4, 3, 6)), (4, 3, 6), torch.zeros(4, 5, dtype=torch.long)
    ),
    "sample_weight of another length": Misfit(
        ("sample_weight", (5,), (4, 3)), weights={"sample_weight": torch.ones(5)}
    ),
    "mask of another shape": Misfit(
        ("mask", (4, 5), (4, 3, 6)),
        *((4, 3, 6), torch.zeros(4, 6, dtype=torch.long)),
        weights={"mask": torch.ones(4, 5, dtype=torch.bool)},
    ),
    "weights of more classes": Misfit(("weight", "2", "3"), options={"weight": (1.0, 2.0)}),
    "a class that is not there": Misfit(("classes", "3"), options={"classes": (1, 3)}),
}


@pytest.mark.parametrize("case", MISFITS)
def test_what_does_not_fit_is_refused_with_both_sides_named(case: str) -> None:
    misfit = MISFITS[case]
    with pytest.raises(ValueError) as error:
        metricc.compile("f1").loss(task="multiclass", **misfit.options)(
            torch.zeros(misfit.input), misfit.target, **misfit.weights
        )
    assert all(str(part) in str(error.value) for part in misfit.named), error.value


@pytest.mark.parametrize(
    ("target", "words"), [((4, 2), r"\(4, 2\).*\(4, 3\)"), ((4,), r"\(4,\).*\(4, 3\)")]
)
def test_multilabel_targets_have_the_shape_of_the_input(
    target: tuple[int, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        metricc.compile("f1").loss(task="multilabel")(torch.zeros(4, 3), torch.zeros(target))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weight": (1.0, -2.0)}, "-2.0"),
        ({"weight": (1.0, math.nan)}, "nan"),
        ({"weight": (0.0, 0.0)}, "0.0"),
        ({"weight": (1.0, 2.0), "average": "micro"}, "micro"),
        ({"classes": (0, 0)}, "0, 0"),
        ({"classes": ()}, "classes"),
        ({"average": "samples"}, "samples"),
        ({"task": "multi"}, "multi"),
        ({"task": "binary", "average": "macro"}, "binary"),
        ({"surrogate": "sigmoid"}, "multiclass"),
        ({"task": "multilabel", "surrogate": "softmax"}, "multiclass"),
        ({"log": True, "exponent": 2.0}, "log"),
        ({"exponent": 0.0}, "exponent"),
        ({"mix": -1.0}, "mix"),
        ({"mix": 0.5, "mix_weights": "slopes"}, "multiclass"),
        ({"task": "binary", "mix_weights": "slopes"}, "give mix=0.5"),
        ({"task": "binary", "mix": 0.5, "mix_weights": "equal"}, "slopes"),
        ({"per_sample": 1}, "per_sample"),
        ({"ignore_index": "none"}, "ignore_index"),
        ({"sync": "median"}, "median"),
    ],
)
def test_options_that_exclude_each_other_or_mean_nothing_are_refused(
    options: dict[str, object], words: str
) -> None:
    with pytest.raises(metricc.MetricError, match=re.escape(words)):
        metricc.compile("f1").loss(**{"task": "multiclass", **options})


def test_a_joint_metric_takes_no_average_and_no_binary_task() -> None:
    metric = metricc.compile("multiclass_mcc")
    for options in ({"average": "macro"}, {"task": "binary"}, {"weight": (1.0, 2.0)}):
        with pytest.raises(metricc.MetricError, match="classes"):
            metric.loss(**options)


@pytest.mark.parametrize("sync", [True, "mean", "sum"])
def test_sync_without_a_process_group_is_refused(sync: bool | str) -> None:
    loss = metricc.compile("f1").loss(task="multiclass", sync=sync)
    with pytest.raises(ValueError, match=r"process group|init_process_group"):
        loss(torch.zeros(4, 3), torch.zeros(4, dtype=torch.long))


def test_weight_is_a_buffer() -> None:
    loss = metricc.compile("f1").loss(task="multiclass", weight=(1.0, 2.0, 3.0))
    assert torch.equal(dict(loss.named_buffers())["weight"], torch.tensor([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("task", ["binary", "multilabel", "multiclass"])
@pytest.mark.parametrize(
    "form", [{}, {"log": True}, {"exponent": 1.7}, {"log": True, "mix": 0.5}], ids=str
)
def test_lowering_the_misses_is_raising_the_recall(task: str, form: dict[str, object]) -> None:
    target = torch.arange(8) % C if task == "multiclass" else torch.arange(24).reshape(8, C) % 2
    found = []
    for name in ("miss_rate", "recall"):
        input = torch.linspace(-2, 1.5, 24, dtype=torch.float64).reshape(8, C).requires_grad_()
        loss = build(name, task=task, **form)(input, target)
        loss.backward()
        found.append((loss.detach(), input.grad))
    for lowered, raised in zip(*found, strict=True):
        assert_equal(lowered, raised, 1e-12)


def test_a_logarithm_keeps_the_classes_that_lack_nothing() -> None:
    """Where there are no positives nothing is missed: the miss rate is 0, its loss too."""
    input, target = torch.randn(6, C), torch.zeros(6, C)
    target[0, 0] = 1
    losses = build("miss_rate", task="multilabel", log=True, average="none")(input, target)
    assert float(losses[1:].abs().max()) == 0
    mean = build("miss_rate", task="multilabel", log=True)(input, target)
    assert_equal(mean, losses.mean(), 1e-6)

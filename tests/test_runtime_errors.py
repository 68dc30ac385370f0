"""What a call says that cannot be right: the argument, what was given, what is wanted."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
import torch._dynamo.testing

import metricc

X, Y = torch.tensor([0.3, -1.0, 2.0]), torch.tensor([1.0, 0.0, 1.0])
LOGITS, LABELS = torch.linspace(-1, 1, 12).reshape(4, 3), torch.tensor([0, 1, 2, 0])
SHARES = torch.eye(3)[LABELS]


def loss(**options: Any) -> torch.nn.Module:
    return metricc.compile("f1").loss(**options)


MISTAKES: dict[str, tuple[dict[str, Any], tuple[Any, ...], str]] = {
    "a list": ({}, ([0.3, 0.2], Y), "input must be a tensor, not list"),
    "an array for the target": ({}, (X, Y.numpy()), "target must be a tensor, not ndarray"),
    "integer input": ({}, (LABELS, LABELS), "input must be floating point, not torch.int64"),
    "complex input": ({}, (X + 0j, Y), "input must be floating point, not torch.complex64"),
    "complex target": ({}, (X, Y + 0j), "target must hold real numbers, not torch.complex64"),
    "complex weights": (
        {},
        (X, Y, Y + 0j),
        "sample_weight must hold real numbers, not torch.complex64",
    ),
    "another device": ({}, (X, Y.to("meta")), "target is on meta, but input is on cpu"),
    "weights elsewhere": (
        {},
        (X, Y, Y.to("meta")),
        "sample_weight is on meta, but input is on cpu",
    ),
    "a column for a row": (
        {},
        (X[:, None], Y),
        "target and input must have the same shape, not (3,) and (3, 1) in a binary task",
    ),
    "a forgotten ignore_index": (
        {},
        (X, torch.tensor([1, 0, 255])),
        "target must be from 0 to 1, not 0 to 255; or give ignore_index",
    ),
    "labels of -1 and 1": (
        {},
        (X, torch.tensor([1.0, -1.0, 1.0])),
        "target must be from 0 to 1, not -1 to 1; or give ignore_index",
    ),
    "another value than the ignored one": (
        {"ignore_index": 9},
        (X, torch.tensor([9, 2, 1])),
        "target must be from 0 to 1, not 0 to 2",
    ),
    "logits for probabilities": (
        {"from_logits": False},
        (X, Y),
        "input must be from 0 to 1, not -1 to 2; from_logits=True takes logits",
    ),
    "negative weights": ({}, (X, Y, -Y), "sample_weight must be from 0 to 3.4e38, not -1"),
    "infinite weights": (
        {},
        (X, Y, torch.full((3,), float("inf"))),
        "sample_weight must be from 0 to 3.4e38, not inf",
    ),
    "weights beyond float32": (
        {},
        (X, Y, torch.full((3,), 1e300, dtype=torch.float64)),
        "sample_weight must be from 0 to 3.4e38, not 1e+300",
    ),
    "a class too many": (
        {"task": "multiclass"},
        (LOGITS, LABELS + 1),
        "target holds class 3, but input has 3 classes",
    ),
    "class indices that are floats": (
        {"task": "multiclass"},
        (LOGITS, LABELS.float()),
        "class indices must be integers, not torch.float32",
    ),
    "counts for shares": (
        {"task": "multiclass"},
        (LOGITS, 2 * SHARES),
        "target must be from 0 to 1, not 0 to 2",
    ),
    "labels that count": (
        {"task": "multilabel"},
        (LOGITS, 3 * SHARES),
        "target must be from 0 to 1, not 0 to 3; or give ignore_index",
    ),
    "a mask elsewhere": (
        {"task": "multilabel"},
        (LOGITS, SHARES, None, SHARES.to("meta")),
        "mask is on meta, but input is on cpu",
    ),
}


@pytest.mark.parametrize("validate", [False, True])
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(name: str, validate: bool) -> None:
    options, arguments, message = MISTAKES[name]
    with pytest.raises((TypeError, ValueError)) as caught:
        loss(validate=validate, **options)(*arguments)
    assert str(caught.value) == message


@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_loops(name: str) -> None:
    options, arguments, message = MISTAKES[name]
    with pytest.raises((TypeError, ValueError)) as caught:
        loss(**options)(*arguments)
    assert str(caught.value) == message


def test_values_are_looked_at_in_the_first_batches_only_unless_asked() -> None:
    wrong = 2 * Y
    for validate in (False, True):
        module = loss(validate=validate)
        for _ in range(8):
            module(X, Y)
        for other in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
            if not validate:
                other(X, wrong)
                continue
            with pytest.raises(ValueError, match="target must be from 0 to 1"):
                other(X, wrong)


@pytest.mark.parametrize("method", ["metric", "counts"])
def test_methods_look_at_values_too(method: str) -> None:
    with pytest.raises(ValueError, match="target must be from 0 to 1"):
        getattr(loss(), method)(X, 255 * Y)


@pytest.mark.parametrize("validate", [False, True])
def test_the_hard_metric_looks_at_each_batch(validate: bool) -> None:
    module = loss(validate=validate)
    for _ in range(9):
        module(X, Y)
        module.metric(X, Y)
    with pytest.raises(ValueError, match="target must be from 0 to 1"):
        module.metric(X, 255 * Y)
    with pytest.raises(ValueError, match=r"sample_weight must be from 0 to 3\.4e38"):
        module.metric(X, Y, -Y)


@pytest.mark.parametrize("validate", [False, True])
def test_what_is_left_out_may_be_anything(validate: bool) -> None:
    ignoring = loss(ignore_index=255, validate=validate, from_logits=False)
    prob = torch.tensor([0.3, 0.9, 7.0], requires_grad=True)
    ignoring(prob, torch.tensor([1, 0, 255])).backward()
    masked = loss(task="multilabel", validate=validate)
    masked(LOGITS, 5 * SHARES, mask=1 - SHARES)


def test_shares_of_classes_add_up_to_1_where_that_is_asked_for() -> None:
    module = loss(task="multiclass", from_logits=False, validate=True)
    prob, half = LOGITS.softmax(1), LOGITS.half().softmax(1)
    for target in (LABELS, SHARES, SHARES * torch.tensor([1.0, 0, 1, 1])[:, None]):
        assert module(prob, target).isfinite()
        assert module(half, target).isfinite()
    with pytest.raises(ValueError, match=r"input must add up to 1 over the classes, not to 0\.92"):
        module(LOGITS.sigmoid(), LABELS)
    with pytest.raises(ValueError, match="target must add up to 1 over the classes, not to 3"):
        module(prob, torch.ones(4, 3))
    assert module(prob, torch.ones(4, 3), torch.zeros(4)).isfinite()


def test_what_weighs_nothing_may_be_anything_in_a_short_file_too() -> None:
    namespace: dict[str, Any] = {}
    exec(metricc.compile("f1").source(from_logits=False), namespace)
    module = namespace["F1Loss"]()
    module(torch.tensor([0.3, 7.0]), torch.tensor([1.0, 255.0]), torch.tensor([1.0, 0.0]))
    with pytest.raises(ValueError, match="target must be from 0 to 1"):
        module(torch.tensor([0.3, 0.7]), torch.tensor([1.0, 255.0]))


@pytest.mark.parametrize("validate", [False, True])
def test_what_weighs_is_looked_at_in_a_short_file_too(validate: bool) -> None:
    namespace: dict[str, Any] = {}
    exec(metricc.compile("f1").source(validate=validate, from_logits=False), namespace)
    module, prob = namespace["F1Loss"](), torch.tensor([0.3, 0.7])
    with pytest.raises(ValueError, match="target must be from 0 to 1, not 0 to 255"):
        module(prob, torch.tensor([0.0, 255.0]), torch.ones(2))
    with pytest.raises(ValueError, match=r"input must be from 0 to 1, not 0\.3 to 7"):
        module(torch.tensor([0.3, 7.0]), torch.tensor([1.0, 0.0]), torch.ones(()))


@pytest.mark.parametrize("validate", [False, True])
def test_soft_targets_rounding_and_empty_batches_are_fine(validate: bool) -> None:
    module = loss(validate=validate, from_logits=False)
    module(torch.tensor([1 + 1e-6, -1e-6]), torch.tensor([0.2, 1.0]))
    module(torch.zeros(0), torch.zeros(0))
    module(torch.tensor([0.5, 0.25]), torch.tensor([True, False]))


def test_a_nan_shows_in_the_loss() -> None:
    for validate in (False, True):
        module = loss(validate=validate, from_logits=False)
        assert module(torch.tensor([float("nan"), 0.5]), torch.tensor([1.0, 0.0])).isnan()


def test_transforms_leave_values_alone() -> None:
    module = loss(validate=True)
    batch = torch.stack([X, X + 1])
    torch.func.vmap(lambda x: module(x, 2 * Y))(batch)
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    compiled(X.clone().requires_grad_(), Y)


def test_looking_makes_no_graph_twice() -> None:
    module, counter = loss(), torch._dynamo.testing.CompileCounter()
    compiled = torch.compile(module, backend=counter)
    for _ in range(4):
        module(X, Y)
        compiled(X, Y)
    assert counter.frame_count == 1


def test_a_parameter_called_like_an_option_has_no_bounds_of_it() -> None:
    module = metricc.compile("exponent*recall", params={"exponent": -1}).loss(direction="max")
    assert module(X, Y).isfinite()


NUMBERS = {
    "sharpness": (0.0, "sharpness must be a finite number above 0, not 0.0"),
    "threshold": (1.0, "threshold must be a finite number above 0 below 1, not 1.0"),
    "smooth": (-0.5, "smooth must be a finite number of at least 0, not -0.5"),
    "zero_division": (float("nan"), "zero_division must be a finite number, not nan"),
    "beta": (float("inf"), "beta must be a finite number, not inf"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_constructor_refuses_numbers_that_a_loss_cannot_take(name: str) -> None:
    value, message = NUMBERS[name]
    namespace: dict[str, Any] = {}
    exec(metricc.compile("fbeta").source(), namespace)
    with pytest.raises(ValueError, match=r"must be") as caught:
        namespace["FbetaLoss"](**{name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize("value", ["10", None, [10], 1j], ids=str)
def test_a_constructor_names_what_is_no_number(value: object) -> None:
    namespace: dict[str, Any] = {}
    exec(metricc.compile("f1").source(), namespace)
    with pytest.raises(ValueError, match=r"sharpness must be a finite number") as caught:
        namespace["F1Loss"](sharpness=value)
    assert str(caught.value).endswith(f"not {value!r}")


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "2"], ids=str)
def test_a_constructor_refuses_weights_of_classes_that_are_none(wrong: object) -> None:
    namespace: dict[str, Any] = {}
    exec(metricc.compile("f1").source(task="multiclass", weight=(1, 2, 2)), namespace)
    assert namespace["F1Loss"](weight=torch.ones(3))(LOGITS, LABELS).isfinite()
    with pytest.raises(ValueError, match="weight must be a finite number of at least 0"):
        namespace["F1Loss"](weight=(1, wrong, 1))


def test_a_constructor_refuses_a_momentum_that_never_forgets() -> None:
    namespace: dict[str, Any] = {}
    exec(metricc.compile("f1").source(momentum=0.9), namespace)
    with pytest.raises(ValueError, match="momentum must be a finite number of at least 0 below 1"):
        namespace["F1Loss"](momentum=1.0)


def test_a_parameter_may_have_the_name_of_a_function_of_the_file() -> None:
    module = metricc.compile(
        "as_number*recall + unseen*precision", params={"as_number": 0.5, "unseen": 0.5}
    )
    assert module.loss()(X, Y).isfinite()


@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("options", [{}, {"task": "multilabel"}, {"per_sample": True}], ids=str)
@pytest.mark.parametrize("shape", [(70_001, 3), (3, 5, 9_001)], ids=str)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_loops_see_each_element_of_each_batch(
    options: dict[str, Any], shape: tuple[int, ...], is_weighted: bool
) -> None:
    generator = torch.Generator().manual_seed(1)
    module = metricc.compile("f1").loss(kernels="c", **options)
    module.unseen = 0
    input, total = torch.zeros(shape), torch.Size(shape).numel()
    weight = torch.ones(len(input), *[1] * (len(shape) - 1)) if is_weighted else None
    for place in (0, total - 1, *torch.randint(total, (10,), generator=generator).tolist()):
        for value, transposed in ((-0.02, False), (1.02, True)):
            target = torch.zeros(shape)
            target.view(-1)[place] = value
            if transposed:
                target = target.transpose(0, 1).contiguous().transpose(0, 1)
            with pytest.raises(ValueError, match="target must be from 0 to 1"):
                module(input, target, weight)
    if weight is not None:
        weight[-1] = -1
        with pytest.raises(ValueError, match=r"sample_weight must be from 0 to 3\.4e38"):
            module(input, torch.zeros(shape), weight)
    assert module(input, torch.full(shape, 1.0009)).isfinite()


@pytest.mark.usefixtures("kernels_on")
@pytest.mark.parametrize("options", [{}, {"task": "multiclass"}], ids=str)
def test_loops_see_logits_in_the_place_of_probabilities(options: dict[str, Any]) -> None:
    module = loss(kernels="c", from_logits=False, **options)
    module.unseen = 0
    with pytest.raises(ValueError, match="from_logits=True takes logits"):
        module(LOGITS, LABELS if options else SHARES)
    assert module(LOGITS.softmax(1), LABELS if options else SHARES).isfinite()

"""What a loader can put where nothing counts, small integers, and names that users may take."""

from __future__ import annotations

import math

import pytest
import torch

import metricc

LOGITS = torch.randn(4, 3, generator=torch.Generator().manual_seed(3))
LABELS = torch.tensor([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0]])
INDICES = torch.tensor([0, 2, 1, 1])
MASK = torch.tensor([1, 1, 0, 1])


@pytest.mark.parametrize("name", ["precision", "recall", "specificity", "f1"])
@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
@pytest.mark.parametrize("average", ["macro", "weighted", "none"])
@pytest.mark.parametrize("form", [{"log": True}, {"exponent": 2.0}], ids=str)
def test_the_hard_metric_knows_no_power(
    name: str, task: str, average: str, form: dict[str, object]
) -> None:
    target = LABELS if task == "multilabel" else INDICES
    options = {"task": task, "average": average}
    found = metricc.compile(name).loss(**options, **form).metric(LOGITS, target)
    torch.testing.assert_close(found, metricc.compile(name).loss(**options).metric(LOGITS, target))


def test_masked_places_may_hold_nan_in_input_weight_and_target() -> None:
    input, target = LOGITS[:, 0].clone(), LABELS[:, 0].float()
    loss = metricc.compile("f1").loss(mix=0.5)
    wanted = loss(input, target, mask=MASK)
    weight = torch.ones(4)
    for tensor in (input, target, weight):
        tensor[2] = math.nan
    input.requires_grad_()
    found = loss(input, target, weight, MASK)
    assert found == wanted
    found.backward()
    assert input.grad[2] == 0
    assert input.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int64], ids=str)
def test_small_integers_do_not_wrap(dtype: torch.dtype) -> None:
    input = torch.zeros(4, 300)
    target = torch.tensor([156, 1, 2, 3])
    loss = metricc.compile("f1").loss(task="multiclass", ignore_index=-100)
    assert loss(input, target.to(dtype)) == loss(input, target)


def test_certain_mistakes_have_a_finite_cross_entropy_in_half_precision() -> None:
    prob = torch.tensor([0.0, 1.0, 0.5], dtype=torch.float16, requires_grad=True)
    metricc.compile("f1").loss(from_logits=False, mix=0.5)(prob, LABELS[0]).backward()
    assert prob.grad.isfinite().all()
    assert (prob.grad[:2].sign() == torch.tensor([-1, 1])).all()


@pytest.mark.parametrize(
    "name", ["lowest", "others", "min_over", "prod_over", "weight", "tuple", "sum_over"]
)
def test_parameters_may_be_called_like_what_reduces(name: str) -> None:
    text = "min(({}+recall)/3)*prod(recall + {})/classes"
    odd = metricc.compile(text.format(name, name), params={name: 0.5}).loss(classes=(0, 1))
    plain = metricc.compile(text.format("other", "other"), params={"other": 0.5})
    assert odd(LOGITS, INDICES) == plain.loss(classes=(0, 1))(LOGITS, INDICES)
    assert "0.5" in repr(odd)

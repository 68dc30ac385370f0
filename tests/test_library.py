"""The 86 published formulas, by name and as pasted: value, gradient, direction, range."""

from __future__ import annotations

import itertools
import random
from functools import cache

import oracle
import pytest
import torch

import metricc
from metricc.library import load_library

PUBLISHED = {row.name: row for row in oracle.published()}
TRAINABLE = [row.name for row in PUBLISHED.values() if row.name != "prevalence"]
FORMS = ("by name", "pasted")
SETTINGS = [
    {"surrogate": surrogate, "from_logits": from_logits}
    for surrogate in ("sigmoid", "identity")
    for from_logits in (True, False)
]


@cache
def compiled(name: str, form: str) -> metricc.Metric:
    row = PUBLISHED[name]
    return metricc.compile(name if form == "by name" else row.formula, params=row.parameters)


def loss_of(name: str, form: str, settings: dict[str, object]) -> torch.nn.Module:
    direction = PUBLISHED[name].direction or "max"
    return compiled(name, form).loss(direction=direction, **settings)


def batch(name: str, *, from_logits: bool, size: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    """Both classes, nothing saturated, another batch for each metric."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    logits = 1.5 * torch.randn(size, dtype=torch.float64, generator=generator)
    target = (torch.arange(size) % 3 == 0).to(torch.float64)
    return (logits if from_logits else torch.sigmoid(logits)), target


def counts_to_try() -> list[dict[str, float]]:
    generator = random.Random(7)
    sizes = [10.0, 1e3, 1e9]
    drawn = [
        {entry: float(generator.randint(1, int(size))) for entry in oracle.ENTRIES}
        for size in sizes
        for _ in range(8)
    ]
    emptied = [
        {entry: 0.0 if entry in empty else drawn[k][entry] for entry in oracle.ENTRIES}
        for k in range(0, len(drawn), 8)
        for count in range(1, 5)
        for empty in itertools.combinations(oracle.ENTRIES, count)
    ]
    return drawn + emptied


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PUBLISHED)
def test_value_equals_the_formula_at_50_digits(name: str, form: str) -> None:
    row, metric = PUBLISHED[name], compiled(name, form)
    for counts, zero in itertools.product(counts_to_try(), (0.0, 1.0)):
        given = {entry.lower(): count for entry, count in counts.items()}
        value = metric.value(**given, zero_division=zero)
        wanted = oracle.exact(row.formula, counts, row.parameters)
        if wanted is None:
            wanted = oracle.by_policy(row.formula, counts, row.parameters, zero)
        assert abs(value - wanted) <= 1e-12 * max(1, abs(wanted)), (counts, zero)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: "-".join(map(str, s.values())))
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", TRAINABLE)
def test_gradient_equals_autograd_of_the_formula(
    name: str, form: str, settings: dict[str, object]
) -> None:
    row = PUBLISHED[name]
    input, target = batch(name, from_logits=bool(settings["from_logits"]))
    input.requires_grad_()
    (ours,) = torch.autograd.grad(loss_of(name, form, settings)(input, target), input)
    metric = oracle.plain_metric(row.formula, row.parameters, input, target, **settings)
    (plain,) = torch.autograd.grad(metric, input)
    sign = -1 if (row.direction or "max") == "max" else 1
    assert (ours - sign * plain).abs().max() <= 1e-9 * plain.abs().max()


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: "-".join(map(str, s.values())))
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", TRAINABLE)
def test_first_and_second_derivatives_pass_gradcheck(
    name: str, form: str, settings: dict[str, object]
) -> None:
    loss = loss_of(name, form, settings)
    input, target = batch(name, from_logits=bool(settings["from_logits"]), size=5)
    input.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, target), input)
    assert torch.autograd.gradgradcheck(lambda x: loss(x, target), input)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PUBLISHED)
def test_direction_is_inferred(name: str, form: str) -> None:
    behaviour = compiled(name, form).compilation.behaviour
    assert behaviour.direction == (PUBLISHED[name].direction or None)


@pytest.mark.parametrize("name", load_library().metrics)
def test_every_entry_is_documented(name: str) -> None:
    entry = load_library().metrics[name]
    assert entry.summary.endswith(".")
    assert entry.range
    assert entry.source


def test_prevalence_compiles_and_refuses_a_loss() -> None:
    metric = compiled("prevalence", "pasted")
    assert metric.value(tp=1, fn=1, fp=3, tn=3) == 0.25
    with pytest.raises(metricc.MetricError, match="does not depend on the predictions"):
        metric.loss()


AVERAGES = (
    "f1_macro",
    "miou",
    "balanced_accuracy",
    "weighted_balanced_accuracy",
    "balanced_error_rate",
)


@pytest.mark.parametrize("name", AVERAGES)
def test_an_average_with_an_undefined_part_stays_in_its_range(name: str) -> None:
    for present in itertools.product((0, 3), repeat=4):
        counts = dict(zip(("tp", "fp", "fn", "tn"), present, strict=True))
        for zero in (0.0, 1.0):
            assert 0 <= metricc.compile(name).value(**counts, zero_division=zero) <= 1

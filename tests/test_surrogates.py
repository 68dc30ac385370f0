"""The surrogates of the library against 50 digits: values, the law, slopes, rescaling, edges."""

from __future__ import annotations

import itertools
import math
import sys

import mpmath
import oracle
import pytest
import torch

import metricc
from metricc.evaluate import floats, run
from metricc.frontend.check import check_surrogate
from metricc.frontend.parse import parse
from metricc.library import load_library
from metricc.source import Source
from metricc.surrogate import compile_surrogate, is_symmetric

NAMES = tuple(load_library().surrogates)
STEEP = tuple(name for name in NAMES if name != "identity")
SMOOTH = ("sigmoid", "identity", "cosine", "probit")
SETTINGS = [
    {"surrogate": name, "rescaled": rescaled, "from_logits": from_logits}
    for name in NAMES
    for rescaled in (False, True)
    for from_logits in (True, False)
]
IDS = ["-".join(map(str, settings.values())) for settings in SETTINGS]
F1 = "2*TP/(2*TP+FP+FN)"
PROBABILITIES = [0.0, 1e-9, 0.03, 0.21, 0.34, 0.47, 0.5, 0.52, 0.6, 0.71, 0.86, 0.999, 1.0]
OPTIONS = [(10.0, 0.5), (3.0, 0.3), (73.0, 0.45), (30.0, 0.9)]
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def module_of(loss: torch.nn.Module) -> object:
    return sys.modules[type(loss).__module__]


def loss_of(formula: str = "f1", **options: object) -> torch.nn.Module:
    return metricc.compile(formula).loss(direction="max", **options)


def arguments(name: str, sharpness: float, threshold: float) -> dict[str, float]:
    given = {"sharpness": sharpness, "threshold": threshold}
    return {n: given[n] for n in compile_surrogate(name).parameters}


@pytest.mark.parametrize("row", oracle.published(), ids=lambda row: row.name)
def test_gradients_of_every_metric_equal_50_digits(row: oracle.Published) -> None:
    if row.name == "prevalence":
        return
    metric = metricc.compile(row.name, params=row.parameters)
    sign = -1 if (row.direction or "max") == "max" else 1
    for settings in SETTINGS:
        logits = torch.tensor([-1.1, 0.7, -0.45, 0.13, 1.4, -0.2], dtype=torch.float64)
        input = logits if settings["from_logits"] else torch.sigmoid(logits)
        target = [0, 1, 1, 0, 1, 0]
        wanted = oracle.exact_gradient(
            row.formula, row.parameters, input.tolist(), target, **settings
        )
        loss = metric.loss(direction=row.direction or "max", **settings)
        input.requires_grad_()
        loss(input, torch.tensor(target)).backward()
        off = max(abs(sign * w - g) for w, g in zip(wanted, input.grad.tolist(), strict=True))
        assert off <= 1e-12 * max(map(abs, wanted)), settings


@pytest.mark.parametrize("settings", SETTINGS, ids=IDS)
@pytest.mark.parametrize(("sharpness", "threshold"), OPTIONS)
def test_soft_decisions_and_slopes_equal_50_digits(
    settings: dict[str, bool], sharpness: float, threshold: float
) -> None:
    name, from_logits = settings["surrogate"], settings["from_logits"]
    module = module_of(loss_of(**settings))
    p = torch.tensor(PROBABILITIES, dtype=torch.float64)
    input = torch.logit(p[1:-1]) if from_logits else p
    given = arguments(name, sharpness, threshold)
    made = module.surrogate(input, **given)
    soft, rest = (x.tolist() for x in made)
    slope = module.surrogate_backward(torch.ones_like(input), input, *made, **given).tolist()
    with mpmath.workdps(50):
        exact = [mpmath.mpf(x) for x in input.tolist()]
        exact = [1 / (1 + mpmath.exp(-z)) for z in exact] if from_logits else exact
        number = mpmath.mpf(sharpness), mpmath.mpf(threshold)
        for k, x in enumerate(exact):
            a, da = oracle.soft_decision(x, name, *number, rescaled=settings["rescaled"])
            chain = x * (1 - x) if from_logits else 1
            assert abs(soft[k] - a) <= 1e-14, x
            assert abs(rest[k] - (1 - a)) <= 1e-14, x
            assert abs(slope[k] - da * chain) <= 1e-13 * sharpness, x


@pytest.mark.parametrize("name", ["sigmoid", "probit"])
def test_what_a_lacks_to_1_keeps_its_digits(name: str) -> None:
    module = module_of(loss_of(surrogate=name, from_logits=False))
    for p in (0.02, 0.1, 0.9, 0.98):
        both = module.surrogate(torch.tensor([p], dtype=torch.float64), 73.0, 0.5)
        with mpmath.workdps(150):
            soft, _ = oracle.soft_decision(mpmath.mpf(p), name, mpmath.mpf(73), mpmath.mpf("0.5"))
            for ours, wanted in zip(both, (soft, 1 - soft), strict=True):
                assert abs(float(ours) - wanted) <= 1e-11 * wanted


@pytest.mark.parametrize("rescaled", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_programs_agree_with_each_other_on_floats(name: str, rescaled: bool) -> None:
    found = compile_surrogate(name, rescaled=rescaled)
    for p, (sharpness, threshold) in itertools.product(PROBABILITIES, OPTIONS):
        names = {"p": p, "q": 1 - p, "sharpness": sharpness, "threshold": threshold}
        whole = run(found.program, floats(), names)
        parts = run(found.forward, floats(), names) | run(found.backward, floats(), names)
        wanted = [parts[result] for result in ("soft", "rest", "slope")]
        assert [whole[n] for n in ("soft", "rest", "slope")] == pytest.approx(wanted, abs=1e-14)
        assert whole["soft"] + whole["rest"] == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_surrogates_obey_the_law(name: str) -> None:
    assert is_symmetric(check_surrogate(load_library().surrogates[name].definition, load_library()))


@pytest.mark.parametrize(
    "body", ["p^2", "sigmoid(sharpness*(p - threshold)) + 1/1000", "clamp(p - threshold, 0, 1)"]
)
def test_the_law_is_tested(body: str) -> None:
    text = f"surrogate wrong(p, sharpness, threshold) = {body}"
    (definition,) = parse(Source("<test>", text))
    assert not is_symmetric(check_surrogate(definition, load_library()))


@pytest.mark.parametrize("name", STEEP)
def test_the_slope_at_the_threshold_is_a_quarter_of_the_sharpness(name: str) -> None:
    for sharpness, threshold in [*OPTIONS, (0.5, 0.5), (400.0, 0.02)]:
        names = {"p": threshold, "q": 1 - threshold}
        given = {**names, "sharpness": sharpness, "threshold": threshold}
        found = run(compile_surrogate(name).program, floats(), given)
        assert found["slope"] == pytest.approx(sharpness / 4, rel=1e-14)
        assert found["soft"] == pytest.approx(0.5, rel=1e-13)


@pytest.mark.parametrize("rescaled", [False, True])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_soft_decisions_rise_from_0_to_1(name: str, rescaled: bool, dtype: torch.dtype) -> None:
    module = module_of(loss_of(surrogate=name, rescaled=rescaled, from_logits=False))
    p = torch.linspace(0, 1, 1001, dtype=dtype)
    rounding = 4 * torch.finfo(dtype).eps
    for sharpness, threshold in OPTIONS:
        soft, rest = module.surrogate(p, **arguments(name, sharpness, threshold))
        assert (soft.diff() >= -rounding).all()
        assert (rest.diff() <= rounding).all()
        assert min(soft.min(), rest.min()) >= 0
        assert max(soft.max(), rest.max()) <= 1 + rounding
        if rescaled:
            ends = torch.stack([soft[0], rest[-1], 1 - soft[-1], 1 - rest[0]])
            assert ends.abs().max() <= rounding


@pytest.mark.parametrize("name", ["identity", "linear"])
def test_what_reaches_0_and_1_is_not_rescaled(name: str) -> None:
    found = [compile_surrogate(name, rescaled=rescaled) for rescaled in (False, True)]
    assert found[0].program == found[1].program
    assert not found[1].is_stretched


@pytest.mark.parametrize("rescaled", [False, True])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_derivatives_pass_gradcheck(
    name: str, from_logits: bool, rescaled: bool
) -> None:
    loss = loss_of("mcc", surrogate=name, from_logits=from_logits, rescaled=rescaled)
    logits = torch.tensor([-0.9, 0.6, -0.4, 0.1, 1.2], dtype=torch.float64)
    input = (logits if from_logits else torch.sigmoid(logits)).requires_grad_()
    target = torch.tensor([0, 1, 1, 0, 1])
    assert torch.autograd.gradcheck(lambda x: loss(x, target), input)
    assert torch.autograd.gradgradcheck(lambda x: loss(x, target), input)


LOGITS = [
    [math.inf, -math.inf, 0.0],
    [90.0, -90.0, 200.0],
    [0.0, 0.0],
    [],
    [-1e-3, 1e-3, 3.0, -20.0],
]
ENDS = [[0.0, 1.0, 0.5], [1.0, 1.0], [0.0], [], [0.1, 0.3, 0.7, 0.9]]


@pytest.mark.parametrize("settings", SETTINGS, ids=IDS)
def test_edges_give_finite_losses_and_gradients(settings: dict[str, bool]) -> None:
    edges = LOGITS if settings["from_logits"] else ENDS
    for name, sharpness in itertools.product(("f1", "dor"), (1e-6, 1e30)):
        loss = loss_of(name, sharpness=sharpness, **settings)
        for dtype, edge, label in itertools.product(FLOATS, edges, (1, None)):
            input = torch.tensor(edge, dtype=dtype, requires_grad=True)
            target = (
                torch.arange(len(edge)) % 2 if label is None else torch.full((len(edge),), label)
            )
            value = loss(input, target)
            value.backward()
            assert value.isfinite(), (name, sharpness, dtype, edge, label)
            assert input.grad.isfinite().all(), (name, sharpness, dtype, edge, label)


@pytest.mark.parametrize("name", ["cosine", "linear", "probit"])
def test_torch_compile_and_vmap(name: str) -> None:
    torch.compiler.reset()
    loss = loss_of(surrogate=name, rescaled=True)
    input = torch.linspace(-1.3, 1.1, 14, dtype=torch.float64).view(2, 7)
    target = (torch.arange(14) % 3 == 0).view(2, 7)
    eager, traced = (input.clone().requires_grad_() for _ in range(2))
    loss(eager, target).backward()
    torch.compile(loss, fullgraph=True, backend="aot_eager")(traced, target).backward()
    assert torch.allclose(eager.grad, traced.grad, rtol=1e-13, atol=0)
    each = torch.stack([loss(x, y) for x, y in zip(input, target, strict=True)])
    assert torch.allclose(torch.func.vmap(loss)(input, target), each, rtol=1e-13)
    assert torch.func.vmap(torch.func.grad(loss))(input, target).isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_surrogates_are_documented(name: str) -> None:
    found = compile_surrogate(name)
    assert found.summary.endswith(".")
    assert found.source
    assert load_library().surrogates[name].range


def test_the_command_in_the_header_names_the_surrogate() -> None:
    text = metricc.compile("f1").source(surrogate="cosine", rescaled=True)
    assert "# command: metricc compile f1 --surrogate cosine --rescaled\n" in text


@pytest.mark.parametrize(
    ("options", "wanted"),
    [({"surrogate": "relu"}, '"cosine" or "uniform"'), ({"rescaled": 1}, "True or False")],
)
def test_options_that_do_not_exist_are_refused(options: dict[str, object], wanted: str) -> None:
    with pytest.raises(metricc.MetricError, match=wanted):
        metricc.compile("f1").loss(**options)

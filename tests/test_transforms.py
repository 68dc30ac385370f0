"""The loss under everything that torch does to functions, for F1, MCC and kappa."""

from __future__ import annotations

import copy
import io
import multiprocessing
import pickle
from pathlib import Path

import oracle
import pytest
import torch
from torch.func import grad, hessian, jacrev, jvp, vmap

import metricc

FORMULAS = {row.name: row.formula for row in oracle.published()}
NAMES = ("f1", "mcc", "kappa")
DTYPES = (torch.float32, torch.float64)
TOLERANCE = {torch.float32: 2e-6, torch.float64: 1e-12}

pytestmark = [
    pytest.mark.parametrize("name", NAMES),
    pytest.mark.parametrize("dtype", DTYPES, ids=str),
]


class Case:
    """Our loss, the plain one in float64, and a batch."""

    def __init__(self, name: str, dtype: torch.dtype) -> None:
        self.name, self.dtype = name, dtype
        self.loss = metricc.compile(name).loss()
        generator = torch.Generator().manual_seed(0)
        self.input = torch.randn(4, 9, dtype=torch.float64, generator=generator).to(dtype)
        self.target = (torch.rand(4, 9, generator=generator) < 0.4).to(dtype)

    def plain(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return 1 - oracle.plain_metric(FORMULAS[self.name], {}, input.double(), target.double())

    def assert_close(self, ours: torch.Tensor, plain: torch.Tensor) -> None:
        assert ours.dtype == self.dtype
        size = plain.abs().max()
        assert (ours.double() - plain.double()).abs().max() <= TOLERANCE[self.dtype] * size


@pytest.fixture
def case(name: str, dtype: torch.dtype) -> Case:
    return Case(name, dtype)


def test_torch_compile_traces_it_whole(case: Case) -> None:
    torch.compiler.reset()
    compiled = torch.compile(case.loss, fullgraph=True)
    input = case.input.clone().requires_grad_()
    loss = compiled(input, case.target)
    loss.backward()
    case.assert_close(loss, case.plain(case.input, case.target))
    case.assert_close(input.grad, grad(case.plain)(case.input.double(), case.target))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_torch_compile_traces_validation_whole(case: Case, mode: type) -> None:
    torch.compiler.reset()
    compiled = torch.compile(case.loss, fullgraph=True, backend="aot_eager")
    with mode():
        loss = compiled(case.input, case.target)
    case.assert_close(loss, case.plain(case.input, case.target))


def test_func_grad(case: Case) -> None:
    ours = grad(case.loss)(case.input, case.target)
    case.assert_close(ours, grad(case.plain)(case.input.double(), case.target))


def test_vmap(case: Case) -> None:
    ours = vmap(case.loss)(case.input, case.target)
    case.assert_close(ours, vmap(case.plain)(case.input, case.target))


def test_vmap_over_grad(case: Case) -> None:
    ours = vmap(grad(case.loss))(case.input, case.target)
    plain = vmap(grad(case.plain))(case.input.double(), case.target.double())
    case.assert_close(ours, plain)


def test_jvp(case: Case) -> None:
    tangent = torch.linspace(-1, 1, case.input.numel(), dtype=case.dtype).view_as(case.input)
    _, ours = jvp(lambda x: case.loss(x, case.target), (case.input,), (tangent,))
    wide, wide_tangent = case.input.double(), tangent.double()
    _, plain = jvp(lambda x: case.plain(x, case.target), (wide,), (wide_tangent,))
    case.assert_close(ours, plain)


def test_hessian(case: Case) -> None:
    ours = hessian(case.loss)(case.input[0], case.target[0])
    case.assert_close(ours, hessian(case.plain)(case.input[0].double(), case.target[0]))


def test_reverse_over_reverse(case: Case) -> None:
    ours = jacrev(jacrev(case.loss))(case.input[0], case.target[0])
    case.assert_close(ours, hessian(case.plain)(case.input[0].double(), case.target[0]))


def test_double_backward_flows_through_create_graph(case: Case) -> None:
    input = case.input[0].clone().requires_grad_()
    (first,) = torch.autograd.grad(case.loss(input, case.target[0]), input, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), input)
    wide = case.input[0].double().requires_grad_()
    plain_loss = case.plain(wide, case.target[0])
    (plain_first,) = torch.autograd.grad(plain_loss, wide, create_graph=True)
    (plain_second,) = torch.autograd.grad(plain_first.square().sum(), wide)
    case.assert_close(second, plain_second)


def test_grad_output_scales_the_gradient(case: Case) -> None:
    once = case.input.clone().requires_grad_()
    case.loss(once, case.target).backward()
    often = case.input.clone().requires_grad_()
    (1000 * case.loss(often, case.target)).backward()
    assert torch.allclose(often.grad, 1000 * once.grad, rtol=1e-6, atol=0)


def test_only_inputs_are_saved(case: Case) -> None:
    saved: list[torch.Tensor] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        saved.append(tensor)
        return tensor

    input = case.input.clone().requires_grad_()
    weight = torch.ones(4, 1, dtype=case.dtype)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        case.loss(input, case.target, weight)
    pointers = {tensor.data_ptr() for tensor in saved}
    assert len(saved) == 3
    assert pointers == {input.data_ptr(), case.target.data_ptr(), weight.data_ptr()}


def copies(loss: torch.nn.Module) -> list[torch.nn.Module]:
    file = io.BytesIO()
    model = torch.nn.ModuleDict({"layer": torch.nn.Linear(2, 1), "loss": loss})
    torch.save(model, file)
    file.seek(0)
    saved = torch.load(file, weights_only=False)["loss"]
    return [copy.deepcopy(loss), pickle.loads(pickle.dumps(loss)), saved]


def test_copies_keep_value_options_and_mode(case: Case) -> None:
    loss = metricc.compile(case.name).loss(sharpness=4.0).eval()
    loss.threshold = 0.4
    wanted = loss(case.input, case.target)
    for other in copies(loss):
        assert other is not loss
        assert not other.training
        assert repr(other) == repr(loss)
        assert torch.equal(other(case.input, case.target), wanted)


def work_elsewhere(pickled: bytes, batch: bytes) -> tuple[str, float]:
    input, target = pickle.loads(batch)
    return str(Path.cwd()), float(pickle.loads(pickled)(input, target))


def test_a_spawned_worker_in_another_directory(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = pickle.dumps((case.input, case.target))
    monkeypatch.chdir(tmp_path)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result = pool.apply(work_elsewhere, (pickle.dumps(case.loss), batch))
    assert result == (str(tmp_path), float(case.loss(case.input, case.target)))

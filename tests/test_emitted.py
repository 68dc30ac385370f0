"""The emitted file as a file: golden texts, linters, imports, determinism, no way to break out."""

from __future__ import annotations

import ast
import itertools
import linecache
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from shelves import TWO_CLASSES

import metricc
from metricc.inprocess import load
from metricc.library import load_library
from metricc.targets.torch import MODULE_ATTRIBUTES

GOLDEN = {
    "f1": {},
    "mcc": {},
    "fbeta": {"from_logits": False, "surrogate": "identity"},
    "min_rate": {"sharpness": 73.0, "smooth": 1.0},
    "multiclass_mcc": {},
}
ALL_OPTIONS = [
    {"surrogate": surrogate, "from_logits": from_logits, "direction": direction}
    for surrogate in ("sigmoid", "identity")
    for from_logits, direction in ((True, "max"), (False, "min"))
]
ALL_SURROGATES = [
    {"surrogate": surrogate, "rescaled": rescaled, "from_logits": from_logits}
    for surrogate in load_library().surrogates
    for rescaled in (False, True)
    for from_logits in (True, False)
]
CLASSES = {"extended": True, "classes": (1, 2), "class_dim": -1, "smooth": 1.0}
LABELS = {"task": "multilabel", "sync": "sum", "momentum": 0.9, "mix": 0.5}
ALL_TASKS = [
    {"per_sample": True, "average": "none", "exponent": 0.75},
    {"extended": True, "mix": 1.0, "ignore_index": 255, "sync": True},
    {"task": "multilabel", "mix": 0.5, "from_logits": False, "classes": (2,)},
    {"extended": True, "mix": 0.5, "mix_weights": "slopes", "kernels": "c"},
    {**LABELS, "mix_weights": "slopes", "classes": (0, 2), "kernels": "c", "from_logits": False},
    {**LABELS, "average": "micro", "extended": True, "rescaled": True},
    {**LABELS, "average": "weighted", "weight": (1, 2, 3), "log": True},
    {"task": "multiclass", "average": "none", "per_sample": True, "mix": 2.0, **CLASSES},
    {"task": "multiclass", "weight": (1, 2), "exponent": 2.0, "ignore_index": -100, **CLASSES},
    {"task": "multiclass", "surrogate": "softmax", "sync": "mean", "extended": True},
    {"task": "multiclass", "surrogate": "softmax", "from_logits": False, "mix": 1.0},
    {"task": "multiclass", "from_logits": False, "average": "micro", "momentum": 0.5},
    {"kernels": "auto"},
    {"kernels": "c", "surrogate": "identity", "extended": True, "momentum": 0.5},
    {"kernels": "c", "surrogate": "linear", "rescaled": True, "sync": True, "per_sample": False},
    {"kernels": "triton", "surrogate": "cosine", "rescaled": True, "extended": True},
    {"kernels": "auto", "task": "multilabel", "per_sample": True, "average": "micro"},
    {"kernels": "auto", "task": "multiclass", "surrogate": "softmax", "extended": True},
    {"kernels": "c", "task": "multiclass", "from_logits": False, "average": "none"},
]
"""Each option, and each pair that shares a fragment of the text."""
JOINT_OPTIONS = [{}, {"extended": True, "surrogate": "softmax", "classes": (0, 2), "mix": 1.0}]


@pytest.mark.parametrize("name", GOLDEN)
def test_emitted_files_read_as_they_did(name: str, golden: Callable[..., None]) -> None:
    golden(metricc.compile(name).source(**GOLDEN[name]), "golden", name, "torch.py")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each library metric in each structural form, and some hostile names."""
    folder = tmp_path_factory.mktemp("emitted")
    long_names = "metric aim(first_weight_of_all = 1, second_weight_of_all = 2, third_weight = 3) ="
    long_names += " (first_weight_of_all*TP + second_weight_of_all*TN)/(total + third_weight*FP)"
    texts = [*TWO_CLASSES, long_names, "exp(TP/P) + asin(TP/P)", "1e25*TP/(TP+FN)"]
    metrics = map(metricc.compile, texts)
    trainable = [m for m in metrics if not m.compilation.behaviour.is_constant]
    for number, options in enumerate(ALL_SURROGATES):
        text = metricc.compile("min_rate").source(**options)
        (folder / f"surrogate{number}.py").write_text(text)
    two_classes = [metric for metric in trainable if not metric.compilation.typed.is_joint]
    joint = [metric for metric in trainable if metric.compilation.typed.is_joint]
    averaged = [metricc.compile(name) for name in ("f1", "gmean", "nmcc")]
    jobs = [
        *itertools.product(two_classes, ALL_OPTIONS),
        *itertools.product(joint, JOINT_OPTIONS),
        *itertools.product(averaged, ALL_TASKS),
    ]
    for number, (metric, options) in enumerate(jobs):
        (folder / f"loss{number}.py").write_text(metric.source(**options))
    return folder


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_emitted_files_pass_ruff_as_emitted(everything: Path, command: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(everything)]
    result = subprocess.run(ruff, capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout[-3000:]


def test_emitted_files_import_torch_and_little_of_python(everything: Path) -> None:
    for path in everything.iterdir():
        tree = ast.walk(ast.parse(path.read_text()))
        imports = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in imports for alias in node.names}
        kernels = (
            {"kernels", "triton", "triton.language"} if "--kernels" in path.read_text() else set()
        )
        assert names <= {"torch", "functools", "math"} | kernels, path.read_text()


def test_an_emitted_file_runs_where_metricc_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "f1_loss.py").write_text(metricc.compile("f1").source())
    code = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "metricc":
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import torch
from f1_loss import F1Loss
input = torch.tensor([-1.0, 0.5, 2.0], requires_grad=True)
F1Loss()(input, torch.tensor([0, 1, 1])).backward()
assert input.grad.abs().sum() > 0
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


@pytest.mark.parametrize("name", ["f1", "mcc", "kappa", "clement", "sedi"])
def test_emission_does_not_depend_on_hash_seeds(name: str) -> None:
    texts = set()
    for seed in ("0", "1", "2", "31337"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "metricc", "compile", name]
        texts.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert len(texts) == 1


def test_what_runs_in_process_is_what_is_emitted() -> None:
    metric = metricc.compile("mcc")
    module = sys.modules[type(metric.loss(sharpness=4.0)).__module__]
    text = metric.source(sharpness=4.0, extended=True)
    assert "".join(linecache.getlines(module.__file__)) == text


def test_tracebacks_show_the_emitted_line() -> None:
    try:
        metricc.compile("f1").loss()(torch.zeros(3), torch.zeros(4))
    except ValueError as error:
        shown = "".join(traceback.format_exception(error))
    assert 'raise ValueError(f"target and input must have the same shape' in shown


def test_all_attributes_of_modules_are_known() -> None:
    public = {name for name in dir(torch.nn.Module()) if not name.startswith("_")}
    assert public <= MODULE_ATTRIBUTES


def test_a_files_name_stays_in_its_comment(tmp_path: Path) -> None:
    path = tmp_path / 'x\nprint("broken out")\n#.metric'
    path.write_text("metric a = TP/(TP + FN)\n")
    text = metricc.compile(path).source()
    assert not any(line.startswith("print") for line in text.splitlines())


HOSTILE = [
    'TP/(TP+FN) # """ + __import__("os").system("x") + """',
    "TP/(TP+FN) #\\",
    "TP/(TP+FN) # \u202e reversed",
    "TP/(TP+FN)\n\n# import os\n",
    "metric a(lambda_ = 1, self_ = 2, torch = 1) = (lambda_*TP + self_ + torch)/(TP+FN+1)",
    "metric a(train = 1, forward = 2, half = 3) = (train*TP + forward)/(TP+FN+half)",
    "metric a(bounded = 1, is_plain = 2) = (bounded*TP + FP)/(TP + is_plain*FN + FP)",
    "metric a(soft_counts = 1, super = 2, print = 3) = soft_counts*TP/(TP + super*FN + print)",
    "metric a(smooth = 1, scale = 2, precise = 3) = smooth*TP/(TP + scale*FN + precise)",
    "metric a(linearize = 1, target = 2, float = 3) = linearize*TP/(TP + target*FN + float)",
    "TP/(TP # cut \r + FN)",
    "metric a(half = 1, half_ = 2, _x = 3) = (half*TP + FP)/(TP + half_*FN + _x)",
    "metric a(input = 1, input_ = 2, lambda = 3) = (input*TP + FP)/(TP + input_*FN + lambda)",
    "metric a(value = 1, slopes = 1, entries = 2) = (value*TP + slopes)/(TP+FN+entries)",
    "metric a(input = 1, target = 1, tp_ = 2, math = 2) = (input*TP + target)/(TP+FN+tp_+math)",
    "metric a(sharpness = 1, smooth = 1) = (sharpness*TP + smooth)/(TP+FN+smooth)",
    "metric a(threshold = 1, zero_division = 1) = (threshold*TP + zero_division)/(TP+FN)",
    "metric a(d = 1, root = 2, c = 3, ap = 1) = d*mcc + root*TP/(c*TP + ap*FN)",
]


@pytest.mark.parametrize(
    "options",
    [
        {"mix": 0.5, "momentum": 0.9, "extended": True},
        {"task": "multiclass", "ignore_index": 1, "classes": (0, 1), "weight": (1, 2)},
        {"task": "multilabel", "exponent": 2.0, "sync": "sum", "extended": True},
    ],
    ids=str,
)
def test_parameters_may_be_called_like_options(options: dict[str, object]) -> None:
    names = ("mix", "momentum", "weight", "class_dim", "ignore_index", "exponent", "process_group")
    terms = " + ".join(f"{name}*FP" for name in names)
    odd = metricc.compile(
        f"metric odd({', '.join(f'{n} = {i}' for i, n in enumerate(names))})"
        f" = TP/(TP + FN + {terms})"
    )
    plain = metricc.compile("TP/(TP + FN + 21*FP)")
    made = [load(m.source(name="odd", **options)).OddLoss() for m in (odd, plain)]
    input = torch.tensor([[-1.0, 0.4, 1.2], [0.3, 2.0, -0.7]])
    is_index = options.get("task") == "multiclass"
    target = torch.tensor([0, 2]) if is_index else torch.tensor([[0, 1, 1], [1, 0, 0]])
    if "sync" in options:
        counts = torch.tensor([[3.0, 2, 1], [1, 1, 2], [2, 3, 4]], dtype=torch.float64)
        values = [loss.eval()(input, target, counts=counts) for loss in made]
    else:
        values = [loss(input, target) for loss in made]
    torch.testing.assert_close(*values)


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_the_user_stay_words(text: str) -> None:
    metric = metricc.compile(text)
    loss = metric.loss(direction="max").train().eval()
    code = metric.source(direction="max")
    tree = ast.parse(code)
    calls = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and hasattr(n.func, "id")}
    assert "__import__" not in calls
    assert "\u202e" not in code
    input = torch.tensor([-1.0, 0.4, 1.2], requires_grad=True)
    loss(input, torch.tensor([0, 1, 1])).backward()
    assert input.grad.isfinite().all()
    assert repr(loss).startswith(("A", "Metric"))

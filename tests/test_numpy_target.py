"""The numpy target: the emitted scorer against the formula, scikit-learn and hostile arguments."""

from __future__ import annotations

import ast
import itertools
import math
import os
import random
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import oracle
import pytest
from click.testing import CliRunner
from sklearn import metrics as sk
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

import metricc
from metricc.cli import cli
from metricc.inprocess import load
from metricc.ir.operators import FUNCTIONS

PUBLISHED = {row.name: row for row in oracle.published()}


@cache
def metric_of(name: str) -> metricc.Metric:
    given = PUBLISHED[name].parameters if name in PUBLISHED else None
    return metricc.compile(name, params=given)


def emitted(metric: metricc.Metric, **options: Any) -> ModuleType:
    return load(metric.source(target="numpy", **options))


@cache
def module_of(name: str) -> ModuleType:
    return emitted(metric_of(name))


def of_counts(name: str) -> Callable[..., Any]:
    """The emitted function of counts; a metric without a quotient has no policy to state."""
    function = getattr(module_of(name), f"{metric_of(name).name}_from_counts")
    has_policy = "zero_division" in function.__wrapped__.__kwdefaults__
    return lambda *counts, zero_division: function(
        *counts, **({"zero_division": zero_division} if has_policy else {})
    )


def counts_to_try(empty: bool) -> list[dict[str, float]]:
    generator = random.Random(11)
    drawn = [
        {entry: float(generator.randint(1, int(size))) for entry in oracle.ENTRIES}
        for size in (10.0, 1e3, 1e6)
        for _ in range(6)
    ]
    faces = [face for k in range(1, 5) for face in itertools.combinations(oracle.ENTRIES, k)]
    return [{**drawn[0], **dict.fromkeys(face, 0.0)} for face in faces] if empty else drawn


def in_order(counts: dict[str, float]) -> list[float]:
    return [counts[entry] for entry in ("TP", "FP", "FN", "TN")]


@pytest.mark.parametrize("name", PUBLISHED)
def test_counts_give_the_formula_at_50_digits(name: str) -> None:
    row = PUBLISHED[name]
    for counts in counts_to_try(empty=False):
        wanted = oracle.exact(row.formula, counts, row.parameters)
        value = of_counts(name)(*in_order(counts), zero_division=0.0)
        if wanted is not None:
            assert float(value) == pytest.approx(float(wanted), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("zero", [0.0, 1.0])
def test_singular_places_follow_the_policy_at_50_digits(name: str, zero: float) -> None:
    row = PUBLISHED[name]
    for counts in counts_to_try(empty=True):
        wanted = float(oracle.by_policy(row.formula, counts, row.parameters, zero))
        value = float(of_counts(name)(*in_order(counts), zero_division=zero))
        own = metric_of(name).value(*in_order(counts), zero_division=zero)
        assert value == pytest.approx(own, rel=1e-10, abs=1e-12)
        if abs(wanted) < 1e30:  # what is bounded depends on the order of operations
            assert value == pytest.approx(wanted, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("name", PUBLISHED)
def test_nan_stands_where_the_value_hangs_on_zero_division(name: str) -> None:
    for counts in counts_to_try(empty=True):
        low, high, nan = (
            float(of_counts(name)(*in_order(counts), zero_division=zero))
            for zero in (0.25, 0.5, math.nan)
        )
        assert math.isnan(nan) if low != high else nan == low or math.isnan(nan)


def test_counts_broadcast_and_numbers_give_numbers() -> None:
    from_counts = module_of("f1").f1_from_counts
    value = from_counts(np.arange(6).reshape(2, 3), 1, [1, 2, 3], 0)
    assert value.shape == (2, 3)
    assert value.dtype == np.float64
    assert value[1, 2] == 10 / 14
    assert isinstance(from_counts(5, 3, 2, 9), float)
    assert from_counts(1, 1, 1, np.zeros(4)).shape == (4,)
    constant = emitted(metricc.compile("1 + 1/3")).metric_from_counts
    assert constant(np.ones(2), 1, 1, 1) == pytest.approx([4 / 3, 4 / 3])


SCORES: dict[str, Callable[..., float]] = {
    "accuracy": sk.accuracy_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "jaccard": sk.jaccard_score,
    "mcc": sk.matthews_corrcoef,
    "kappa": sk.cohen_kappa_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
}


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_scores_are_those_of_scikit_learn(name: str, is_weighted: bool) -> None:
    generator = np.random.default_rng(5)
    score = getattr(module_of(name), name)
    for _ in range(20):
        truth, decided = generator.integers(0, 2, (2, 40))
        weight = generator.random(40) if is_weighted else None
        wanted = SCORES[name](truth, decided, sample_weight=weight)
        assert score(truth, decided, sample_weight=weight) == pytest.approx(wanted, rel=1e-12)
        own = metric_of(name).score(truth, decided, weight)
        assert score(truth, decided, sample_weight=weight) == pytest.approx(own, rel=1e-12)


@pytest.mark.parametrize("beta", [0.5, 2.0])
def test_parameters_are_arguments(beta: float) -> None:
    score = emitted(metricc.compile("fbeta")).fbeta
    truth, decided = np.random.default_rng(6).integers(0, 2, (2, 50))
    assert score(truth, decided, beta=beta) == pytest.approx(
        sk.fbeta_score(truth, decided, beta=beta)
    )


@pytest.mark.parametrize("zero", [0.0, 1.0, math.nan])
@pytest.mark.parametrize("name", ["f1", "precision", "recall", "jaccard"])
def test_zero_division_is_scikit_learns(name: str, zero: float) -> None:
    score, zeros = getattr(module_of(name), name), np.zeros(5, dtype=int)
    if name == "jaccard" and math.isnan(zero):
        return  # scikit-learn takes 0 and 1 there
    wanted = SCORES[name](zeros, zeros, zero_division=zero)
    assert score(zeros, zeros, zero_division=zero) == pytest.approx(wanted, nan_ok=True)


@pytest.mark.parametrize(
    ("labels", "pos_label"),
    [((0, 1), 1), ((0, 1), 0), ((-1, 1), 1), ((False, True), 1), (("ill", "well"), "ill")],
)
def test_labels_are_those_that_scikit_learn_takes(
    labels: tuple[object, object], pos_label: object
) -> None:
    picks = np.random.default_rng(7).integers(0, 2, (2, 30))
    truth, decided = np.array(labels)[picks]
    wanted = sk.f1_score(truth, decided, pos_label=pos_label)
    assert module_of("f1").f1(truth, decided, pos_label=pos_label) == pytest.approx(wanted)
    listed = module_of("f1").f1(truth.tolist(), decided.tolist(), pos_label=pos_label)
    assert listed == pytest.approx(wanted)


def test_the_score_is_a_float_of_any_shape() -> None:
    truth = np.array([[1, 0], [1, 1]], dtype=bool)
    assert type(module_of("recall").recall(truth, truth)) is float
    assert module_of("recall").recall(truth, truth, sample_weight=[1, 2]) == 1.0
    assert module_of("f1").f1([], []) == 0.0


REFUSED: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
    (([0, 1], [[0], [1]]), {}, r"must have the same shape, not \(2,\) and \(2, 1\)"),
    (([0, 1], [0, 2]), {}, "labels must be 1 and one other, not 0, 1, 2"),
    (([0, 2], [0, 2]), {}, "labels must be 1 and one other, not 0, 2"),
    ((["a", "b"], ["a", "b"]), {}, "labels must be 1 and one other, not 'a', 'b'"),
    (([0, 1], ["0", "1"]), {}, "labels must be 1 and one other"),
    (([0, 1], [0.3, 0.7]), {}, "must hold labels, not scores"),
    (([1, 1], [0.9, 1]), {}, "must hold labels, not scores"),
    (([0, 1], [math.nan, 1]), {}, "must hold labels, not scores"),
    (([0, 1], [0, 1]), {"sample_weight": [1, -1]}, "sample_weight must be finite and 0 or more"),
    (([0, 1], [0, 1]), {"sample_weight": [1, math.nan]}, "sample_weight must be finite"),
    (([0, 1], [0, 1]), {"sample_weight": [1, math.inf]}, "sample_weight must be finite"),
    (([0, 1], [0, 1]), {"sample_weight": [1, 1, 1]}, r"must fit y_true, not \(3,\) and \(2,\)"),
    (([0, 0], [0, 0]), {"zero_division": "warn"}, "warn"),
]


@pytest.mark.parametrize(("arguments", "options", "words"), REFUSED)
def test_what_is_no_decision_is_refused(
    arguments: tuple[Any, ...], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        module_of("f1").f1(*arguments, **options)


def test_negative_counts_are_refused_and_nan_stays() -> None:
    with pytest.raises(ValueError, match="fn must not be negative"):
        module_of("f1").f1_from_counts(1, 1, -1, 1)
    assert math.isnan(module_of("f1").f1_from_counts(1, math.nan, 1, 1))


def test_it_serves_in_make_scorer_and_cross_validation() -> None:
    generator = np.random.default_rng(8)
    points = generator.normal(size=(200, 3))
    labels = (points[:, 0] + generator.normal(size=200) > 1).astype(int)
    wanted = cross_val_score(LogisticRegression(), points, labels, scoring="f1")
    scorer = sk.make_scorer(module_of("f1").f1)
    found = cross_val_score(LogisticRegression(), points, labels, scoring=scorer)
    assert found == pytest.approx(wanted)
    strict = sk.make_scorer(module_of("f1").f1, zero_division=1.0)
    never = DummyClassifier(strategy="constant", constant=0).fit(points, labels)
    assert strict(never, points, 0 * labels) == 1.0


GOLDEN = ["f1", "mcc"]


@pytest.mark.parametrize("name", GOLDEN)
def test_emitted_files_read_as_they_did(name: str, golden: Callable[..., None]) -> None:
    golden(metricc.compile(name).source(target="numpy"), "golden", name, "numpy.py")


LONG = "metric aim(first_weight_of_all = 1, second_weight_of_all = 2, third_weight = 3) = "
LONG += "(first_weight_of_all*TP + second_weight_of_all*TN)/(total + third_weight*FP)"
ALL_FUNCTIONS = "sqrt(x) + cbrt(x) + abs(x - y) + min(x, y) + max(x, y) + clamp(x, y, 0.5) + exp(x)"
ALL_FUNCTIONS += " + log(x) + log2(x) + log10(x) + log1p(x) + xlogx(x) + sigmoid(x) + tanh(y)"
ALL_FUNCTIONS += " + sin(x) + cos(y) + asin(x) + atan(y) + x^y + x^1.5"
ALL_FUNCTIONS += " + normal_cdf(x) + step(x - y) + sign(y - x)"
CONFORMANCE = f"let x = TP/P in let y = TN/n in {ALL_FUNCTIONS}"
HOSTILE = [
    "metric a(np = 1, math = 2, y_true = 3) = (np*TP + math)/(TP + y_true*FN)",
    "metric a(pos_label = 1, sample_weight = 2) = (pos_label*TP + 1)/(TP + sample_weight*FN)",
    "metric a(zero_division = 1, tp_ = 2, value = 3) = (zero_division*TP + tp_)/(TP + value*FN)",
    "metric a(quotient = 1, sqrt_ = 2) = sqrt(quotient*TP/(TP + sqrt_*FN))",
    "metric a(as_counts = 1, count_entries = 2) = as_counts*TP/(TP + count_entries*FN)",
    "metric a(lambda_ = 1, float = 2, a = 3) = (lambda_*TP + a)/(TP + float*FN)",
    "let np = TP/(TP + FN) in let float = TN/(TN + FP) in sqrt(np + float) * np * float",
    "let entries = TP/(TP + FN) in entries + entries^2/(1 + TN/n)",
    'TP/(TP+FN) # """ + __import__("os").system("x") + """',
    "TP/(TP+FN) #\\",
    "TP/(TP # cut \r + FN)",
    "1e25*TP/(TP+FN)",
]


def test_the_conformance_metric_uses_every_function() -> None:
    assert all(f"{name}(" in CONFORMANCE for name in FUNCTIONS)


def test_every_function_prints_and_agrees_with_value() -> None:
    metric = metricc.compile(CONFORMANCE)
    counts = np.random.default_rng(9).integers(1, 50, (4, 30)).astype(float)
    found = emitted(metric).metric_from_counts(*counts)
    assert found == pytest.approx(metric.value(*counts), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "x", "wanted"),
    [
        ("sqrt", -1.0, 0.0),
        ("log", 0.0, -745.0),
        ("log1p", -2.0, -745.0),
        ("xlogx", 0.0, 0.0),
        ("exp", 1e9, math.exp(88)),
        ("asin", 2.0, math.pi / 2),
        ("sigmoid", -800.0, 0.0),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of_counts is what switches them off
def test_the_policy_of_functions(name: str, x: float, wanted: float) -> None:
    function = getattr(emitted(metricc.compile(CONFORMANCE)), name)
    assert float(function(x)) == pytest.approx(wanted)
    assert math.isnan(function(math.nan))


@pytest.mark.parametrize("x", [-30.0, -1.5, 0.0, 0.3, 8.0])
def test_normal_cdf_holds_its_digits_in_the_tail(x: float) -> None:
    text = Path(metricc.__file__).with_name("targets") / "templates/numpy/functions.py"
    functions = load(f"import math\n\nimport numpy as np\n\n{text.read_text()}")
    assert float(functions.normal_cdf(x)) == pytest.approx(float(mpmath.ncdf(x)), rel=1e-13)
    assert functions.normal_cdf(np.full((2, 3), x)).shape == (2, 3)


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_the_user_stay_words(text: str) -> None:
    metric = metricc.compile(text)
    module, name = emitted(metric), metric.name or "metric"
    truth, decided = np.random.default_rng(10).integers(0, 2, (2, 30))
    assert getattr(module, name)(truth, decided) == pytest.approx(metric.score(truth, decided))
    calls = [n.func for n in ast.walk(ast.parse(metric.source("numpy"))) if isinstance(n, ast.Call)]
    assert not any(isinstance(call, ast.Name) and call.id == "__import__" for call in calls)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each metric of the library, each function and some hostile names."""
    folder = tmp_path_factory.mktemp("numpy")
    metrics = [metric_of(name) for name in PUBLISHED]
    metrics += [metricc.compile(text) for text in (LONG, CONFORMANCE, "1", *HOSTILE)]
    for number, metric in enumerate(metrics):
        (folder / f"score{number}.py").write_text(metric.source(target="numpy"))
    return folder


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_emitted_files_pass_ruff_as_emitted(everything: Path, command: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(everything)]
    result = subprocess.run(ruff, capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout[-3000:]


def test_emitted_files_import_numpy_and_math_only(everything: Path) -> None:
    for path in everything.iterdir():
        tree = ast.walk(ast.parse(path.read_text()))
        imports = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in imports for alias in node.names}
        assert names <= {"numpy", "math"}, path.read_text()


@pytest.mark.parametrize(
    "options",
    [{"sharpness": 20.0}, {"from_logits": False}, {"smooth": 1.0}, {"direction": "min"}],
)
def test_options_of_losses_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(metricc.MetricError, match="it scores hard decisions"):
        metricc.compile("f1").source(target="numpy", **options)


def test_zero_division_of_the_command_becomes_the_default() -> None:
    module = emitted(metricc.compile("f1"), zero_division=1.0)
    assert module.f1([0, 0], [0, 0]) == 1.0
    assert "--target numpy --zero-division 1.0" in metricc.compile("f1").source(
        target="numpy", zero_division=1.0
    )


@pytest.mark.parametrize(
    ("name", "function"), [("my_iou", "my_iou"), ("MyIou", "my_iou"), ("IoU", "io_u")]
)
def test_a_name_names_the_functions(name: str, function: str) -> None:
    text = metricc.compile("TP/(TP+FP+FN)").source(target="numpy", name=name)
    assert f"def {function}(" in text
    assert f"def {function}_from_counts(" in text


@pytest.mark.parametrize("name", ["2fast", "a-b", "naïve", "lambda", "float", "np", "quotient"])
def test_a_name_that_no_function_can_have_is_refused(name: str) -> None:
    with pytest.raises(metricc.MetricError, match="wrong value"):
        metricc.compile("f1").source(target="numpy", name=name)


def test_a_parameter_is_described_as_one_whatever_its_name() -> None:
    text = metricc.compile("metric a(labels = 2) = TP/(TP + labels*FN)").source(target="numpy")
    assert "    labels: of the metric\n" in text


def test_a_metric_without_direction_or_gradient_is_scored_all_the_same() -> None:
    assert emitted(metricc.compile("(TP + FP)/total")).metric([0, 1], [1, 1]) == 1.0
    assert emitted(metricc.compile("prevalence")).prevalence([0, 1], [1, 1]) == 0.5


def test_emission_does_not_depend_on_hash_seeds() -> None:
    texts = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "metricc", "compile", CONFORMANCE, "--target", "numpy"]
        texts.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert len(texts) == 1


def test_compiling_imports_neither_numpy_nor_torch() -> None:
    code = "import sys, metricc; metricc.compile('f1').source(target='numpy')"
    check = "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", f"{code}; {check}"], check=True)


def test_the_header_holds_the_command_that_makes_the_file_again() -> None:
    arguments = ["compile", "fbeta", "--target", "numpy", "--param", "beta=2", "--name", "f2"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("# command: "))
    again = CliRunner().invoke(cli, line.split()[3:])
    assert again.stdout == result.stdout

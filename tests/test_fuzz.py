"""Hostile text: the corpus, a search for more of its kind; and nothing breaks out of a file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import fuzz
import hypothesis
import pytest
from click.testing import CliRunner
from formulas import hostile

import metricc
from metricc.cli import cli

CORPUS = sorted(fuzz.CORPUS.iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_corpus_keeps_every_promise(path: Path) -> None:
    fuzz.examine(fuzz.read(path.read_bytes()))


def test_the_corpus_is_small() -> None:
    assert 50 < len(CORPUS) < 400
    assert sum(path.stat().st_size for path in CORPUS) < 200_000


@hypothesis.settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(hostile)
def test_no_text_breaks_the_compiler(text: str) -> None:
    fuzz.examine(text)


@pytest.mark.parametrize(
    "text",
    [
        "TP" * 500_000,
        "(" * 1_000_000,
        "√" * 5_000 + "TP",
        "-" * 15_000 + "TP",
        "TP" + "²" * 9_000,
        "1" * 19_000,
        "9**9**9**9*TP",
        "TP**(10**9)",
        "TP*1e999999999",
        "TP*1e-999999999",
        "TP/(TP + FN)\0",
        "\ud800",
        "let x = TP in " * 1_200 + "x",
        "metric f = f",
        "metric f = g metric g = f",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_texts_beyond_all_limits_are_refused(text: str) -> None:
    with pytest.raises(metricc.MetricError):
        metricc.compile(text)
    fuzz.examine(text)


def test_a_broken_compiler_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def compile_in_vain(text: str) -> metricc.Metric:
        raise {"a": KeyError, "b": RecursionError, "c": ValueError}[text](text)

    def compile_forever(text: str) -> metricc.Metric:
        while True:
            pass

    monkeypatch.setattr(fuzz.metricc, "compile", compile_in_vain)
    fuzzer = fuzz.Fuzzer(tmp_path, 1)
    for text in ("a", "b", "c", "a"):
        fuzzer.run(text)
    assert (fuzzer.executions, len(fuzzer.found), len([*tmp_path.iterdir()])) == (4, 3, 3)
    assert fuzzer.report() == 1
    monkeypatch.setattr(fuzz.metricc, "compile", compile_forever)
    with pytest.raises(fuzz.BrokenPromiseError, match=r"takes more than 0\.2 s"):
        fuzz.examine("TP", seconds=0.2)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('"""x"""\nimport os\n', "os"),
        ('"""x"""\nprint(1)\n', "print(1)"),
        ('"""x"""\nx = 1\n', "x = 1"),
        ("def f(x):\n    return x\n", "a module without a docstring"),
        ('"""x"""\ndef f(x):\n    return eval(x)\n', "the builtin eval"),
        ('"""x"""\ndef f(x):\n    return y\n', "the unbound name y"),
    ],
)
def test_what_breaks_out_is_found(code: str, found: str) -> None:
    assert found in [*fuzz.unexpected(ast.parse(code))]


PAYLOADS = [
    '"""\nimport os\n"""',
    "'''\nimport os\n'''",
    "\nimport os\n",
    "\rimport os\r",
    "\x0cimport os",
    "\u2028import os\u2029",
    "\x85import os",
    "\x0bimport os\x1c",
    '\\"""\nimport os #',
    "\\",
    "{holes}",
    "$holes ${holes} %(holes)s {{holes}}",
    "'; import os; '",
    "`import os`",
    "# made by metricc",
    "\N{RIGHT-TO-LEFT OVERRIDE}so tropmi",
    "\0",
    "\ud800",
]


def shape(code: str) -> str:
    """Return the structure of a file, without its text in strings and comments."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def comments(code: str) -> list[str]:
    return re.findall(r"^#(?: \w+)?", code, re.MULTILINE)


@pytest.mark.parametrize("target", ["torch", "numpy"])
@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
@pytest.mark.parametrize(
    "text",
    [
        "TP/(TP + FN) # {}",
        "TP/(TP + FN) # {}\n",
        "## {}\nmetric m = TP/(TP + FN)",
        "## range: {}\n## source: {}\n## classes: {}\nmetric m = TP/(TP + FN)",
        "metric a = TN # {}\nmetric m = TP/(TP + FN)",
    ],
    ids=ascii,
)
def test_no_comment_breaks_out_of_the_file(text: str, payload: str, target: str) -> None:
    options = {"direction": "max", "kernels": "auto"} if target == "torch" else {}
    twin = metricc.compile(text.replace("{}", "harmless")).source(target, **options)
    try:
        code = metricc.compile(text.replace("{}", payload)).source(target, **options)
    except metricc.MetricError:
        return  # a payload with the end of a line ends the comment, and is no formula
    assert shape(code) == shape(twin)
    assert comments(code) == comments(twin)
    assert all(c.isprintable() or c == "\n" for c in code)
    code.encode()


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
@pytest.mark.parametrize("target", ["torch", "numpy"])
def test_no_name_breaks_out_of_the_file(payload: str, target: str) -> None:
    for name in (payload, f"m{payload}", f"{payload}m"):
        with pytest.raises(metricc.MetricError):
            metricc.compile("recall").source(target, name=name)
        with pytest.raises(metricc.MetricError):
            metricc.compile("w*recall", params={name: 2}).source(target)


@pytest.mark.parametrize("name", ["__class__", "import", "lambda", "None", "self", "torch", "np"])
@pytest.mark.parametrize("target", ["torch", "numpy"])
def test_a_name_of_python_stays_a_name(name: str, target: str) -> None:
    plain = ast.parse(metricc.compile("metric m(w = 2) = w*TP/(TP + w*FN)").source(target))
    texts = (f"metric m({name} = 2) = {name}*TP/(TP + {name}*FN)", f"metric {name} = recall")
    for text in texts:
        try:
            tree = ast.parse(metricc.compile(text).source(target))
        except metricc.MetricError:
            continue  # a name that Python keeps for itself
        assert not [*fuzz.unexpected(tree)]
        assert {*map(type, tree.body)} == {*map(type, plain.body)}


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if not {"\0", "\ud800"} & {*p}], ids=ascii)
@pytest.mark.parametrize("target", ["torch", "numpy"])
def test_no_path_breaks_out_of_the_file(payload: str, target: str, tmp_path: Path) -> None:
    codes = []
    for name in ("harmless", payload):
        path = tmp_path / f"{name.replace('/', ' ')}.metric"
        path.write_text("TP/(TP + FN)")
        codes.append(metricc.compile(path).source(target))
    twin, code = codes
    assert shape(code) == shape(twin)
    assert comments(code) == comments(twin)


@pytest.mark.parametrize(
    "name", ["a\0.metric", "\ud800.metric", "x" * 5_000 + ".metric", "/.metric"]
)
def test_a_path_that_cannot_be_is_an_error(name: str) -> None:
    with pytest.raises(metricc.MetricError):
        metricc.compile(Path(name))
    result = CliRunner().invoke(cli, ["compile", name])
    assert isinstance(result.exception, metricc.MetricError)


@pytest.mark.parametrize("name", [5, None, b"f1", ["f1"], object])
def test_a_name_that_is_no_text_is_an_error(name: object) -> None:
    for target in ("torch", "numpy"):
        with pytest.raises(metricc.MetricError):
            metricc.compile("f1").source(target, name=name)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), 1e31, "2", None, True]
)
def test_a_parameter_without_a_finite_value_is_an_error(value: object) -> None:
    with pytest.raises(metricc.MetricError):
        metricc.compile("fbeta", params={"beta": value})


@pytest.mark.parametrize(
    "options",
    [
        *({"sharpness": x} for x in (0, -1, float("inf"), float("nan"), "10", None, 10**400)),
        *({"threshold": x} for x in (0, 1, -0.1, 1.5, float("nan"), "0.5", None)),
        *({name: float("nan")} for name in ("smooth", "mix", "momentum", "exponent")),
        {"zero_division": float("inf")},
    ],
    ids=ascii,
)
def test_an_option_without_a_sensible_value_is_an_error(options: dict[str, object]) -> None:
    with pytest.raises(metricc.MetricError) as caught:
        metricc.compile("f1").source(**options)
    assert next(iter(options)) in str(caught.value)

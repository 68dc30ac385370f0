"""`metricc plot`: the numbers behind the picture, its files, and what it refuses."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from shelves import TWO_CLASSES

import metricc
from metricc.cli import cli
from metricc.library import load_library
from metricc.plot import make_picture
from metricc.plot.curves import surrogate_curve
from metricc.plot.plane import CASES, grid, inner_grid, sample, surface
from metricc.plot.scale import choose_scale
from metricc.plot.view import SUFFIXES, View

NAMES = ["f1", "mcc", "gmean", "dor", "balanced_accuracy", "kappa"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("prevalence", [0.5, 0.02])
def test_the_plane_holds_the_metrics_values(name: str, prevalence: float) -> None:
    metric = metricc.compile(name)
    plane = sample(metric.compilation, prevalence, grid(9))
    fpr, tpr = np.meshgrid(plane.axis, plane.axis)
    positives, negatives = CASES * prevalence, CASES * (1 - prevalence)
    wanted = metric.value(
        tp=positives * tpr,
        fn=positives * (1 - tpr),
        fp=negatives * fpr,
        tn=negatives * (1 - fpr),
    )
    np.testing.assert_allclose(plane.value, wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_the_arrows_are_differences_of_the_value(name: str) -> None:
    compilation, step = metricc.compile(name).compilation, 1e-6

    def value(fpr: float, tpr: float) -> float:
        rows = sample(compilation, 0.2, np.array([fpr, tpr])).value
        return float(rows[1, 0])

    plane = sample(compilation, 0.2, inner_grid(5))
    for i, tpr in enumerate(plane.axis):
        for j, fpr in enumerate(plane.axis):
            along_fpr = (value(fpr + step, tpr) - value(fpr - step, tpr)) / (2 * step)
            along_tpr = (value(fpr, tpr + step) - value(fpr, tpr - step)) / (2 * step)
            assert plane.along_fpr[i, j] == pytest.approx(along_fpr, rel=1e-6, abs=1e-6)
            assert plane.along_tpr[i, j] == pytest.approx(along_tpr, rel=1e-6, abs=1e-6)


def test_a_singular_curve_lies_where_its_equation_holds() -> None:
    compilation = metricc.compile("1/informedness").compilation
    (equation,) = (s.equation for s in compilation.singularities if s.equation)
    difference = surface(compilation, equation, 0.3, inner_grid(8))
    assert difference is not None
    assert np.abs(np.diag(difference)).max() < 1e-9
    assert difference[5, 1] * difference[1, 5] < 0


def test_a_singular_curve_may_hang_on_parameters() -> None:
    compilation = metricc.compile("1/(w*TP - FN)", params={"w": 2}).compilation
    (equation,) = (s.equation for s in compilation.singularities if s.equation)
    difference = surface(compilation, equation, 0.5, inner_grid(30))
    assert difference is not None
    assert np.abs(difference[np.abs(inner_grid(30) - 1 / 3) < 0.02]).max() < 30


@pytest.mark.parametrize("name", load_library().surrogates)
@pytest.mark.parametrize("rescaled", [False, True])
def test_the_slope_of_the_surrogate_is_that_of_its_curve(name: str, rescaled: bool) -> None:
    view = View.make(surrogate=name, threshold=0.4, rescaled=rescaled)
    p, step = np.linspace(0.013, 0.987, 60), 1e-7
    _, slope = surrogate_curve(view, p)
    above, below = surrogate_curve(view, p + step)[0], surrogate_curve(view, p - step)[0]
    np.testing.assert_allclose(slope, (above - below) / (2 * step), atol=1e-5)


def test_the_surrogate_of_the_paper() -> None:
    soft, slope = surrogate_curve(View(sharpness=20.0, threshold=0.3), np.array([0.3, 0.5]))
    assert soft == pytest.approx([0.5, 1 / (1 + np.exp(-4))])
    assert slope[0] == 5.0


def scale_of(formula: str, prevalence: float = 0.5):  # noqa: ANN201
    compilation = metricc.compile(formula).compilation
    value = sample(compilation, prevalence, grid(101)).value
    return choose_scale(value, is_bounded=not compilation.behaviour.unbounded)


@pytest.mark.parametrize("prevalence", [0.5, 0.001])
def test_a_bounded_metric_has_a_plain_scale_over_its_range(prevalence: float) -> None:
    scale = scale_of("f1", prevalence)
    assert scale.note == ""
    assert (scale.levels[0], scale.levels[-1]) == (0, 1)
    assert (np.diff(scale.levels) > 0).all()


def test_an_unbounded_metric_says_where_its_scale_is_cut() -> None:
    assert scale_of("dor").note == "logarithmic, cut at 0.001 and 1000"
    assert scale_of("1/informedness").note == "cut at -10 and 10"


def test_a_metric_that_depends_on_the_number_of_cases_says_how_many() -> None:
    figure = metricc.compile("(TP + 1)/(TP + FP + FN + 1)").plot()
    assert figure.axes[0].get_title().endswith("prevalence 0.5, 1000 cases")


def test_a_constant_has_one_colour_and_no_arrows() -> None:
    scale = scale_of("prevalence")
    assert (scale.levels[0], scale.levels[-1]) == (0, 1)
    figure = metricc.compile("prevalence").plot()
    assert [text.get_text() for text in figure.legends[0].get_texts()][:1] == ["chance"]
    assert not any("rises" in text.get_text() for text in figure.legends[0].get_texts())


def test_two_colours_meet_at_0_where_the_range_is_symmetric_only() -> None:
    assert scale_of("mcc").colours.name == "light PuOr_r"
    assert scale_of("f1").colours.name == "light viridis"
    assert scale_of("markedness*recall").colours.name == "light viridis"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, words)])


STARTS = {".png": b"\x89PNG\r\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_suffix_says_what_is_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"f1{suffix}"
    result = run("plot", "f1", "-o", path, "--prevalence", "0.1")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{path}: f1 at prevalence 0.1\n"
    data = path.read_bytes()
    assert data.startswith(STARTS[suffix])
    assert b"made by metricc 0." in data
    assert run("plot", "mcc", "-o", path).exit_code == 0  # over a picture of ours
    assert path.read_bytes() != data
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_picture_has_the_same_bytes(suffix: str) -> None:
    compilation = metricc.compile("f1").compilation
    first, second = (make_picture(compilation, View(), suffix) for _ in range(2))
    assert first == second


def test_pictures_do_not_depend_on_hash_seeds_or_settings(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 20\nsvg.hashsalt: mine\n")
    pictures = set()
    for seed, settings in (("0", ""), ("1", ""), ("2", str(tmp_path / "matplotlibrc"))):
        path = tmp_path / f"{seed}.svg"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "MATPLOTLIBRC": settings}
        command = [sys.executable, "-m", "metricc", "plot", "mcc", "-o", str(path)]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        pictures.add(path.read_bytes())
    assert len(pictures) == 1


@pytest.mark.parametrize("name", ["notes.svg", "photo.png", "paper.pdf"])
def test_a_picture_of_the_user_stays_unless_forced(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    theirs = STARTS[path.suffix] + b" drawn by hand\n"
    path.write_bytes(theirs)
    result = run("plot", "f1", "-o", path)
    assert isinstance(result.exception, metricc.MetricError)
    assert "was not made by metricc" in str(result.exception)
    assert path.read_bytes() == theirs
    assert run("plot", "f1", "-o", path, "--force").exit_code == 0
    assert path.read_bytes() != theirs


def test_a_text_that_mentions_metricc_is_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "loss.py"
    path.write_text("# not made by metricc 0.1.0\n")
    assert run("compile", "f1", "-o", path).exit_code == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "f1.jpg"], ".png, .svg or .pdf"),
        (["-o", "f1"], ".png, .svg or .pdf"),
        (["-o", "f1.png", "--prevalence", "1"], "the share of positives"),
        (["-o", "f1.png", "--prevalence", "nan"], "the share of positives"),
        (["-o", "f1.png", "--sharpness", "0"], "above 0"),
        (["-o", "absent/f1.png"], "in a folder that does not exist"),
    ],
)
def test_wrong_options_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("plot", "f1", *options)
    assert isinstance(result.exception, metricc.MetricError)
    assert words in str(result.exception)
    assert not any(tmp_path.iterdir())


def test_an_output_is_asked_for() -> None:
    assert run("plot", "f1").exit_code == 2


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(metricc.MetricError, match=r"pip install 'metricc\[plot\]'"):
        metricc.compile("f1").plot()


def test_matplotlib_is_imported_by_plots_alone_and_pyplot_by_none() -> None:
    code = """
import sys, metricc, metricc.cli
assert "matplotlib" not in sys.modules
metricc.compile("f1").plot()
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_api_gives_a_figure() -> None:
    figure = metricc.compile("fbeta", params={"beta": 2}).plot(prevalence=0.1, surrogate="identity")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=50)
    assert Image.open(file).size == (560, 310)
    assert "beta = 2" in figure.get_suptitle()
    assert "prevalence 0.1" in figure.axes[0].get_title()
    with pytest.raises(metricc.MetricError, match='"sigmoid" or'):
        metricc.compile("f1").plot(surrogate="relu")
    with pytest.raises(metricc.MetricError, match="options of a plot: prevalence"):
        metricc.compile("f1").plot(prevalance=0.1)


ODD = [
    "prevalence",
    "1",
    "TP",
    "TP - TP",
    "1/(TP - TP + FN - FN + 1)",
    "1/informedness",
    "1e25*TP/(TP+FN)",
    "-dor",
    "log(TP/(TP+FN))",
    "1/(TP - FN)^2",
    "TP/(TP+FN) # $\\frac{",
    "exp(dor)",
    " + ".join(["TP/(TP + FN)"] * 40),
]


@pytest.mark.parametrize("formula", ODD)
def test_odd_formulas_have_a_picture(formula: str) -> None:
    assert make_picture(metricc.compile(formula).compilation, View(), ".png")


@pytest.mark.parametrize("name", sorted(TWO_CLASSES)[::9])
def test_the_library_has_pictures(name: str) -> None:
    assert make_picture(metricc.compile(name).compilation, View(prevalence=0.1), ".png")


def test_the_picture_of_the_readme_is_current_and_small(tmp_path: Path) -> None:
    example = Path(__file__).parents[1] / "examples" / "f1_plane.png"
    assert example.stat().st_size < 120_000
    run("plot", "f1", "--prevalence", "0.1", "-o", tmp_path / "f1.png")
    made, kept = (
        np.asarray(Image.open(path).convert("L"), dtype=float)
        for path in (tmp_path / "f1.png", example)
    )
    assert made.shape == kept.shape
    assert np.abs(made - kept).mean() < 0.3  # fonts may be drawn a little otherwise elsewhere

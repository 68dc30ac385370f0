"""Derivations shown to the engines that draw them; .ci/engines.sh installs those."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from derivations import DERIVATIONS, EVERYTHING, EXPRESSIONS, MCC, shown
from hypothesis import given, settings
from matplotlib.image import imread
from shelves import SEVERAL_CLASSES, TWO_CLASSES

import metricc
from metricc.formats import allowed, render
from metricc.ir.program import Expr
from metricc.library import load_library

ENGINES = Path(os.environ.get("METRICC_ENGINES") or Path.home() / ".cache" / "metricc-engines")
KATEX, TYPST = ENGINES / "katex" / "node_modules" / "katex", ENGINES / "typst"
CHROMIUM = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic")
QUIET = "no-first-run disable-background-networking disable-component-update disable-sync"
NARROW, WIDE = 400, 1000


def needs(present: object, what: str) -> None:
    """Skip the test where an engine is missing, but never in CI."""
    if not present and os.environ.get("CI") == "true":
        pytest.fail(f"CI has no {what}; .ci/engines.sh installs it")
    if not present:
        pytest.skip(f"no {what} here; .ci/engines.sh installs it")


def run(*command: str | Path, cwd: Path | None = None, stdin: str = "") -> str:
    done = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def katex(formulas: list[str]) -> list[str]:
    """Return each formula as KaTeX's MathML; its warnings are errors."""
    needs(shutil.which("node") and KATEX.is_dir(), "KaTeX")
    script = f"""
        const katex = require({json.dumps(str(KATEX))});
        const settings = {{output: "mathml", displayMode: true, strict: "error"}};
        const formulas = JSON.parse(require("fs").readFileSync(0));
        const pages = formulas.map(formula => katex.renderToString(formula, settings));
        console.log(JSON.stringify(pages));
    """
    pages: list[str] = json.loads(run("node", "-e", script, stdin=json.dumps(formulas)))
    return pages


def environments(page: str) -> list[str]:
    return re.findall(r"\\begin\{align\*\}.*?\\end\{align\*\}", page, re.DOTALL)


@pytest.mark.parametrize("name", DERIVATIONS)
def test_katex_draws_every_equation(name: str) -> None:
    page = render(DERIVATIONS[name], "latex")
    formulas = [*environments(page), *re.findall(r"(?<!\\)\$([^$]*)(?<!\\)\$", page)]
    assert all("<math" in drawn for drawn in katex(formulas))


SHARES = 8
"""The library is shown to the engine in so many parts."""


@pytest.mark.parametrize("share", range(SHARES))
def test_katex_draws_the_library_with_every_surrogate(share: int) -> None:
    library = load_library()
    formulas: dict[str, None] = {}
    for name in sorted(TWO_CLASSES)[share::SHARES]:
        metric = metricc.compile(name)
        for surrogate, rescaled in itertools.product(library.surrogates, (False, True)):
            page = metric.derivation("latex", surrogate=surrogate, rescaled=rescaled)
            formulas |= dict.fromkeys(environments(page))
        formulas[metric._repr_latex_().strip("$")] = None
        formulas |= dict.fromkeys(environments(metric.derivation("latex", wrt="entries")))
    assert all("<math" in drawn for drawn in katex(list(formulas)))


@pytest.mark.parametrize("name", SEVERAL_CLASSES)
def test_engines_draw_metrics_of_several_classes(name: str, tmp_path: Path) -> None:
    metric = metricc.compile(name)
    options: tuple[dict[str, str], ...] = ({}, {"wrt": "entries"}, {"surrogate": "cosine"})
    formulas = [metric._repr_latex_().strip("$")]
    for given_options in options:
        formulas += environments(metric.derivation("latex", **given_options))
    assert all("<math" in drawn for drawn in katex(formulas))
    assert typeset(metric.derivation("typst"), tmp_path) > 5_000


@pytest.mark.parametrize("name", DERIVATIONS)
def test_katex_draws_what_markdown_fences(name: str) -> None:
    page = render(DERIVATIONS[name], "markdown", bibtex=True)
    fences = re.findall(r"^```math\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE)
    katex([*fences, *re.findall(r"\$`(.*?)`\$", page)])
    assert len(fences) == sum(bool(s.equations) for s in DERIVATIONS[name].steps)
    assert "operatorname" not in page  # GitHub refuses it
    assert not any("\n\n" in fence for fence in fences)


def shape(mathml: str) -> dict[str, int]:
    marks = ("mfrac", "msqrt", "mroot", "msup")
    return {mark: len(re.findall(f"<{mark}\\b", mathml)) for mark in marks}


def test_latex_and_html_have_the_same_fractions_roots_and_powers() -> None:
    known = [e for e in EVERYTHING if "1e" not in shown(e, "text")]
    drawn = katex([shown(expr, "latex") for expr in known])
    pages = [shown(expr, "html") for expr in known]
    assert [shape(page) for page in drawn] == [shape(page) for page in pages]


def samples(count: int = 60) -> list[Expr]:
    """Return random expressions, always the same."""
    found: list[Expr] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None)
    @given(EXPRESSIONS)
    def collect(expr: Expr) -> None:
        found.append(expr)

    collect()
    return found


def test_engines_read_random_formulas() -> None:
    found = samples()
    katex([shown(expr, "latex") for expr in found])
    for expr in found:
        ElementTree.fromstring(f"<math>{shown(expr, 'html')}</math>")


def typeset(page: str, folder: Path) -> int:
    """Return the size of what Typst makes of a page."""
    needs(TYPST.is_dir(), "Typst")
    (folder / "page.typ").write_text(page, encoding="utf-8")
    script = "import typst; typst.compile('page.typ', output='page.pdf')"
    environment = {**os.environ, "PYTHONPATH": str(TYPST)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return (folder / "page.pdf").stat().st_size


@pytest.mark.parametrize("name", DERIVATIONS)
def test_typst_compiles_the_document(name: str, tmp_path: Path) -> None:
    assert typeset(render(DERIVATIONS[name], "typst", bibtex=True), tmp_path) > 5_000


def test_typst_reads_random_formulas(tmp_path: Path) -> None:
    assert typeset("\n".join(f"$ {shown(expr, 'typst')} $" for expr in samples()), tmp_path) > 5_000


@pytest.mark.parametrize("name", DERIVATIONS)
def test_pdflatex_compiles_the_document(name: str, tmp_path: Path) -> None:
    needs(shutil.which("pdflatex") and shutil.which("pdftotext"), "pdflatex")
    page = render(DERIVATIONS[name], "latex", document=True, bibtex=True)
    (tmp_path / "page.tex").write_text(page, encoding="utf-8")
    log = run("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex", cwd=tmp_path)
    assert "Overfull" not in log
    assert "Derived by metricc" in run("pdftotext", "page.pdf", "-", cwd=tmp_path)


def browse(folder: Path, width: int, *flags: str) -> str:
    """Show page.html to a browser."""
    needs(shutil.which("chromium"), "Chromium")
    switches = [f"--{flag}" for flag in QUIET.split()]
    profile = f"--user-data-dir={folder / f'profile-{width}'}"
    size = f"--window-size={width},1200"
    page = (folder / "page.html").as_uri()
    return run(*CHROMIUM, *switches, profile, size, "--hide-scrollbars", *flags, page)


MEASURE = """<script>
    const boxes = name => [...document.querySelectorAll(name)].map(e => e.getBoundingClientRect());
    const ends = table => [...new Set([...table.querySelectorAll("mtr")]
        .map(row => row.firstElementChild.lastElementChild).filter(cell => cell)
        .map(cell => Math.round(cell.getBoundingClientRect().right)))].length;
    const found = {
        line: boxes("li p")[0].height,
        fractions: boxes("mtd > mfrac").map(box => box.height),
        roots: boxes("msqrt").map(box => box.width),
        columns: [...document.querySelectorAll("mtable")].map(ends),
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    };
    document.documentElement.dataset.found = JSON.stringify(found);
</script>"""


def measure(name: str, folder: Path, width: int) -> dict[str, list[float]]:
    """Return sizes that the browser gives a page's parts."""
    page = render(DERIVATIONS[name], "html").replace("</body>", f"{MEASURE}</body>")
    (folder / "page.html").write_text(page, encoding="utf-8")
    dom = browse(folder, width, "--virtual-time-budget=1000", "--dump-dom")
    found = re.search(r'data-found="([^"]*)"', dom)
    assert found is not None
    measured: dict[str, list[float]] = json.loads(found[1].replace("&quot;", '"'))
    return measured


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("name", DERIVATIONS)
def test_a_browser_lays_the_page_out(name: str, width: int, tmp_path: Path) -> None:
    found = measure(name, tmp_path, width)
    assert min(found["fractions"]) > 1.2 * found["line"]
    assert all(root > 10 for root in found["roots"])
    assert set(found["columns"]) == {1}  # left sides end where the = signs stand
    assert found["overflow"] == 0


def test_a_browser_draws_the_page(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(render(MCC, "html", bibtex=True), encoding="utf-8")
    browse(tmp_path, WIDE, f"--screenshot={tmp_path / 'page.png'}")
    picture = imread(tmp_path / "page.png")
    assert len(np.unique(picture)) > 50  # shades of ink


@pytest.mark.parametrize("name", DERIVATIONS)
def test_the_page_needs_nothing_and_runs_nothing(name: str) -> None:
    page = render(DERIVATIONS[name], "html", bibtex=True)
    assert not re.search(r"<script|<link|@import|url\(|src=|https?:|<b>", page)
    assert '<html lang="en">' in page
    for table in re.findall(r"<math.*?</math>", page, re.DOTALL):
        ElementTree.fromstring(table)


SIGNS = (
    *(r"\hat y_1", "y'", "x^2", "n_{+}^{(i)}", "{a_b}_c", r"\hat\beta_\star", r"\text{F1 score}"),
    *(r"n_\mathrm{pos}", "β", "a/b!", r"\_", r"\operatorname{soft max}", r"\bar{\hat{y}}''"),
    *(rf"\{name}_\{name}^\{name}" for name in allowed.SYMBOLS),
    *(rf"\{name}{{a}}_1'" for name in (*allowed.ACCENTS, *allowed.FONTS, *allowed.WORDS)),
)
SIGNED = ("yhat", "y", "p", "z", "theta", "x", "beta", "T", "Q", "P", "n", "L")
"""Names with an index, a power and a transpose among them, each with a sign of its own."""


def test_pdflatex_compiles_whatever_a_sign_may_be(tmp_path: Path) -> None:
    needs(shutil.which("pdflatex"), "pdflatex")
    metric, pages = metricc.compile("fbeta", params={"beta": 2}), []
    for sign in SIGNS:
        (tmp_path / "signs.toml").write_text(
            "".join(
                f"{name} = {json.dumps(f'{{{mark}}}{sign}')}\n" for mark, name in enumerate(SIGNED)
            ),
            encoding="utf-8",
        )
        page = metric.derivation("latex", wrt="theta", symbols=tmp_path / "signs.toml")
        pages.append(page)
    page = "\n".join([r"\documentclass{article}\usepackage{amsmath}\begin{document}", *pages])
    (tmp_path / "page.tex").write_text(page + r"\end{document}", encoding="utf-8")
    run("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex", cwd=tmp_path)

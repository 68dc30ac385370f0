"""What the README says is what happens: its blocks run, its texts are the real ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import metricc
from metricc.cli import cli

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, flags=re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


def test_the_heart_is_the_emitted_one() -> None:
    heart = blocks("python")[0]
    assert heart.startswith("def value_and_slopes")
    assert heart in metricc.compile("2*TP/(2*TP+FP+FN)").source()


def test_the_python_blocks_run(capsys: pytest.CaptureFixture[str]) -> None:
    code = "\n".join(blocks("python")[1:])
    exec(compile(code, "README.md", "exec"), {})
    (shown,) = re.findall(r"print\(loss\)\n# (.*)", code)
    assert capsys.readouterr().out.startswith(f"{shown}\nfbeta\n")


def test_the_derivation_is_the_real_one() -> None:
    (derivation,) = blocks("text")
    assert derivation in metricc.compile("mcc").derivation("text")


def test_pasted_formulas_of_the_text_compile() -> None:
    (paragraph,) = re.findall(r"paste them:(.*?)\. Names", TEXT, flags=re.DOTALL)
    formulas = re.findall(r"`([^`]*TP[^`]*)`", paragraph)
    assert len(formulas) == 3
    for formula in formulas:
        metricc.compile(formula, params={"beta": 2} if "β" in formula else {})


def test_the_commands_of_the_text_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"`metricc ((?:derive|explain|plot|list)\b[^`]*)`", TEXT)
    assert len(commands) >= 4
    for command in commands:
        result = CliRunner().invoke(cli, command.split())
        assert result.exit_code == 0, (command, result.output)


def test_what_compile_warns_of_is_in_warnings() -> None:
    shown = CliRunner().invoke(cli, ["compile", "mcc", "-o", "-"]).stderr
    warnings = metricc.compile("mcc").warnings
    assert shown.strip() == "\n".join(warnings)
    assert warnings


def test_both_commands_install_the_tested_versions() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 2
    assert all("pip install -c .ci/constraints.txt" in command for command in commands)
    constraints = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8")
    assert "\ntorch==2.13.0\n" in constraints
    assert "grep -F -e '\".[test]\"' README.md" in (ROOT / ".ci" / "run").read_text()
    assert sum('".[test]"' in line for line in TEXT.splitlines()) == 1


NAMES = {
    "BCE, threshold tuned afterwards": "BCE, tuned",
    "BCE, classes weighted": "weighted BCE",
    "AnyLoss, L = 73": "AnyLoss",
    "metricc's loss of the metric": "metricc",
    'that with `mix=0.5, mix_weights="slopes"`': "metricc + slope BCE",
}
"""What the README and the study call a loss."""


def test_the_scores_of_losses_are_those_of_the_study() -> None:
    summary = (ROOT / "examples" / "paper" / "results" / "summary.md").read_text(encoding="utf-8")
    shares, _, means, *_ = (
        {cells[0]: cells[1:] for cells in map(row_cells, table.splitlines()[2:])}
        for table in re.findall(r"(?:^\|.*\n)+", summary, flags=re.MULTILINE)
    )
    (table,) = re.findall(r"\| trained with .*\n\|.*\n((?:\|.*\n)+)", TEXT)
    rows = list(map(row_cells, table.splitlines()))
    assert len(rows) == 6
    for name, *shown in rows:
        loss = NAMES.get(name, name)
        expected = [
            f"{mean.split()[0]}, {share.split('%')[0]} %"
            for mean, share in zip(means[loss], shares[loss], strict=True)
        ]
        assert [cell.replace("**", "") for cell in shown] == expected


def row_cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_it_fits_on_a_few_screens() -> None:
    assert len(TEXT.splitlines()) < 150


def test_files_that_it_names_exist() -> None:
    for path in re.findall(r"`((?:metricc|grammar|examples|tests)/[\w./]*)`", TEXT):
        assert (ROOT / path).exists(), path

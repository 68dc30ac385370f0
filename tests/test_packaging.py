"""The wheel carries grammar, library and templates, and compiles where the checkout is not."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder), ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_holds_all_that_the_package_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "metricc"
    files = (path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert names >= {f"metricc/{path.relative_to(package).as_posix()}" for path in files}
    assert "metricc/grammar/metric.lark" in names
    assert not any(name.startswith(("tests/", "examples/")) for name in names)


def test_the_installed_wheel_compiles_elsewhere(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place, wheel]
    subprocess.run(command, check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(place)}
    code = "import metricc; print(metricc.__file__); print(metricc.compile('f1').source())"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    where, _, text = result.stdout.partition("\n")
    assert Path(where).is_relative_to(place)
    assert "class F1Loss" in text

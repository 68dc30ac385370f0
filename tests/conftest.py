"""What all tests share: goldens, texts that a test expects word for word."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).parent
os.environ["METRICC_KERNELS"] = "off"  # what tests kernels turns them on: each is a compilation


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Rewrite what golden tests expect."
    )


@pytest.fixture
def kernels_on(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Kernels, built into a directory that the workers of one run share."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    monkeypatch.setenv("METRICC_CACHE", str(shared / "kernels"))
    monkeypatch.delenv("METRICC_KERNELS")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[..., None]:
    """golden(text, "errors", "unknown_name.err") compares with tests/errors/unknown_name.err."""

    def compare(text: str, *parts: str) -> None:
        path = TESTS.joinpath(*parts)
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        if not path.is_file():
            pytest.fail(f"there is no {path.relative_to(TESTS)}; make it with --update-golden")
        assert text == path.read_bytes().decode()

    return compare

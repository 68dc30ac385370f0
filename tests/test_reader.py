"""Reading files: only as much as can be used, whatever they are."""

from __future__ import annotations

import os
import threading
import tracemalloc
from pathlib import Path

import pytest

import metricc
from metricc.formats.symbols import read_notation
from metricc.reader import read_beginning

FORMULA = "metric mine = TP/(TP+FN)\n"


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    metric, signs = tmp_path / "mine.metric", tmp_path / "signs.toml"
    metric.write_text(FORMULA, encoding="utf-8-sig")
    assert metricc.compile(metric).name == "mine"
    signs.write_text("P = 'Q'\nQ = 'P'\n", encoding="utf-8-sig")
    assert read_notation(signs).symbols == {"P": "Q", "Q": "P"}


@pytest.mark.parametrize("size", [30_000, 50_000_000])
def test_of_a_file_that_is_too_long_a_part_is_read(size: int, tmp_path: Path) -> None:
    path = tmp_path / "long.metric"
    with path.open("wb") as file:
        file.truncate(size)
    tracemalloc.start()
    with pytest.raises(metricc.MetricError, match="exceeds the limit of 20000"):
        metricc.compile(path)
    with pytest.raises(metricc.MetricError, match="more than 20000 characters"):
        read_notation(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device of this system")
def test_a_device_without_an_end_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "zero.metric"
    link.symlink_to("/dev/zero")
    with pytest.raises(metricc.MetricError, match="exceeds the limit of 20000"):
        metricc.compile(link)
    with pytest.raises(metricc.MetricError, match="more than 20000 characters"):
        read_notation(link)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of this system have no path")
def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.metric"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(FORMULA,))
    writer.start()
    assert metricc.compile(pipe).name == "mine"
    writer.join()


def test_characters_are_counted_and_none_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "greek.txt"
    path.write_text("β" * 9, encoding="utf-8")
    assert read_beginning(path, 5) == "β" * 5
    assert read_beginning(path, 50) == "β" * 9

"""Problems of the user's own: what is read, and what is refused by the name of its column."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import _openml

sys.path.insert(0, str(Path(__file__).parent.parent / "examples" / "paper"))

from loaders import from_frame, read_csv, read_openml
from problems import ProblemError

PATIENTS = """\
age, city, smoker, ill
31, Paris, True, no
54, Rome, False, yes
47, Paris, False, no
22, Oslo, True, no
"""


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    path = tmp_path / "patients.csv"
    path.write_text(PATIENTS)
    return path


def test_numbers_and_the_rarer_of_two_values(patients: Path) -> None:
    problem = read_csv(patients, "ill", drop=["city"])
    assert problem.features.tolist() == [[31, 1], [54, 0], [47, 0], [22, 1]]
    assert problem.features.dtype == np.float32
    assert problem.labels.tolist() == [0, 1, 0, 0]


def test_a_named_positive(patients: Path) -> None:
    assert read_csv(patients, "ill", "no", drop=["city"]).labels.tolist() == [1, 0, 1, 1]
    assert read_csv(patients, "city", "Paris", drop=["ill"]).labels.tolist() == [1, 0, 1, 0]


def test_text_as_columns_of_zero_and_one(patients: Path) -> None:
    features = read_csv(patients, "ill", one_hot=True).features
    assert features.shape == (4, 5)
    assert features[:, 2:].sum(1).tolist() == [1, 1, 1, 1]


def test_one_is_positive_beside_zero_even_if_frequent(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,1\n2,1\n3,0\n")
    assert read_csv(path, "y").labels.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("text", "target", "words"),
    [
        (PATIENTS, "ill", "column 'city' holds text ('Paris' in row 1): give --one-hot"),
        (PATIENTS, "il", "there is no column 'il'; did you mean 'ill'?"),
        (PATIENTS, "city", "column 'city' has 3 values (Paris, Rome, Oslo, …): name the one"),
        ("x,y\n1,0\n,1\n,0\n", "y", "column 'x' lacks 2 of 3 values, the first in row 2: fill"),
        ("x,y\n1,0\n2,\n3,1\n", "y", "column 'y' lacks 1 of 3 values, the first in row 2"),
        ("x,y\n1,0\n2,0\n", "y", "column 'y' has the single value 0: there is nothing"),
        ("x,y\n1,0\ninf,1\n2,0\n", "y", "column 'x' holds inf in row 2, beyond 3.4e38"),
        ("x,y\n1,0\n2,1\n-1e39,0\n", "y", "column 'x' holds -1e+39 in row 3, beyond 3.4e38"),
        ("x,y\n1,0\n1_000,1\n2,0\n", "y", "column 'x' holds text ('1_000' in row 2)"),
        ("x,y\n1,0\n2.5 kg,1\n2,0\n", "y", "column 'x' holds text ('2.5 kg' in row 2)"),
        ("y\n0\n1\n", "y", "there is no column besides 'y'"),
        ("x,y\n", "y", "column 'y' has the single value (no rows)"),
        ("", "y", "is no CSV file"),
        ("x,y\n1,2,3\n1,2,3,4,5\n", "y", "is no CSV file"),
    ],
)
def test_what_is_refused(text: str, target: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ProblemError, match=re.escape(words)):
        read_csv(path, target)


def test_an_infinite_value_beside_text(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("city,x,y\nOslo,1,0\nRome,inf,1\n")
    with pytest.raises(ProblemError, match="column 'x' holds inf in row 2"):
        read_csv(path, "y", one_hot=True)


def test_numbers_that_pandas_reads_as_text_or_categories() -> None:
    frame = pd.DataFrame(
        {
            "id": [str(10**30), "2", "3"],
            "level": pd.Categorical(["0", "1", "1"]),
            "y": pd.Categorical(["1", "1", "0"], categories=["0", "1", "never"]),
        }
    )
    problem = from_frame(frame, "y")
    assert problem.features.tolist() == [[np.float32(1e30), 0], [2, 1], [3, 1]]
    assert problem.labels.tolist() == [1, 1, 0]


def test_a_positive_that_is_not_there(patients: Path) -> None:
    with pytest.raises(ProblemError, match=r"column 'ill' has no value 'maybe'; it has no, yes"):
        read_csv(patients, "ill", "maybe", drop=["city"])


ARFF = """\
@relation patients
@attribute age numeric
@attribute city {Paris, Rome}
@attribute ill {no, yes}
@data
31, Paris, no
54, Rome, yes
47, Paris, no
"""


class StandIn(BaseHTTPRequestHandler):
    """Answers what OpenML would be asked about data set 7, and knows no other."""

    def do_GET(self) -> None:
        if "/7" not in self.path:
            self.send_error(412)
            return
        body = self.answer().encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def answer(self) -> str:
        if self.path.startswith("/features"):
            columns = [("age", "numeric"), ("city", "nominal"), ("ill", "nominal")]
            features = [
                {
                    "index": str(index),
                    "name": name,
                    "data_type": kind,
                    "is_target": str(name == "ill").lower(),
                    "is_ignore": "false",
                    "is_row_identifier": "false",
                    "number_of_missing_values": "0",
                }
                for index, (name, kind) in enumerate(columns)
            ]
            return json.dumps({"data_features": {"feature": features}})
        if self.path.startswith("/qualities"):
            return json.dumps({"data_qualities": {"quality": []}})
        if self.path.startswith("/file"):
            return ARFF
        host = f"http://{self.headers['Host']}"
        description = {
            "id": "7",
            "name": "patients",
            "description": "Some patients.",
            "version": "1",
            "status": "active",
            "format": "ARFF",
            "file_id": "7",
            "url": f"{host}/file/7",
            "md5_checksum": hashlib.md5(ARFF.encode()).hexdigest(),
        }
        return json.dumps({"data_set_description": description})

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def _openml_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(_openml, "_DATA_INFO", here + "/info/{}")
    monkeypatch.setattr(_openml, "_DATA_FEATURES", here + "/features/{}")
    monkeypatch.setattr(_openml, "_DATA_QUALITIES", here + "/qualities/{}")
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("_openml_here")
class TestOpenml:
    """Against a stand-in that answers as OpenML does."""

    def test_a_data_set(self) -> None:
        problem = read_openml(7, drop=["city"])
        assert problem.features.tolist() == [[31], [54], [47]]
        assert problem.labels.tolist() == [0, 1, 0]

    def test_another_target(self) -> None:
        assert read_openml(7, "city", drop=["ill"]).labels.tolist() == [0, 1, 0]

    def test_text(self) -> None:
        with pytest.raises(ProblemError, match="column 'city' holds text"):
            read_openml(7)
        assert read_openml(7, one_hot=True).features.shape == (3, 3)

    def test_a_number_that_does_not_exist(self) -> None:
        with pytest.raises(ProblemError, match="OpenML does not give data set 8"):
            read_openml(8)

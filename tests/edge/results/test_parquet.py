"""Results as Parquet: whole or not there, and read by what people read it with."""

import os
import resource
import shutil
import signal
import subprocess
import sys

import pytest

from edge import NOTICE
from edge.results.parquet import COLUMNS
from tests.edge.conftest import MODELS
from tests.edge.test_cli import run

parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def table(any_model, scan, tmp_path):
    """Of a bright scan, a dark one with an odd name, and a text."""
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(scan(180), folder / "a.png")
    shutil.copy(scan(40), os.fsencode(folder) + b"/b-\xff.png")
    (folder / "c.png").write_text("I am a text")
    out = tmp_path / "r.parquet"
    status, stdout, err = run(
        folder, "--model", any_model, "--out", out, "--format", "parquet", "--jobs", 1
    )
    assert (status, stdout) == (1, ""), err
    return out


def by_pandas(path):
    return pytest.importorskip("pandas").read_parquet(path).to_dict("records")


def by_polars(path):
    return pytest.importorskip("polars").read_parquet(path).to_dicts()


def by_duckdb(path):
    found = pytest.importorskip("duckdb").sql(f"select * from '{path}'")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("read", [by_pandas, by_polars, by_duckdb])
def test_it_is_read_by(table, read):
    rows = read(table)
    assert list(rows[0]) == list(COLUMNS)
    assert [row["verdict"] for row in rows[:2]] == ["tumor", "no_tumor"]
    assert rows[0]["probability"] > 0.5 > rows[1]["probability"]
    assert os.path.basename(rows[1]["path"]) == "b-\\udcff.png"
    assert "not an image" in rows[2]["error"]
    assert not isinstance(rows[2]["verdict"], str)
    assert {row["notice"] for row in rows} == {NOTICE}
    assert rows[0]["decode_ms"] > 0


def test_the_schema_is_the_documented_one(table):
    schema = parquet.read_schema(table)
    names = {
        "bool": "bool",
        "list<element: string>": "list<string>",
        "map<string, double ('type_probabilities')>": "map<string, double>",
    }
    assert {field.name: names.get(str(field.type), str(field.type)) for field in schema} == COLUMNS
    assert schema.metadata[b"notice"] == NOTICE.encode()


def test_it_replaces_its_like_and_no_scan(table, any_model, scan):
    options = ["--model", any_model, "--format", "parquet", "--out"]
    assert run(scan(180), *options, table)[0] == 0
    assert len(parquet.read_table(table)) == 1
    status, _, err = run(scan(180), *options, scan(40, "other.png"))
    assert status == 2
    assert "is a scan, a model or the like" in err


@pytest.mark.parametrize("more", [[], ["--resume"]])
def test_a_full_disk(any_model, scan, tmp_path, more):
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    out = tmp_path / "full" / "r.parquet"
    out.parent.mkdir()
    command = [sys.executable, "-m", "edge", scan(180), "--model", any_model, "--out", out]
    done = subprocess.run(
        [*map(str, command), "--format", "parquet", *more],
        capture_output=True,
        text=True,
        preexec_fn=limited,
        check=False,
    )
    assert done.returncode == 2
    assert "r.parquet: the results cannot be written (File too large)" in done.stderr
    assert "Traceback" not in done.stderr
    left = {path.name for path in out.parent.iterdir()}
    assert left == ({"r.parquet.journal.ndjson"} if more else set())


def test_without_pyarrow_it_says_what_to_install(any_model, scan, tmp_path):
    hide = "import sys; sys.modules['pyarrow'] = None; from edge.cli import main; "
    command = [sys.executable, "-c", hide + "sys.exit(main(sys.argv[1:]))", scan(180)]
    done = subprocess.run(
        [*map(str, command), "--format", "parquet", "--out", str(tmp_path / "r")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'mri-edge[parquet]'" in done.stderr


def test_types_are_a_map(scan, tmp_path):
    out = tmp_path / "r.parquet"
    model = MODELS / "tiny-types.onnx"
    status, _, err = run(
        *(scan(170, "a.png"), scan(40, "b.png"), "--model", model),
        *("--out", out, "--format", "parquet"),
    )
    assert status == 0, err
    bright, dark = parquet.read_table(out).to_pylist()
    assert bright["type"] == "bright"
    assert sum(dict(bright["type_probabilities"]).values()) == pytest.approx(1)
    assert (dark["type"], dark["type_probabilities"]) == (None, None)

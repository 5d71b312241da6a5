"""The recipes for Spark and Ray: what they call of mri-edge, and where they are there, all."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from edge.inference.engines import installed

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
MODEL = Path(__file__).parents[1] / "edge" / "models" / "tiny.tflite"


def code(page: str, end: str) -> str:
    """A page's program, up to the line where the cluster is asked for."""
    (block,) = re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(), re.S)
    return block.partition(f"\n{end}")[0]


@pytest.fixture
def scan(tmp_path):
    if not installed("tflite"):
        pytest.skip("no engine for tflite is installed")
    from tests.edge.remote.servers import png

    (tmp_path / "a.png").write_bytes(png())
    return str(tmp_path / "a.png")


def test_spark(scan, monkeypatch):
    pandas = pytest.importorskip("pandas")
    sql = ModuleType("pyspark.sql")
    sql.SparkSession = None
    monkeypatch.setitem(sys.modules, "pyspark", ModuleType("pyspark"))
    monkeypatch.setitem(sys.modules, "pyspark.sql", sql)
    names = {}
    exec(code("classify-with-spark.md", "spark ="), names)
    names["MODEL"] = str(MODEL)
    (table,) = names["classify"]([pandas.DataFrame({"path": [scan, "gone.png"]})])
    assert [*table["path"]] == [scan, "gone.png"]
    first, second = map(json.loads, table["result"])
    assert first["verdict"]
    assert "cannot be read" in second["error"]


def test_ray(scan, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace())
    names = {}
    exec(code("classify-with-ray.md", "paths ="), names)
    done = names["Classify"](str(MODEL))({"text": [scan, "gone.png"]})
    assert done["path"] == [scan, "gone.png"]
    first, second = map(json.loads, done["result"])
    assert first["verdict"]
    assert "cannot be read" in second["error"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spark", "ray"])
def test_all_of_it(name, scan, tmp_path):
    """Their own packages, which no extra of ours brings."""
    pytest.importorskip({"spark": "pyspark"}.get(name, name))
    program = code(f"classify-with-{name}.md", "no such line")
    (tmp_path / "paths.txt").write_text(f"{scan}\n/gone.png\n")
    (tmp_path / "recipe.py").write_text(program.replace("repartition(1000)", "repartition(2)"))
    subprocess.run(
        [sys.executable, "recipe.py"],
        cwd=tmp_path,
        check=True,
        timeout=300,
        env={**os.environ, "PYSPARK_PYTHON": sys.executable},
    )
    lines = [
        json.loads(line)
        for file in (tmp_path / "results").glob("*.json")
        for line in file.read_text().splitlines()
    ]
    assert sorted(line["path"] for line in lines) == sorted([scan, "/gone.png"])
    assert {json.loads(line["result"])["verdict"] is None for line in lines} == {True, False}

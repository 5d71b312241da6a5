"""JSON is parsed in one place, `edge.model_file.bounded_json`, which knows limits."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READER = ROOT / "edge" / "model_file" / "bounded_json.py"
MODULES = [
    path
    for package in ("edge", "train", "export", "benchmarks")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path != READER
]
_PARSERS = ("load", "loads", "JSONDecoder", "raw_decode")


def parsers(path: Path) -> list[str]:
    """What in a module parses JSON by itself."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in _PARSERS:
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            found += [f"{owner}.{node.attr}"] * (owner in ("json", "simplejson", "orjson"))
        elif isinstance(node, ast.ImportFrom) and node.module == "json":
            found += [name.name for name in node.names if name.name in _PARSERS]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_other_module_parses_json(path):
    assert not parsers(path), "read it with edge.model_file.bounded_json"


def test_the_one_that_does_is_seen():
    assert parsers(READER)

"""Imports point one way, between the packages, the rooms of each and the modules in them."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_contracts_of_pyproject_hold(monkeypatch):
    importlinter = pytest.importorskip("importlinter.cli")
    monkeypatch.chdir(ROOT)
    assert importlinter.lint_imports(no_cache=True) == os.EX_OK

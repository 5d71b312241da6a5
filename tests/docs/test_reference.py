"""The generated pages of docs/reference/ are what the code says."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "docs" / "scripts"


@pytest.fixture(scope="module")
def reference():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield importlib.import_module("reference")


def test_no_page_is_stale(reference):
    assert reference.stale() == [], "run `python docs/scripts/reference.py`"


def test_a_stale_page_is_told(reference, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    (tmp_path / "train.md").write_text("by hand")
    assert reference.main(["--check"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "stale: train.md"


def test_every_option_is_there(reference):
    for name, commands in reference.parsers().items():
        text = reference.PAGES[f"{name}.md"]()
        for parser in commands.values():
            for action in parser._actions:
                if action.dest not in ("help", "version"):
                    assert any(f"`{option}" in text for option in action.option_strings or [""])


def test_every_command_has_its_exit_statuses(reference):
    page = reference.PAGES["environment.md"]()
    for name in ("edge-classify", "python -m train", "python -m export", "python -m benchmarks"):
        assert f"### {name}\n\n- `0`: " in page


def test_every_module_is_on_the_map(reference):
    page = reference.PAGES["module-map.md"]()
    for package in ("edge", "train", "export", "benchmarks"):
        for file in (ROOT / package).rglob("*.py"):
            shown = file.parent if file.name == "__init__.py" else file
            assert shown.relative_to(ROOT).as_posix() in page


def test_it_needs_no_tensorflow():
    code = (
        "import sys, reference; reference.stale(); print({'tensorflow', 'keras'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"

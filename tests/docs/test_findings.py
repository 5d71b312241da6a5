"""findings/: scripts that anybody can run again, without our code and with what they name alone."""

import os
import re
import shutil
import subprocess
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "findings").glob("*.sh"))
_INSTALL = re.compile(r'/pip" install ((?:[^\\\n]|\\\n)+)')
_OURS = re.compile(r"^\s*(?:from|import) (?:edge|train|export|benchmarks)\b", re.MULTILINE)

each = pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.stem)


def test_there_are_some():
    assert SCRIPTS


@each
def test_it_says_what_is_expected_and_what_was_seen(file):
    lines = file.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    head = " ".join(takewhile(lambda line: line.startswith("#"), lines))
    for words in ("expect", "Seen on 20", "Exit status 0"):
        assert words in head, f"the comment at its head lacks {words!r}"


@each
def test_what_it_installs_is_pinned_and_goes_into_a_temporary_folder(file):
    text = file.read_text()
    assert "set -euo pipefail" in text
    assert "work=$(mktemp -d)" in text
    assert "trap 'rm -rf \"$work\"' EXIT" in text
    wanted = [
        word
        for found in _INSTALL.findall(text)
        for word in found.replace("\\\n", " ").split()
        if not word.startswith("-")
    ]
    assert wanted
    assert not [word for word in wanted if "==" not in word]


@each
def test_it_runs_none_of_our_code(file):
    text = file.read_text()
    assert not _OURS.search(text)
    assert "mri-edge" not in text
    assert "mri_edge" not in text


@each
@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash here")
def test_bash_and_python_can_read_it(file):
    assert os.access(file, os.X_OK)
    subprocess.run(["bash", "-n", str(file)], check=True)
    for program in re.findall(r"<<'PY'\n(.*?)^PY$", file.read_text(), re.MULTILINE | re.DOTALL):
        compile(program, file.name, "exec")

"""Every command that a document shows is one that the parser takes."""

import re
import shlex
from pathlib import Path

import pytest

from tests.commands import all_parsers

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PARSERS = all_parsers()
_CALL = re.compile(
    r"(?:^|[\s/])(python -m (?:train|export|benchmarks)"
    r"(?: inspect| keygen| sign| verify| merge| throughput| transfer| scale| peers| builds|"
    r" readme| schema)?|edge-classify)(?= |$)(.*)"
)


def commands():
    for file in FILES:
        if file.parent.name == "reference":
            continue  # generated; shows [what may be left out]
        text = file.read_text(encoding="utf-8").replace("\\\n", " ")
        for line in text.splitlines():
            found = _CALL.search(line) if line.startswith("    ") else None
            if found and "..." not in found[2]:
                yield pytest.param(*found.groups(), id=f"{file.name}: {found[0].strip()[:70]}")


@pytest.mark.parametrize(("prog", "given"), list(commands()))
def test_a_documented_command_is_not_refused(prog, given):
    words = shlex.split(re.split(r"(?:^| )[>|&]", given)[0], comments=True)
    if set(words) & {"--help", "--version"}:
        return
    PARSERS[prog].parse_args(words)


def test_there_are_some():
    progs = [parameter.values[0] for parameter in commands()]
    assert {"python -m train", "python -m export", "edge-classify"} < set(progs)
    assert len(progs) > 40

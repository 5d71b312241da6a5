"""What holds of every unit of systemd that the project has."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"
CONTAINER = PACKAGING / "Containerfile"


def commands_of(unit: Path) -> list[str]:
    """The arguments of each `edge-classify` that a unit starts."""
    return re.findall(r"^ExecStart(?:Pre)?=\S+/edge-classify (.*)$", unit.read_text(), re.M)


def check(unit: Path, service: str, scratch: Path) -> None:
    """The self-test comes before the service, nobody is root, and systemd finds nothing wrong.

    Args:
        service: the option that starts it.
        scratch: a folder to write to.
    """
    text = unit.read_text()
    assert text.index("--self-test") < text.index(service)
    assert re.search(r"^User=(?!root)\w+", text, re.M)
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    copy = scratch / unit.name
    copy.write_text(text.replace("/opt/mri/bin/edge-classify", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

"""The unit, the Containerfile and the page of the documents say what the program does."""

import json
import re
import shutil
import subprocess

import pytest

from edge.app.arguments import parser
from edge.serve import limits
from tests.edge.serve.conftest import ROOT

UNIT = ROOT / "packaging" / "mri-edge-serve.service"
CONTAINER = ROOT / "packaging" / "Containerfile"
PAGE = ROOT / "docs" / "how-to" / "serve-a-page.md"
if not UNIT.exists():
    pytest.skip("not in the source tree", allow_module_level=True)


def commands():
    yield from re.findall(r"^ExecStart(?:Pre)?=\S+/edge-classify (.*)$", UNIT.read_text(), re.M)
    text = CONTAINER.read_text()
    yield " ".join(json.loads(re.search(r"^CMD (.*)$", text, re.M)[1]))
    yield " ".join(json.loads(re.search(r"^RUN (\[.*)$", text, re.M)[1])[1:])


@pytest.mark.parametrize("command", list(commands()))
def test_the_commands_are_ones(command):
    args = parser().parse_args(command.split())
    assert args.self_test or args.token_file


def test_the_self_test_comes_first_and_nobody_is_root():
    unit, container = UNIT.read_text(), CONTAINER.read_text()
    assert unit.index("--self-test") < unit.index("--serve")
    assert re.search(r"^User=(?!root)\w+", unit, re.M)
    assert "ReadWritePaths" not in unit
    user = re.search(r"^USER (\d+):(\d+)$", container, re.M)
    assert int(user[1]) > 0


def test_systemd_has_nothing_to_say_about_the_unit(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/mri/bin/edge-classify", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_of_the_documents_states_the_limits():
    text = PAGE.read_text()
    for row in (
        f"| one file | {limits.BODY_BYTES >> 20} MiB",
        f"| all files in hand | {limits.ALL_BODIES_BYTES >> 20} MiB, ",
        f"| connections | {limits.CONNECTIONS};",
        f"| a request's head, its body | {limits.HEAD_SECONDS:g} s, {limits.BODY_SECONDS:g} s |",
        f"| an answer that is not taken | {limits.SEND_SECONDS:g} s |",
        f"| a scan that waits for its turn | {limits.QUEUE_SECONDS:g} s |",
        f"| one scan | {limits.SCAN_SECONDS:g} s |",
    ):
        assert row in text
    script = (ROOT / "edge/serve/web/zip.js").read_text()
    assert f"entries: {limits.SLICES}, " in script
    assert "at most 5000 files and 4 GiB" in text

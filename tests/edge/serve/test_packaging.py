"""The unit, the Containerfile and the page of the documents say what the program does."""

import json
import re

import pytest

from edge.app.arguments import parser
from edge.serve import limits
from tests.edge.serve.conftest import ROOT
from tests.edge.systemd_unit import CONTAINER, PACKAGING, check, commands_of

UNIT = PACKAGING / "mri-edge-serve.service"
PAGE = ROOT / "docs" / "how-to" / "serve-a-page.md"
if not UNIT.exists():
    pytest.skip("not in the source tree", allow_module_level=True)


def commands():
    yield from commands_of(UNIT)
    text = CONTAINER.read_text()
    yield " ".join(json.loads(re.search(r"^CMD (.*)$", text, re.M)[1]))
    yield " ".join(json.loads(re.search(r"^RUN (\[.*)$", text, re.M)[1])[1:])


@pytest.mark.parametrize("command", list(commands()))
def test_the_commands_are_ones(command):
    args = parser().parse_args(command.split())
    assert args.self_test or args.token_file


def test_it_writes_nowhere_and_nobody_is_root_in_the_image():
    assert "ReadWritePaths" not in UNIT.read_text()
    user = re.search(r"^USER (\d+):(\d+)$", CONTAINER.read_text(), re.M)
    assert int(user[1]) > 0


def test_the_unit(tmp_path):
    check(UNIT, "--serve", tmp_path)


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

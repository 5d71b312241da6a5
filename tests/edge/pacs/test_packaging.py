"""The node's unit, the Containerfile, the page and its picture say what the program does."""

import re
import runpy
import shlex

import pytest

from edge.app.arguments import parser
from tests.edge.systemd_unit import CONTAINER, PACKAGING, check, commands_of

ROOT = PACKAGING.parent
UNIT = PACKAGING / "mri-edge-node.service"
PAGE = ROOT / "docs" / "how-to" / "run-a-node-beside-the-archive.md"
if not UNIT.exists():
    pytest.skip("not in the source tree", allow_module_level=True)


def options() -> str:
    """What the page writes into the unit's file of options."""
    return re.search(r'^ +OPTIONS="(.*)"$', PAGE.read_text(), re.M)[1]


def commands():
    for found in commands_of(UNIT):
        yield found.replace("$OPTIONS", "")
        yield found.replace("$OPTIONS", options())
    text = PAGE.read_text().replace("\\\n", " ")
    yield re.search(r"^ +edge-classify (--scp .*)$", text, re.M)[1]
    yield re.search(r"^ +podman run .* mri-edge (--scp .*)$", text, re.M)[1]


@pytest.mark.parametrize("command", list(commands()))
def test_the_commands_are_ones(command):
    args = parser().parse_args(shlex.split(command))
    assert args.self_test or (args.scp and args.spool)


def test_where_it_writes_and_who_may_connect():
    unit = UNIT.read_text()
    assert re.findall(r"^ReadWritePaths=(.*)$", unit, re.M) == ["/srv/mri"]
    assert "IPAddressDeny=any" in unit
    assert "--send-results" not in unit  # nothing is sent without being told where


def test_the_unit(tmp_path):
    check(UNIT, "--scp", tmp_path)


def test_the_image_has_the_node_s_port_and_place():
    text = CONTAINER.read_text()
    assert re.search(r"^EXPOSE 8080 11112$", text, re.M)
    user = re.search(r"^USER (\d+):(\d+)$", text, re.M)
    assert f"install -d -o {user[1]} -g {user[2]} -m 0750 /srv/mri" in text
    locked = (ROOT / "requirements" / "device.txt").read_text()
    for package in ("pydicom", "pynetdicom", "pylibjpeg"):
        assert re.search(rf"^{package}==", locked, re.M)


def test_the_picture_is_the_script_s_and_its_words_are_the_program_s():
    drawn = runpy.run_path(str(ROOT / "docs/scripts/hospital_flow.py"))
    picture = drawn["PICTURE"].read_text()
    assert picture == drawn["draw"]()
    assert drawn["PICTURE"].name in PAGE.read_text()
    known = parser()._option_string_actions
    for word in re.findall(r"--[a-z-]+", picture):
        assert word in known
    assert "waiting/" in picture
    assert "not a medical device" in picture

"""Results as one page that needs nothing else."""

import json
import re
import shutil
import subprocess

import pytest

from edge import NOTICE
from edge.saliency.picture_names import picture_name
from tests.edge.test_cli import run

EVIL = '<img src=x onerror=alert(1)>&".png'


@pytest.fixture
def page(any_model, scan, tmp_path):
    """A page with a dark, a bright and a medium scan, one that is broken, and evil names."""
    files = [scan(40, "b.png"), scan(180, "a.png"), scan(101, EVIL), tmp_path / "gone.png"]
    target = tmp_path / "page.html"
    status, out, _ = run(
        *files,
        "--model",
        any_model,
        "--format",
        "html",
        "--out",
        target,
        "--explain",
        tmp_path / "x",
    )
    assert (status, out) == (1, "")
    return target


def test_the_page_needs_nothing_else(page):
    text = page.read_text()
    assert text.count(NOTICE) >= 2
    assert not re.findall(r"(?:src|href)=\"(?!data:image/jpeg;base64,)", text)
    assert "http" not in text.replace("http-equiv", "")
    assert "<img src=x" not in text
    assert text.count("data:image/jpeg") == 6


def test_the_page_says_which_picture_is_missing(any_model, scan, tmp_path):
    file, target = scan(180), tmp_path / "page.html"
    (tmp_path / "x" / picture_name(str(file))).mkdir(parents=True)
    options = ("--format", "html", "--out", target, "--explain", tmp_path / "x")
    status, _, err = run(file, "--model", any_model, *options)
    assert status == 1
    assert "cannot be written" in err
    assert ">TUMOR<" in target.read_text()
    assert "cannot be written" in target.read_text()


def test_the_page_in_a_browser(page, tmp_path):
    """Click on the headers and read the order of the rows back."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        pytest.skip("no chromium (apt-get install chromium)")
    probe = """<script>
const order = () => [...document.querySelectorAll("tbody tr")].map(
  (row) => row.cells[1].textContent.split("/").pop());
const found = [];
for (const column of [3, 3, 1]) {
  document.querySelectorAll("th")[column].querySelector("button").click();
  found.push(order());
}
const shown = [...document.images].filter((image) => image.complete && image.naturalWidth).length;
document.title = JSON.stringify({found, shown});
</script></body>"""
    copy = tmp_path / "probe.html"
    copy.write_text(page.read_text().replace("</body>", probe).replace("<details", "<details open"))
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    flags += "--disable-background-networking --disable-component-update --disable-sync"
    command = [browser, *flags.split(), f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    done = subprocess.run(
        [*command, f"file://{copy}"], capture_output=True, text=True, timeout=120, check=True
    )
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.S).group(1)
    for code, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        title = title.replace(code, character)
    result = json.loads(title)
    rising, falling, by_name = result["found"]
    assert rising == ["b.png", EVIL, "a.png", "gone.png"]  # without a probability: last
    assert falling == ["a.png", EVIL, "b.png", "gone.png"]
    assert by_name[-3:] == ["a.png", "b.png", "gone.png"]
    assert result["shown"] == 6

"""Results as one page that needs nothing else."""

import hashlib
import json
import re
import shutil
import subprocess
from base64 import b64encode
from datetime import date
from pathlib import Path

import pytest

from edge import NOTICE, __version__
from edge.model_file.container import open_model
from edge.model_file.manifest import Decision
from edge.results.card import scale
from edge.saliency.picture_names import picture_name
from tests.edge.test_cli import run

ROOT = Path(__file__).parents[3]
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
    assert not re.findall(r"(?:src|href)=\"(?!data:image/(?:jpeg|png);base64,|#)", text)
    assert "http" not in text.replace("http-equiv", "")
    assert "<img src=x" not in text
    # The scan, and once more under its heat map.
    assert text.count("data:image/jpeg") == 6
    assert text.count("data:image/png") == 3


def test_nothing_runs_but_what_the_page_came_with(page):
    """The policy names the hashes of its own script and style; attributes hold neither."""
    text = page.read_text()
    policy = re.search(r'Content-Security-Policy"\s+content="([^"]+)"', text).group(1)
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.S)
        digest = b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    body = text.partition("</style>")[2].partition("<script>")[0]
    unquoted = re.sub(r'"[^"]*"', '""', body)  # names may say anything
    assert not re.search(r"<[^>]*\s(?:style|on\w+)=", unquoted)


def test_the_summary_and_the_model_come_first(page, any_model):
    text = page.read_text()
    assert "order: -1" in text  # of the summary, which is known last
    summary = text[text.index('<section id="summary"') :]
    counts = re.findall(r'data-filter="(\w*)" data-count="(\d+)"', summary)
    assert dict(counts) == {"": "4", "tumor": "1", "uncertain": "1", "no_tumor": "1", "error": "1"}
    manifest = open_model(any_model).manifest
    head = text[: text.index('<section id="results"')]
    for fact in (
        f"{manifest.name} {manifest.precision}",
        f"{manifest.decision.threshold:.3f}",
        __version__,
        manifest.payload_sha256,
        str(date.today().year),
    ):
        assert f"<dd>{fact}" in head


def test_a_scale_has_threshold_and_band_where_they_are():
    drawn = scale(0.25, Decision("sigmoid", 1.0, 0.5, (0.25, 0.75)))
    assert '<circle class="mark" cx="75.0"' in drawn
    assert '<rect class="band" x="75.0" y="5" width="150.0"' in drawn
    assert 'class="threshold" x1="150.0"' in drawn
    assert "tumor from 0.750 on, uncertain between 0.250 and 0.750" in drawn
    without = scale(0.25, Decision("sigmoid", 1.0, 0.5, (0.5, 0.5)))
    assert "band" not in without
    assert "tumor from 0.500 on" in without


def test_labels_of_a_scale_do_not_touch():
    def labels(low, high):
        return re.findall(
            r">([\d.]+)</text>", scale(0.25, Decision("sigmoid", 1.0, 0.5, (low, high)))
        )

    assert labels(0.25, 0.75) == ["0", "1", "0.25", "0.75"]
    assert labels(0.061, 0.75) == ["1", "0.06", "0.75"]
    assert labels(0.25, 0.95) == ["0", "0.25", "0.95"]


def test_a_heat_map_needs_no_option_where_the_model_has_one(tmp_path):
    """The bundled model has; a map by occlusion is made when `--explain` asks for it."""
    target = tmp_path / "page.html"
    sample = ROOT / "samples" / "phantom-tumor-1.png"
    status, _, _ = run(sample, "--format", "html", "--out", target)
    assert status == 0
    assert target.read_text().count('class="heat"') == 1


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
    """Sort, filter, blend, and read back what is shown."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        pytest.skip("no chromium (apt-get install chromium)")
    probe = """
const shown = () => [...document.querySelectorAll("#results .card:not([hidden])")].map(
  (card) => card.dataset.name.split("/").pop());
const choose = (value) => {
  const sort = document.querySelector("#sort");
  sort.value = value;
  sort.dispatchEvent(new Event("input", {bubbles: true}));
  return shown();
};
const found = ["probability rising", "probability falling", "name rising"].map(choose);
document.querySelector('[data-filter="tumor"]').click();
found.push(shown());
document.querySelector('[data-filter=""]').click();
const slider = document.querySelector("#tools .blend");
slider.value = 20;
slider.dispatchEvent(new Event("input", {bubbles: true}));
const heat = getComputedStyle(document.querySelector(".heat")).opacity;
const top = (selector) => document.querySelector(selector).getBoundingClientRect().top;
const first = top("#summary") < top(".facts") && top(".facts") < top("#results");
const images = [...document.images].filter((image) => image.complete && image.naturalWidth);
document.title = JSON.stringify({found, heat, first, shown: images.length});
"""
    # What waits after the load may come too late for --dump-dom.
    script = 'window.addEventListener("load", () => {' + probe + "});"
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    copy = tmp_path / "probe.html"
    text = page.read_text().replace("script-src '", f"script-src 'sha256-{digest}' '")
    copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"))
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
    rising, falling, by_name, tumors = result["found"]
    assert rising == ["b.png", EVIL, "a.png", "gone.png"]  # without a probability: last
    assert falling == ["a.png", EVIL, "b.png", "gone.png"]
    assert by_name[-3:] == ["a.png", "b.png", "gone.png"]
    assert tumors == ["a.png"]
    assert result["heat"] == "0.2"
    assert result["first"]
    assert result["shown"] == 9

"""Heat maps, their pictures, and the page of results in a real browser."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from edge import NOTICE
from edge.explain import GRID, PATCHES, HeatMap, occlusion, upsampled
from tests.edge.test_cli import run


def test_occlusion_finds_what_a_model_looks_at():
    pixels = np.zeros((48, 36, 3), np.uint8)
    pixels[8:16, 24:30] = 255
    calls = []

    def bright_spot(stack):
        calls.append(len(stack))
        return stack[:, 8:16, 24:30].mean(axis=(1, 2, 3)) / 10

    heat = occlusion(bright_spot, pixels)
    assert heat.values.shape == (GRID, GRID)
    row, column = np.unravel_index(heat.values.argmax(), heat.values.shape)
    assert 2 <= row <= 3
    assert 8 <= column <= 9
    assert heat.values[8:].max() == 0
    assert sum(calls) == heat.inferences == PATCHES + 1


def test_upsampled_is_a_share_of_the_peak():
    values = np.zeros((GRID, GRID))
    values[3, 3], values[8, 8] = 5.0, -5.0
    share = upsampled(HeatMap(values, "", 0), (60, 90))
    assert share.shape == (90, 60)
    assert 0.8 < share.max() <= 1
    assert share.min() == 0
    assert not upsampled(HeatMap(-np.ones((GRID, GRID)), "", 0), (6, 6)).any()


def test_explain_writes_a_picture_for_each_verdict(model, scan, tmp_path):
    Image.new("L", (1, 1)).save(tmp_path / "dot.png")
    deep = tmp_path / "deep"
    deep.mkdir()
    shutil.copy(scan(180), deep / "scan.png")
    files = [scan(180), deep / "scan.png", tmp_path / "dot.png", tmp_path / "gone.png"]
    out = tmp_path / "maps"
    status, text, _ = run(*files, "--model", model, "--explain", out, "--format", "ndjson")
    assert status == 1
    results = [json.loads(line) for line in text.splitlines()]
    pictures = sorted(out.iterdir())
    assert len(pictures) == 2
    assert {result["explanation"]["file"] for result in results[:2]} == set(map(str, pictures))
    assert not any("explanation" in result for result in results[2:])
    made = results[0]["explanation"]
    assert made["inferences"] == PATCHES + 1
    assert made["method"].startswith("occlusion")
    assert made["milliseconds"] > 0
    with Image.open(made["file"]) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 500


def test_the_batched_engine_agrees(model, scan):
    from edge import Classifier

    classifier = Classifier(model)
    stack = np.stack([classifier.pixels(scan(mean, f"{mean}.png")) for mean in (40, 100, 180)])
    many = classifier.many_logits(stack)
    assert many.shape == (3, 1)
    assert np.allclose(many, [classifier.logits(pixels) for pixels in stack], atol=1e-4)


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

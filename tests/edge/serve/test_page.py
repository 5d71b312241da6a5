"""The page in a real browser: scans dropped as a hand drops them, and what is then seen."""

import csv
import io
import json
import re
import shutil

import pytest
from PIL import Image

from edge import NOTICE
from tests.edge.serve.conftest import SAMPLE, SAMPLES, TOKEN, start
from tests.edge.serve.page import MODEL, PHONE, WIDE, Page, study

CARDS = "[...document.querySelectorAll('.card:not([hidden])')]"


def test_a_scan_that_is_dropped(page):
    page.drop(SAMPLE, done=1)
    page.until("document.querySelector('.card .heat')")
    assert page.texts(".card .verdict") == ["TUMOR"]
    assert page.text(".card .value") == "1.000\nprobability of tumor"
    assert page.text(".card h3") == SAMPLE.name
    (scan, under, heat) = page.script(
        "[...document.querySelectorAll('.card img')].map((one) => { const box = "
        "one.getBoundingClientRect(); return [one.naturalWidth, box.left, box.width]; })"
    )
    assert min(scan[0], heat[0]) > 0
    assert heat[1] >= scan[1] + scan[2]  # beside it
    assert heat[1:] == under[1:]  # and over itself once more
    label = page.script("document.querySelector('.card .scale').getAttribute('aria-label')")
    assert re.search(r"tumor from (0\.\d+) on, uncertain between 0\.\d+ and \1$", label)
    assert page.text(".notice") == NOTICE
    assert page.texts("#summary .tile")[:2] == ["1\nscans", "1\ntumor"]


def test_files_folders_and_an_archive_at_once(page, tmp_path):
    folder = tmp_path / "folder" / "deep"
    folder.mkdir(parents=True)
    for file in SAMPLES.glob("*no-tumor*"):
        shutil.copy(file, folder)
    (folder / "notes.txt").write_text("no picture")
    broken = tmp_path / "broken.png"
    broken.write_bytes(SAMPLE.read_bytes()[:9000])
    archive = study(tmp_path / "a.zip", ("study/README.txt", "x"), ("DICOMDIR", "x"))
    page.drop(folder.parent, broken, archive, done=10)
    assert "3 left out" in page.text("#status")
    page.until("document.querySelectorAll('.study').length == 2")
    assert page.texts("#summary .tile") == [
        "10\nscans", "3\ntumor", "0\nuncertain", "6\nno tumor", "1\nnot classified",
    ]  # fmt: skip
    studies = dict(zip(page.texts(".study h2"), page.texts(".study .verdict"), strict=True))
    assert studies == {"folder/deep": "no tumor", "a.zip/study": "TUMOR"}
    tops = page.script(
        "['#summary', '#studies', '#results'].map((one) => "
        "document.querySelector(one).getBoundingClientRect().top)"
    )
    assert tops == sorted(tops)
    assert "is truncated" in page.text(".card.error .why")
    page.click(".study.tumor .jump")
    page.until("document.querySelector('.card.tumor.found-again')")


def test_filter_sort_blend_and_enlarge_by_keyboard(page, tmp_path):
    from selenium.webdriver.common.keys import Keys

    page.drop(study(tmp_path / "a.zip"), done=6)
    shown = f"{CARDS}.map((one) => one.dataset.probability)"
    page.script("document.querySelector('#sort').focus()")
    page.browser.switch_to.active_element.send_keys("probability, highest")
    values = [float(value) for value in page.script(shown)]
    assert values == sorted(values, reverse=True)
    page.script("document.querySelector('[data-filter=tumor]').focus()")
    page.browser.switch_to.active_element.send_keys(Keys.ENTER)
    page.until("document.querySelectorAll('.card:not([hidden])').length == 3")
    assert page.text("#shown") == "3 of 6 shown"
    page.script("document.querySelector('#tools .blend').focus()")
    page.browser.switch_to.active_element.send_keys(Keys.HOME)
    assert page.script("getComputedStyle(document.querySelector('.heat')).opacity") == "0"
    page.script("document.querySelector('.card:not([hidden]) .pair').focus()")
    page.browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.script("document.querySelector('#viewer').open")
    first = page.text("#viewer h2")
    page.browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert page.text("#viewer h2") != first
    assert page.text("#viewer h2").startswith("TUMOR")
    assert NOTICE in page.text("#viewer")
    page.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.script("document.querySelector('#viewer').open")
    page.click('[data-filter=""]')
    page.browser.find_element("css selector", "#find").send_keys("IM6")
    page.until("document.querySelectorAll('.card:not([hidden])').length == 1")


def test_what_is_saved_is_what_the_command_writes(page, tmp_path, browser):
    from tests.edge.test_cli import run

    folder = tmp_path / "in"
    folder.mkdir()
    odd = folder / '=a,"b" <img src=x onerror=alert(1)>.png'
    shutil.copy(SAMPLE, odd)
    shutil.copy(SAMPLES / "phantom-no-tumor-1.png", folder)
    page.drop(*sorted(folder.iterdir()), done=2)
    page.until("document.querySelectorAll('.card .heat').length == 2")
    rows = list(csv.DictReader(io.StringIO(page.saved("csv").read_text())))
    _, out, _ = run(*sorted(folder.iterdir()), "--format", "csv")
    expected = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == list(expected[0])
    for one, other in zip(rows, expected, strict=True):
        for key in set(one) - {"path"}:
            assert key.endswith("_ms") or one[key] == other[key], key
    assert rows[0]["path"] == f"'{odd.name}"
    document = json.loads(page.saved("json").read_text())
    _, out, _ = run(*sorted(folder.iterdir()), "--format", "json")
    for one, other in zip(document["results"], json.loads(out)["results"], strict=True):
        assert set(other) <= set(one)
        assert one["probability"] == other["probability"]
    assert document["notice"] == NOTICE
    whole = page.saved("html")
    text = whole.read_text()
    assert "unsafe" not in text
    assert not re.findall(r"(?:src|href)=\"(?!data:image/|#)", text)
    browser.get(f"file://{whole}")
    assert page.texts(".card .verdict") == ["TUMOR", "no tumor"]
    page.click("[data-filter=tumor]")
    assert len(page.script(CARDS)) == 1
    assert page.script("[...document.images].every((one) => one.naturalWidth > 0)")


def test_its_cards_are_those_of_the_command(page, tmp_path, browser):
    """Elements, classes, labels and words; but for names, times and pictures."""
    from tests.edge.test_cli import run

    files = [*sorted(SAMPLES.iterdir()), tmp_path / "broken.png", tmp_path / "photo.png"]
    files[-2].write_bytes(SAMPLE.read_bytes()[:9000])
    Image.new("RGB", (300, 200), (90, 160, 220)).save(files[-1])
    target = tmp_path / "page.html"
    run(*files, "--format", "html", "--out", target)
    shape = """
(() => {
  const shape = (one) => one.nodeType === 3
    ? one.data.trim().replace(/[^ ]*\\.png/g, "NAME").replace(/[\\d.]+ ms/, "MS")
    : [one.localName, [...one.attributes].filter((a) => !["src", "data-ms", "data-order"]
      .includes(a.name)).map((a) => `${a.name}=${a.value.replace(/[^ ]*\\.png/g, "NAME")}`).sort(),
      [...one.childNodes].map(shape).filter((child) => child !== "")];
  return [...document.querySelectorAll(".card")]
    .sort((a, b) => a.dataset.name.split("/").pop() < b.dataset.name.split("/").pop() ? -1 : 1)
    .map(shape);
})()"""
    page.drop(*files, done=8)
    page.until("document.querySelectorAll('.card .heat').length == 6")
    live = page.script(shape.strip())
    page.browser.get(f"file://{target}")
    made = page.script(shape.strip())
    for one, other in zip(live, made, strict=True):
        assert one == other


def test_frames_are_a_study(page, tmp_path):
    pages = [Image.open(file) for file in sorted(SAMPLES.iterdir())]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    page.drop(tmp_path / "stack.tif", done=6)
    page.until("document.querySelector('.study')")
    assert page.text(".study h2") == "stack.tif"
    assert page.texts(".card h3")[0].startswith("stack.tif#")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(page, size, scheme, tmp_path):
    """No sideways scrolling, every control named, text with the contrast that WCAG AA asks for."""
    page.resize(size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    page.drop(study(tmp_path / "a.zip"), done=6)
    page.until("document.querySelector('.study') && document.querySelectorAll('.heat').length == 6")
    assert page.script("document.documentElement.scrollWidth") <= size[0]
    unnamed = page.script(
        "[...document.querySelectorAll('button, input:not([hidden]), select, img, svg, section')]"
        ".filter((one) => one.getClientRects().length && !(one.ariaLabel || one.innerText || "
        "one.labels?.length || one.hasAttribute('alt') || one.ariaHidden || "
        "one.hasAttribute('aria-labelledby'))).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert unnamed == []
    weak = page.script(CONTRAST)
    assert weak == []
    if scheme == "dark":
        page.click("#theme")
        light = "getComputedStyle(document.body).backgroundColor == 'rgb(244, 246, 248)'"
        page.until(light)


CONTRAST = """(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => v / 255).map(
    (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (one) => { for (; one; one = one.parentElement) {
    const c = parse(getComputedStyle(one).backgroundColor);
    if (c.length < 4 || c[3] > 0.5) return c; } return [255, 255, 255]; };
  const found = [];
  for (const one of document.querySelectorAll("main *, .top *, .notice, footer *")) {
    if (!one.getClientRects().length || one.closest("svg, select, input")) continue;
    if (![...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(one).color)), light(behind(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([one.outerHTML.slice(0, 60), ratio]);
  }
  return found;
})()"""


def test_it_asks_for_the_token(browser, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    guarded = start(tmp_path, "--jobs", "1", "--token-file", file)
    try:
        page = Page(browser, guarded)
        for given in ("wrong", TOKEN):
            page.browser.find_element("css selector", "#token-text").send_keys(given)
            page.click("#token button")
            page.until(f"{MODEL} || document.querySelector('#token-problem').textContent")
        page.until("document.querySelector('#token').hidden")
        page.drop(SAMPLE, done=1)
        assert page.texts(".card .verdict") == ["TUMOR"]
    finally:
        guarded.end()


def test_it_says_that_the_server_has_gone(browser, tmp_path):
    gone = start(tmp_path, "--jobs", "1")
    page = Page(browser, gone)
    gone.end()
    page.drop(SAMPLE, done=1)
    assert page.text(".card .why") == "the server did not answer"

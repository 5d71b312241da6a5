"""Starting over on the page: what was found goes, and what must be known stays."""

import shutil
import time

from edge.results.words import SYNTHETIC
from tests.edge.serve.conftest import SAMPLE
from tests.edge.serve.page import Page, study


def test_clearing_and_stopping(page, tmp_path):
    page.drop(study(tmp_path / "a.zip"), done=6)
    page.click("#clear")
    page.until("document.querySelector('#found').hidden")
    assert page.texts(".card") == []
    page.drop(SAMPLE, done=1)
    assert page.texts("#summary .tile")[0] == "1\nscans"


def test_what_is_under_way_when_all_is_cleared_does_not_come_back(page, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(40):
        shutil.copy(SAMPLE, folder / f"{number}.png")
    page.drop(folder)
    page.until("document.querySelector('.card')")
    page.click("#clear")
    page.drop(SAMPLE)
    page.until("document.querySelector('#status').textContent.startsWith('1 of 1 done')")
    time.sleep(1)
    assert page.texts(".card h3") == [SAMPLE.name]


def test_what_went_wrong_can_be_cleared_where_nothing_was_found(page, tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\3\4")
    page.drop(tmp_path / "a.zip")
    page.until("document.querySelector('#problems p')")
    page.until("document.querySelector('#clear').getClientRects().length")
    page.click("#clear")
    page.until("document.querySelector('#work').hidden")
    assert page.texts("#problems p") == []


def test_where_nothing_is_a_picture_nothing_is_counted(page, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "notes.txt").write_text("no picture")
    page.drop(folder)
    page.until("document.querySelector('#status').textContent.includes('1 left out')")
    assert page.text("#status") == "nothing was classified · 1 left out: no pictures"
    assert page.script("document.querySelector('#found').hidden")


def test_what_the_model_was_trained_on_is_said_as_long_as_the_page_is_open(browser, tiny):
    page = Page(browser, tiny)
    page.drop(SAMPLE, done=1)
    assert SYNTHETIC in page.text("main")
    page.click("#clear")
    page.until("!document.querySelector('.card')")
    assert SYNTHETIC in page.text("main")

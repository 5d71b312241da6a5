"""What files and studies are called on the page."""

import shutil
import sys
import unicodedata

import numpy as np
import pytest
from PIL import Image

from edge.console.messages import printable
from tests.edge.serve.conftest import SAMPLE


def test_two_series_of_a_folder_have_two_titles(page, tmp_path):
    pydicom = pytest.importorskip("pydicom")
    from tests.edge.dicom_files import write_dicom

    folder = tmp_path / "study"
    folder.mkdir()
    pixels = np.asarray(Image.open(SAMPLE)).astype(np.uint16) * 8
    for number in range(4):
        path = folder / f"{number}.dcm"
        write_dicom(path, pixels)
        data = pydicom.dcmread(path)
        data.SeriesInstanceUID = f"1.2.826.0.1.3680043.8.498.{number // 2}"
        data.save_as(path)
    page.drop(folder, done=4)
    page.until("document.querySelectorAll('.study').length == 2")
    assert page.texts(".study h2") == ["study (1 of 2)", "study (2 of 2)"]


def test_a_name_that_turns_its_direction_is_written_out(page, tmp_path):
    folder = tmp_path / "a\u202eb"
    folder.mkdir()
    for number in range(2):
        shutil.copy(SAMPLE, folder / f"{number}\u202egnp.exe.png")
    (folder / "\u202ezip.zip").write_bytes(b"PK\3\4")
    page.drop(folder, done=2)
    page.until("document.querySelector('.study') && document.querySelectorAll('.heat').length == 2")
    page.click(".card .pair")
    said = page.script("document.documentElement.outerHTML")
    assert "\u202e" not in said
    assert page.texts(".card h3")[0] == r"a\u202eb/0\u202egnp.exe.png"
    assert page.text(".study h2") == r"a\u202eb"
    assert r"a\u202eb/\u202ezip.zip: is no whole ZIP archive" in page.text("#problems")
    page.browser.execute_script("document.querySelector('#viewer').close()")


def test_what_is_written_out_is_that_of_the_command(page):
    """Of each character that Python knows; the browser may know more."""
    known = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")
    ]
    text = "".join(known)
    script = """
const [text, done] = arguments;
import("/printable.js").then(({printable}) => done(printable(text)));
"""
    assert page.browser.execute_async_script(script, text) == printable(text)

"""Photograph the page of `edge-classify --serve` with a study of the generated samples.

    python docs/scripts/serve_screenshot.py docs

writes serve-page.png, and serve-phone.png: the same on a phone, dark. Needs chromium, its driver
and the extra `dev`. All of it runs on the loopback address, and no pixel is anybody's.
"""

import argparse
import base64
import io
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.edge.serve.conftest import SAMPLES, open_browser, start
from tests.edge.serve.page import Page

_WIDE, _PHONE = (1120, 1000, False), (390, 820, True)


def main() -> None:
    """Start a server and a browser, and take both pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the pictures")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
        browser = open_browser(*programs, Path(folder))
        server = start(Path(folder), "--jobs", "2")
        try:
            page = Page(browser, server)
            _photograph(page, _WIDE, out / "serve-page.png", _study(Path(folder)))
            page = Page(browser, server)
            dark = [{"name": "prefers-color-scheme", "value": "dark"}]
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
            _photograph(page, _PHONE, out / "serve-phone.png", _study(Path(folder)))
        finally:
            server.end()
            browser.quit()


def _study(folder: Path) -> Path:
    path = folder / "study.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, file in enumerate(sorted(SAMPLES.iterdir()), 1):
            archive.write(file, f"phantoms/IM{number}.png")
    return path


def _photograph(page: Page, size: tuple[int, int, bool], file: Path, study: Path) -> None:
    page.resize(size)
    page.drop(study, done=len(list(SAMPLES.iterdir())))
    page.until("document.querySelectorAll('.card .heat').length == 6")
    page.browser.find_element("css selector", "#sort").send_keys("probability, highest")
    page.browser.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    picture = page.browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    whole = Image.open(io.BytesIO(base64.b64decode(picture["data"])))
    whole.convert("RGB").quantize(256).save(file, optimize=True)  # a third of the bytes


if __name__ == "__main__":
    main()

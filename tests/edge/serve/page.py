"""The page in a real browser, as who uses it has it."""

import time
import zipfile

from tests.edge.serve.conftest import SAMPLES

WIDE, PHONE = (1280, 900, False), (390, 844, True)
MODEL = "document.querySelector('#model').textContent"


class Page:
    """What a user does, and sees."""

    def __init__(self, browser, server):
        self.browser, self.server = browser, server
        self.resize(WIDE)
        browser.get("about:blank")
        browser.get(f"http://127.0.0.1:{server.port}/")
        self.until(f"{MODEL} || !document.querySelector('#token').hidden")

    def script(self, code, *arguments):
        return self.browser.execute_script(f"return {code}", *arguments)

    def until(self, condition, seconds=20):
        last = time.monotonic() + seconds
        while not self.script(condition):
            assert time.monotonic() < last, (condition, self.text("main"))
            time.sleep(0.05)

    def text(self, selector):
        return self.script("document.querySelector(arguments[0])?.innerText", selector)

    def texts(self, selector):
        return self.script(
            "[...document.querySelectorAll(arguments[0])].map((one) => one.innerText)", selector
        )

    def click(self, selector):
        self.browser.find_element("css selector", selector).click()

    def drop(self, *paths, done=None):
        """Drag files and folders onto the page, and let go."""
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            event = {"type": kind, "x": 300, "y": 250, "data": data}
            self.browser.execute_cdp_cmd("Input.dispatchDragEvent", event)
        if done is not None:
            self.until(
                f"document.querySelector('#status').textContent.startsWith('{done} of {done} done')"
            )

    def resize(self, size):
        width, height, mobile = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def saved(self, kind):
        """What a button of "Save" has put on the disk."""
        path = self.browser.downloads / f"mri-edge-results.{kind}"
        path.unlink(missing_ok=True)
        self.browser.execute_cdp_cmd(
            "Page.setDownloadBehavior",
            {"behavior": "allow", "downloadPath": str(self.browser.downloads)},
        )
        self.click(f"[data-save={kind}]")
        last = time.monotonic() + 20
        while not path.exists():
            assert time.monotonic() < last
            time.sleep(0.05)
        return path


def study(path, *more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, file in enumerate(sorted(SAMPLES.iterdir()), 1):
            archive.write(file, f"study/IM{number}.png")
        for name, data in more:
            archive.writestr(name, data)
    return path

"""The files of the page, held in memory: nothing else can be asked for, whatever the path."""

import os

from edge import NOTICE, __version__
from edge.files.regular_file import read_regular
from edge.results.html_page import TOOLS, VIEWER, WEB
from edge.results.words import SYNTHETIC

_FOLDER = os.path.join(os.path.dirname(__file__), "web")
_MOST = 1 << 20
_KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
_OWN = (
    "serve.css",
    "serve.js",
    "card.js",
    "inputs.js",
    "zip.js",
    "save.js",
    "printable.js",
    "studies.js",
    "openapi.json",
    "icon.svg",
)
_SHARED = ("results.css", "results.js")
"""Those that `--format html` puts into its page."""


def page_files() -> dict[str, tuple[str, bytes]]:
    """Kind and content, by path."""
    files = {f"/{name}": _read(_FOLDER, name) for name in _OWN}
    files |= {f"/{name}": _read(WEB, name) for name in _SHARED}
    kind, page = _read(_FOLDER, "index.html")
    for name, text in (
        ("tools", TOOLS),
        ("viewer", VIEWER),
        ("notice", NOTICE),
        ("synthetic", SYNTHETIC),
    ):
        page = page.replace(b"{%b}" % name.encode(), text.encode())
    files["/"] = kind, page
    kind, text = files["/openapi.json"]
    files["/openapi.json"] = kind, text.replace(b"{version}", __version__.encode())
    return files


def _read(folder: str, name: str) -> tuple[str, bytes]:
    data = read_regular(os.path.join(folder, name), _MOST)
    return _KINDS[name.rpartition(".")[2]], data

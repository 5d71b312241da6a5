"""Results as one web page that needs nothing else: no server, no network, no file beside it.

The page of `edge-classify --serve` has the same style, script and markup (`edge/serve/web/card.js`
makes in a browser what `edge.results.card` makes here; a test compares the two).
"""

import hashlib
import os
from base64 import b64encode
from collections import Counter
from datetime import datetime, timezone
from typing import TextIO

from edge import NOTICE, __version__
from edge.console.escape import html as escape
from edge.files.regular_file import read_regular
from edge.model_file.manifest import Manifest
from edge.parallel.pipeline import Outcome
from edge.results.card import KINDS, card

WEB = os.path.join(os.path.dirname(__file__), "web")
_MOST = 1 << 20
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src '{style_hash}'; script-src '{script_hash}'">
<title>mri-edge results</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#summary">Skip to the summary</a>
<p class="notice" role="note">{notice}</p>
<header class="top"><h1>mri-edge <span>results</span></h1>
<button class="button" type="button" id="theme" hidden>Light / dark</button></header>
<main>
<dl class="facts">{facts}</dl>
"""
TOOLS = """<div class="tools" id="tools" role="group" aria-label="Filter and sort" hidden>
<label>Find <input type="search" id="find" autocomplete="off"></label>
<label>Sort <select id="sort">
<option value="order rising">as they came</option>
<option value="probability falling">probability, highest first</option>
<option value="probability rising">probability, lowest first</option>
<option value="name rising">name</option>
<option value="ms falling">slowest first</option>
</select></label>
<label>Heat map <input type="range" class="blend" min="0" max="100" step="5" value="60">
<output class="blend">60 %</output></label>
<span id="shown" role="status"></span>
</div>
"""
VIEWER = """<dialog id="viewer" aria-label="Enlarged scan">
<div class="bar"><h2></h2>
<label>Heat map <input type="range" class="blend" min="0" max="100" step="5" value="60">
<output class="blend">60 %</output></label>
<button class="button before" type="button" aria-label="Scan before">&larr;</button>
<button class="button after" type="button" aria-label="Next scan" autofocus>&rarr;</button>
<button class="button close" type="button">Close</button></div>
<div class="pair"></div>
<p class="said"></p>
<p class="small">{notice}</p>
</dialog>
"""
_LIST = '<section id="results" class="cards" aria-label="Scans">\n'


def page_parts(manifest: Manifest | None) -> tuple[str, str]:
    """What stands before and after the cards and the summary of a page.

    Args:
        manifest: of the model; None: nothing is said of it.
    """
    style, script = _text("results.css"), _text("results.js")
    facts = [("Made", datetime.now(timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M %Z"), "")]
    if manifest:
        low, high = manifest.decision.uncertain
        facts = [
            ("Model", f"{manifest.name} {manifest.precision}", ""),
            ("Threshold", f"{manifest.decision.threshold:.3f}", ""),
            ("Uncertain band", f"{low:.3f} to {high:.3f}" if low < high else "none", ""),
            *facts,
        ]
    facts.append(("mri-edge", __version__, ""))
    if manifest:
        facts.append(("Payload SHA-256", manifest.payload_sha256, "wide"))
    head = _HEAD.format(
        style_hash=_hash(style),
        script_hash=_hash(script),
        style=style,
        notice=escape(NOTICE),
        facts="".join(map(_fact, facts)),
    )
    tail = (
        f"</main>\n{VIEWER.format(notice=escape(NOTICE))}<footer>"
        f'<p class="small">{escape(NOTICE)}</p></footer>\n<script>{script}</script>\n'
        "</body>\n</html>\n"
    )
    return f"{head}{TOOLS}{_LIST}", tail


def tiles(counts: dict[str, int]) -> str:
    """The summary: how many scans got which verdict. Each tile filters."""
    made = [_tile("", "scans", sum(counts.values()))]
    made += [
        _tile(kind, word, counts.get(kind, 0))
        for kind, word in KINDS.items()
        if counts.get(kind) or kind in ("tumor", "uncertain", "no_tumor")
    ]
    return f'<section id="summary" aria-label="Summary">{"".join(made)}</section>\n'


class HtmlWriter:
    """A card a scan, streamed; the summary comes last and is shown first.

    Args:
        manifest: of the model, whose threshold and band are shown.
    """

    def __init__(self, stream: TextIO, manifest: Manifest | None = None):
        self._stream, self._manifest = stream, manifest
        self._counts: Counter[str] = Counter()
        self._model = ""
        head, self._tail = page_parts(manifest)
        stream.write(head)

    def write(self, outcome: Outcome) -> None:
        """Add a scan's card."""
        prediction = outcome.prediction
        self._counts[prediction.verdict if prediction else "error"] += 1
        decision = self._manifest.decision if self._manifest else None
        self._stream.write(card(outcome, sum(self._counts.values()), decision))
        if prediction:
            by = ", ".join(filter(None, (prediction.signer, prediction.signer_key_id)))
            self._model = (
                f"{prediction.model}, payload {prediction.model_sha256}, file "
                f"{prediction.file_sha256}; {by or 'signer not known'}"
            )
        self._stream.flush()

    def close(self) -> None:
        """End the page."""
        model = escape(self._model or "no scan was classified")
        self._stream.write(
            f'</section>\n{tiles(self._counts)}<p class="small">Model: {model}. '
            f"mri-edge {__version__}.</p>\n{self._tail}"
        )


def _fact(fact: tuple[str, str, str]) -> str:
    name, value, size = fact
    return f'<div class="{size}"><dt>{name}</dt><dd>{escape(value)}</dd></div>'


def _tile(kind: str, word: str, count: int) -> str:
    return (
        f'<button type="button" class="tile {kind}" data-filter="{kind}" data-count="{count}" '
        f'aria-pressed="{"false" if kind else "true"}"><strong>{count}</strong>'
        f"<span>{word}</span></button>"
    )


def _text(name: str) -> str:
    return read_regular(os.path.join(WEB, name), _MOST).decode()


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

"""Results as one web page that needs nothing else: no server, no network, no file beside it."""

import os
from base64 import b64encode
from typing import TextIO

from edge import NOTICE, __version__
from edge.console.escape import html as escape
from edge.parallel.pipeline import Outcome
from edge.results.words import WORDS

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>mri-edge results</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #111; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { padding: .4em .7em; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top }
th button { font: inherit; font-weight: bold; border: 0; background: none; cursor: pointer;
 padding: 0 }
th[aria-sort=ascending] button::after { content: " \\25B2" }
th[aria-sort=descending] button::after { content: " \\25BC" }
td.path { word-break: break-all }
td.number { font-variant-numeric: tabular-nums }
tr.tumor td.verdict { color: #a00; font-weight: bold }
tr.uncertain td.verdict, tr.rejected td.verdict, tr.error td.verdict { font-weight: bold }
img.thumbnail { display: block; max-width: 128px; max-height: 128px; background: #000 }
details img { display: block; max-width: 100%; border: 1px solid #ccc; margin-top: .5em }
.notice { border: 2px solid #a00; padding: .6em 1em; font-weight: bold }
.small { color: #555 }
@media print { thead { display: table-header-group } tr { break-inside: avoid } }
</style>
</head>
<body>
<h1>mri-edge results</h1>
"""

_COLUMNS = ("Scan", "File", "Verdict", "Probability of tumor", "Milliseconds", "Remarks")

_SCRIPT = """<script>
"use strict";
for (const header of document.querySelectorAll("th")) {
  const button = header.querySelector("button");
  if (!button) continue;
  button.addEventListener("click", () => {
    const rising = header.getAttribute("aria-sort") !== "ascending";
    for (const other of document.querySelectorAll("th")) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const body = document.querySelector("tbody"), rows = [...body.rows];
    const numeric = header.dataset.kind === "number";
    const key = (row) => row.cells[header.cellIndex].dataset.key;
    rows.sort((one, other) => {
      const a = key(one), b = key(other);
      if (numeric && (a === "" || b === "")) return (a === "") - (b === "");  // unknown: last
      const order = numeric ? a - b : a.localeCompare(b, undefined, {numeric: true});
      return rising ? order : -order;
    });
    body.append(...rows);
  });
}
</script>
"""


class HtmlWriter:
    """A table with a row a scan, streamed; any column of facts sorts it."""

    def __init__(self, stream: TextIO):
        self._stream, self._counts, self._model = stream, {}, None
        headers = [f'<th scope="col">{_COLUMNS[0]}</th>']
        for column in _COLUMNS[1:]:
            kind = "number" if column in _COLUMNS[3:5] else "text"
            headers.append(
                f'<th scope="col" data-kind="{kind}"><button type="button">{column}</button></th>'
            )
        stream.write(
            f'{_HEAD}<p class="notice">{escape(NOTICE)}</p>\n<table>\n<thead><tr>'
            f"{''.join(headers)}</tr></thead>\n<tbody>\n"
        )

    def write(self, outcome: Outcome) -> None:
        prediction, pictures = outcome.prediction, outcome.extra
        kind = prediction.verdict if prediction else "error"
        self._counts[kind] = self._counts.get(kind, 0) + 1
        value = took = ""
        said = [outcome.error or (prediction and prediction.reason), outcome.extra_error]
        said += prediction.remarks if prediction else ()
        remarks = escape("; ".join(filter(None, said)))
        if prediction:
            took = prediction.decode_ms + prediction.preprocess_ms + prediction.inference_ms
            if prediction.probability is not None:
                value = prediction.probability
        image = overlay = ""
        if pictures and pictures.thumbnail:
            name = escape(os.path.basename(outcome.path))
            image = f'<img class="thumbnail" src="{_data(pictures.thumbnail)}" alt="{name}">'
        if pictures and pictures.overlay:
            found = pictures.explanation
            overlay = (
                f"<details><summary>Explanation</summary>"
                f'<img src="{_data(pictures.overlay)}" alt="Heat map over the scan">'
                f'<span class="small">{escape(found.method)}, {found.inferences} inferences, '
                f"{found.milliseconds:.0f} ms</span></details>"
            )
        path, word = outcome.path, WORDS.get(kind, "not classified")
        cells = [
            f"<td>{image}</td>",
            _cell("path", path, escape(path)),
            _cell("verdict", word, word),
            _cell("number", value, "" if value == "" else f"{value:.3f}"),
            _cell("number", took, "" if took == "" else f"{took:.1f}"),
            _cell("remarks", remarks, remarks + overlay, escaped=True),
        ]
        self._stream.write(f'<tr class="{kind}">{"".join(cells)}</tr>\n')
        if prediction:
            by = ", ".join(filter(None, (prediction.signer, prediction.signer_key_id)))
            self._model = (
                f"{prediction.model}, payload {prediction.model_sha256}, file "
                f"{prediction.file_sha256}; {by or 'signer not known'}"
            )
        self._stream.flush()

    def close(self) -> None:
        total = sum(self._counts.values())
        parts = [
            f"{count} {WORDS.get(kind, 'not classified')}" for kind, count in self._counts.items()
        ]
        model = escape(self._model or "no scan was classified")
        self._stream.write(
            f"</tbody>\n</table>\n<p>{total} scans: {escape(', '.join(parts) or 'none')}.</p>\n"
            f'<p class="small">Model: {model}. mri-edge {__version__}.</p>\n'
            f'<p class="notice">{escape(NOTICE)}</p>\n{_SCRIPT}</body>\n</html>\n'
        )


def _cell(kind: str, key: object, html: str, escaped: bool = False) -> str:
    text = str(key) if escaped else escape(str(key))
    return f'<td class="{kind}" data-key="{text}">{html}</td>'


def _data(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"

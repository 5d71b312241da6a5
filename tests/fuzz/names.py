"""What must hold of any name, wherever it is written: a row a result, and no code in it."""

import csv
import io
import json
from html.parser import HTMLParser

from edge.console.escape import FORMULA, html, markdown
from edge.console.messages import printable
from edge.inference.prediction import Prediction
from edge.parallel.pipeline import Outcome
from edge.results.writers import WRITERS

_FACTS = {"verdict": "tumor", "probability": 0.5, "model_sha256": "0" * 64, "synthetic": False}
_TIMES = {"decode_ms": 1.0, "preprocess_ms": 1.0, "inference_ms": 1.0}


def check_name(name: str) -> bool:
    """Write a result and an error of a file of that name in every format.

    Raises:
        AssertionError: more rows than results, a control character, a formula, markup.
    """
    good = Prediction(**_FACTS, **_TIMES, reason=name, model=name, remarks=(name,))
    outcomes = Outcome(name, good, None), Outcome(name, None, f"{name}: is damaged")
    text = _written("text", *outcomes).split("\n")
    assert len(text) == 3, "text"
    assert all(line.isprintable() for line in text), "text"
    rows = list(csv.reader(io.StringIO(_written("csv", *outcomes), newline="")))
    assert [len(row) for row in rows] == [len(rows[0])] * 3, "csv"
    cells = [cell for row in rows for cell in row]
    assert all(cell.isprintable() for cell in cells), "csv"
    assert not [cell for cell in cells if cell.lstrip()[:1] in tuple(FORMULA)], "csv"
    lines = _written("ndjson", *outcomes).split("\n")
    assert [json.loads(line)["path"] for line in lines[:-1]] == [name] * 2, "ndjson"
    results = json.loads(_written("json", *outcomes))["results"]
    assert [one["path"] for one in results] == [name] * 2, "json"
    for escaped in (html(name), markdown(name), printable(name)):
        escaped.encode()
        assert escaped.isprintable()
    assert not set(html(name)) & set("<>\"'"), "html"
    rest = markdown(name).replace("\\\\", "")
    for mark in "`*<>|~":
        assert mark not in rest.replace(f"\\{mark}", ""), "markdown"
    return True


def check_page(name: str) -> bool:
    """The page of HTML has the same elements for this name as for a plain one."""
    pages = []
    for one in (name, "scan.png"):
        good = Prediction(**_FACTS, **_TIMES, reason=one, model=one, remarks=(one,))
        pages.append(_written("html", Outcome(one, good, None)))
    body = pages[0].partition('<section id="results"')[2].partition("<script>")[0]
    assert "article" in body
    assert all(line.isprintable() for line in body.split("\n")), "a control character"
    elements, plain = map(_elements, pages)
    assert elements == plain, "other elements"
    return True


class _Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, [key for key, _ in attributes]))

    def handle_comment(self, data):
        self.found.append(("comment", []))


def _elements(page: str) -> list:
    parser = _Elements()
    parser.feed(page)
    parser.close()
    return parser.found


def _written(format: str, *outcomes: Outcome) -> str:
    stream = io.StringIO()
    writer = WRITERS[format](stream)
    for outcome in outcomes:
        writer.write(outcome)
    writer.close()
    return stream.getvalue()

"""Types of tumor in every form of result."""

import csv
import io
import json

import pytest

from edge.inference.prediction import Prediction
from edge.parallel.pipeline import Outcome
from edge.results.words import type_words
from edge.results.writers import WRITERS


def found(type: str | None, shares: dict | None, typed: bool = True) -> Outcome:
    word = "tumor" if type else "no_tumor"
    return Outcome(
        "scan.png",
        Prediction(
            *(word, 0.9, None, "tiny", "0" * 64, False, 1.0, 1.0, 1.0),
            typed=typed,
            type=type,
            type_probabilities=shares,
        ),
        None,
    )


def written(format: str, *outcomes: Outcome) -> str:
    stream = io.StringIO()
    writer = WRITERS[format](stream)
    for outcome in outcomes:
        writer.write(outcome)
    writer.close()
    return stream.getvalue()


NAMED = found("<b>glioma", {"<b>glioma": 0.9, "other": 0.1})
OPEN = found("uncertain", {"glioma": 0.55, "other": 0.45})
NONE = found(None, None)


def test_words():
    assert type_words("a", {"a": 0.9, "b": 0.1}) == "type a (0.900)"
    assert type_words("uncertain", {"a": 0.4, "b": 0.6}) == "type uncertain (b 0.600)"
    assert type_words(None, None) == ""


def test_text():
    assert "; type <b>glioma (0.900)" in written("text", NAMED)
    assert "type uncertain (glioma 0.550)" in written("text", OPEN)
    assert "type" not in written("text", NONE)


def test_a_page_escapes_the_name():
    page = written("html", NAMED, OPEN)
    assert "type &lt;b&gt;glioma (0.900)" in page
    assert "<b>glioma" not in page
    assert "type uncertain (glioma 0.550)" in page
    assert '<p class="type">' not in written("html", NONE)


def test_csv_has_the_columns_last_and_they_are_no_formula():
    rows = list(csv.DictReader(io.StringIO(written("csv", found("=a", {"=a": 0.75, "b": 0.25})))))
    assert list(rows[0])[-2:] == ["type", "type_probabilities"]
    assert rows[0]["type"] == "'=a"
    assert rows[0]["type_probabilities"] == "'=a 0.75; b 0.25"
    (empty,) = csv.DictReader(io.StringIO(written("csv", NONE)))
    assert (empty["type"], empty["type_probabilities"]) == ("", "")


@pytest.mark.parametrize("format", ["json", "ndjson"])
def test_json(format):
    text = written(format, OPEN)
    record = json.loads(text) if format == "ndjson" else json.loads(text)["results"][0]
    assert record["type"] == "uncertain"
    assert record["type_probabilities"] == {"glioma": 0.55, "other": 0.45}
    plain = written(format, found(None, None, typed=False))
    assert "type" not in plain

"""How results are written: text for people, JSON, NDJSON and CSV for programs.

Every writer streams: a result is on its way as soon as it is known, so a long run that breaks off
keeps what it has done.
"""

import json
from typing import TextIO

from edge import NOTICE
from edge.classifier import Prediction

_WORDS = {
    "tumor": "TUMOR",
    "no_tumor": "no tumor",
    "uncertain": "UNCERTAIN",
    "rejected": "REJECTED",
}


def printable(text: str) -> str:
    """`text` with control characters escaped: a file name must not steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def record(path: str, prediction: Prediction | None, error: str | None) -> dict:
    """One input's result or error as a flat-keyed dict, the same in JSON, NDJSON and CSV."""
    if prediction is None:
        return {"path": path, "verdict": None, "error": error, "notice": NOTICE}
    return {"path": path, **prediction.to_dict(), "error": None}


class TextWriter:
    """A line a scan, and the notice once at the end."""

    def __init__(self, stream: TextIO):
        self._stream, self._count = stream, 0

    def write(self, path: str, prediction: Prediction | None, error: str | None) -> None:
        if prediction is None:
            return  # the error is on standard error already
        self._count += 1
        word = _WORDS[prediction.verdict]
        if prediction.probability is None:
            detail = prediction.reason
        else:
            total = prediction.decode_ms + prediction.preprocess_ms + prediction.inference_ms
            detail = (
                f"probability of tumor {prediction.probability:.3f}"
                f"  ({prediction.model}, {total:.1f} ms)"
            )
        print(f"{printable(path)}: {word}  {detail}", file=self._stream)

    def close(self) -> None:
        if self._count:
            print(NOTICE, file=self._stream)


class NdjsonWriter:
    """A JSON object a line."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, path: str, prediction: Prediction | None, error: str | None) -> None:
        print(json.dumps(record(path, prediction, error)), file=self._stream, flush=True)

    def close(self) -> None:
        pass


class JsonWriter:
    """One document: `{"notice": ..., "results": [...]}`."""

    def __init__(self, stream: TextIO):
        self._stream, self._separator = stream, "\n"
        stream.write(f'{{"notice": {json.dumps(NOTICE)},\n "results": [')

    def write(self, path: str, prediction: Prediction | None, error: str | None) -> None:
        text = json.dumps(record(path, prediction, error), indent=1)
        self._stream.write(self._separator + text)
        self._separator = ",\n"

    def close(self) -> None:
        self._stream.write("\n]}\n")


class CsvWriter:
    """A header and a row a scan (RFC 4180 quoting)."""

    _COLUMNS = ("path", "verdict", "probability", "reason", "error", "model", "model_sha256")
    _TIMINGS = ("decode", "preprocess", "inference")

    def __init__(self, stream: TextIO):
        import csv

        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow([*self._COLUMNS, *(f"{t}_ms" for t in self._TIMINGS), "notice"])

    def write(self, path: str, prediction: Prediction | None, error: str | None) -> None:
        row = record(path, prediction, error)
        timings = row.get("timings_ms", {})
        self._writer.writerow(
            [row.get(column) for column in self._COLUMNS]
            + [timings.get(name) for name in self._TIMINGS]
            + [row["notice"]]
        )

    def close(self) -> None:
        pass


WRITERS = {"text": TextWriter, "json": JsonWriter, "ndjson": NdjsonWriter, "csv": CsvWriter}

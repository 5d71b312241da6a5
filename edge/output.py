"""How results are written: text for people, JSON, NDJSON and CSV for programs.

Every writer streams: a result is on its way as soon as it is known, so a long run that breaks off
keeps what it has done.
"""

import json
import os
from codecs import getincrementaldecoder
from typing import TextIO

from edge import NOTICE
from edge.pipeline import Outcome

WORDS = {
    "tumor": "TUMOR",
    "no_tumor": "no tumor",
    "uncertain": "UNCERTAIN",
    "rejected": "REJECTED",
}


SYNTHETIC = "The model was trained on generated phantoms: it knows nothing of patients."

_KEYS = (
    "path",
    "verdict",
    "probability",
    "reason",
    "model",
    "model_sha256",
    "synthetic",
    "timings_ms",
    "notice",
    "error",
)
"""What every record has; None where there is nothing to say."""


def printable(text: str) -> str:
    """`text` with control characters escaped: a file name must not steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def may_replace(path: str) -> bool:
    """Whether results may be written to a path: nothing is there, or text, as all results are.

    A scan or a model is not text: `--out *.png` must not cost the first of them.
    """
    if not os.path.isfile(path):
        return True  # nothing, or a terminal or a pipe
    try:
        with open(path, "rb") as file:
            start = file.read(4096)
        return b"\0" not in getincrementaldecoder("utf-8")().decode(start).encode()
    except UnicodeDecodeError:
        return False
    except OSError:
        return True  # writing it will tell what is wrong


def record(outcome: Outcome) -> dict:
    """One input's result or error as a flat-keyed dict, the same in JSON, NDJSON and CSV."""
    if outcome.prediction is None:
        return {
            **dict.fromkeys(_KEYS),
            "path": outcome.path,
            "error": outcome.error,
            "notice": NOTICE,
        }
    result = {"path": outcome.path, **outcome.prediction.to_dict(), "error": None}
    if outcome.extra is not None and outcome.extra.explanation is not None:
        result["explanation"] = outcome.extra.explanation.to_dict()
    return result


class TextWriter:
    """A line a scan, and the notice once at the end."""

    def __init__(self, stream: TextIO):
        self._stream, self._count, self._synthetic = stream, 0, False

    def write(self, outcome: Outcome) -> None:
        prediction = outcome.prediction
        if prediction is None:
            return  # the error is on standard error already
        self._count += 1
        self._synthetic = prediction.synthetic
        word = WORDS[prediction.verdict]
        if prediction.probability is None:
            detail = prediction.reason
        else:
            total = prediction.decode_ms + prediction.preprocess_ms + prediction.inference_ms
            but = f", but {prediction.reason}" if prediction.reason else ""
            detail = (
                f"probability of tumor {prediction.probability:.3f}{but}"
                f"  ({prediction.model}, {total:.1f} ms)"
            )
        print(f"{printable(outcome.path)}: {word}  {detail}", file=self._stream, flush=True)

    def close(self) -> None:
        if self._synthetic:
            print(SYNTHETIC, file=self._stream)
        if self._count:
            print(NOTICE, file=self._stream)


class NdjsonWriter:
    """A JSON object a line."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, outcome: Outcome) -> None:
        print(json.dumps(record(outcome)), file=self._stream, flush=True)

    def close(self) -> None:
        pass


class JsonWriter:
    """One document: `{"notice": ..., "results": [...]}`."""

    def __init__(self, stream: TextIO):
        self._stream, self._separator = stream, "\n"
        stream.write(f'{{"notice": {json.dumps(NOTICE)},\n "results": [')

    def write(self, outcome: Outcome) -> None:
        self._stream.write(self._separator + json.dumps(record(outcome), indent=1))
        self._separator = ",\n"
        self._stream.flush()

    def close(self) -> None:
        self._stream.write("\n]}\n")


class CsvWriter:
    """A header and a row a scan (RFC 4180 quoting)."""

    _COLUMNS = (
        "path",
        "verdict",
        "probability",
        "reason",
        "error",
        "model",
        "model_sha256",
        "synthetic",
    )
    _TIMINGS = ("decode", "preprocess", "inference")

    def __init__(self, stream: TextIO):
        import csv

        self._stream, self._writer = stream, csv.writer(stream, lineterminator="\n")
        self._writer.writerow([*self._COLUMNS, *(f"{t}_ms" for t in self._TIMINGS), "notice"])

    def write(self, outcome: Outcome) -> None:
        row = record(outcome)
        timings = row["timings_ms"] or {}
        self._writer.writerow(
            [row.get(column) for column in self._COLUMNS]
            + [timings.get(name) for name in self._TIMINGS]
            + [row["notice"]]
        )
        self._stream.flush()

    def close(self) -> None:
        pass


def _html(stream: TextIO):
    from edge.html import HtmlWriter

    return HtmlWriter(stream)


WRITERS = {
    "text": TextWriter,
    "json": JsonWriter,
    "ndjson": NdjsonWriter,
    "csv": CsvWriter,
    "html": _html,
}

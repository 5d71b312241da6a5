"""How results are written: text for people, JSON, NDJSON and CSV for programs.

Every writer streams: a result is on its way as soon as it is known, so a long run that breaks off
keeps what it has done.
"""

import json
from typing import TextIO

from edge import NOTICE
from edge.console.messages import printable
from edge.model_file.manifest import Manifest
from edge.parallel.pipeline import Outcome
from edge.results.words import SYNTHETIC, WORDS, type_words

_KEYS = (
    "path",
    "verdict",
    "probability",
    "reason",
    "remarks",
    "model",
    "model_sha256",
    "file_sha256",
    "signer",
    "signer_key_id",
    "synthetic",
    "timings_ms",
    "notice",
    "error",
)
"""What every record has; None where there is nothing to say."""


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
        self._signed = ""

    def write(self, outcome: Outcome) -> None:
        prediction = outcome.prediction
        if prediction is None:
            return  # the error is on standard error already
        self._count += 1
        self._synthetic = prediction.synthetic
        if prediction.signer_key_id:
            self._signed = f"signed by {printable(prediction.signer)}, {prediction.signer_key_id}"
            self._signed = f"The model file, SHA-256 {prediction.file_sha256}, is {self._signed}."
        word = WORDS[prediction.verdict]
        if prediction.probability is None:
            detail = prediction.reason
        else:
            total = prediction.decode_ms + prediction.preprocess_ms + prediction.inference_ms
            which = type_words(prediction.type, prediction.type_probabilities)
            but = f", but {prediction.reason}" if prediction.reason else ""
            detail = (
                f"probability of tumor {prediction.probability:.3f}{which and f'; {which}'}{but}"
                f"  ({prediction.model}, {total:.1f} ms)"
            )
        if prediction.remarks:
            detail += f"  [{'; '.join(prediction.remarks)}]"
        line = printable(f"{outcome.path}: {word}  {detail}")
        print(line, file=self._stream, flush=True)

    def close(self) -> None:
        if self._signed:
            print(self._signed, file=self._stream)
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
    """A header and a row a scan (RFC 4180 quoting); `edge.console.escape.csv_cell` of all text."""

    _COLUMNS = (
        "path",
        "verdict",
        "probability",
        "reason",
        "error",
        "model",
        "model_sha256",
        "synthetic",
        "remarks",
    )
    _TIMINGS = ("decode", "preprocess", "inference")
    _LAST = (
        *("notice", "file_sha256", "signer", "signer_key_id"),
        *("type", "type_probabilities"),
    )
    """After the columns that there were before: those keep their places."""

    def __init__(self, stream: TextIO):
        import csv

        from edge.console.escape import csv_cell

        self._cell = csv_cell
        self._stream, self._writer = stream, csv.writer(stream, lineterminator="\n")
        self._writer.writerow([*self._COLUMNS, *(f"{t}_ms" for t in self._TIMINGS), *self._LAST])

    def write(self, outcome: Outcome) -> None:
        self.write_record(record(outcome))

    def write_record(self, row: dict) -> None:
        """A result as `record` makes it."""
        row = {**row}
        row["remarks"] = "; ".join(row["remarks"] or ())
        timings = row["timings_ms"] or {}
        types = row.get("type_probabilities") or {}
        row["type_probabilities"] = "; ".join(f"{name} {value}" for name, value in types.items())
        self._writer.writerow(
            [self._cell(row.get(column)) for column in self._COLUMNS]
            + [timings.get(name) for name in self._TIMINGS]
            + [self._cell(row.get(column)) for column in self._LAST]
        )
        self._stream.flush()

    def close(self) -> None:
        pass


def _html(stream: TextIO, manifest: Manifest | None = None):
    from edge.results.html_page import HtmlWriter

    return HtmlWriter(stream, manifest)


class ParquetWriter:
    """A table: see `edge.results.parquet`."""

    def __init__(self, stream: TextIO):
        from edge.results.parquet import ParquetTable

        self._table = ParquetTable(stream)
        self.write_record, self.close = self._table.write_record, self._table.close

    def write(self, outcome: Outcome) -> None:
        self.write_record(record(outcome))


WRITERS = {
    "text": TextWriter,
    "json": JsonWriter,
    "ndjson": NdjsonWriter,
    "csv": CsvWriter,
    "html": _html,
    "parquet": ParquetWriter,
}

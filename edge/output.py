"""How results are written: text for people, JSON, NDJSON and CSV for programs.

Every writer streams: a result is on its way as soon as it is known, so a long run that breaks off
keeps what it has done.
"""

import json
import os
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import TextIO

from edge import NOTICE
from edge.pipeline import Outcome
from edge.quiet import ResultStream

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


def unfit(path: str) -> str | None:
    """Why results cannot be written to a path, before any work is done; None if they may be.

    A scan or a model is not text, as all results are: `--out *.png` must not cost the first.
    """
    if os.path.isdir(path):
        return f"{path}: is a folder, which results cannot replace; name a file in it for --out"
    if not _may_replace(path):
        return (
            f"{path}: is a scan, a model or the like, which results must not replace; "
            "name another file for --out"
        )
    return None


class ResultFile:
    """The file that `--out` names. Whole results replace it; anything less leaves it as it was.

    A symbolic link is followed. What is no regular file (a terminal, a pipe, /dev/null), and
    standard output or error by another name, cannot be replaced and is written into directly.

        with ResultFile("results.json") as file:
            json.dump(results, file.stream)
            file.replace()

    Raises:
        OSError: it cannot be opened, or the temporary file beside it cannot be made.
    """

    def __init__(self, path: str):
        self._temporary = None
        place: str | int | None = _standard(path)
        if place is None and os.path.exists(path) and not os.path.isfile(path):
            place = path
        if place is None:
            # Beside the file, so that the renaming is one step.
            self._target = os.path.realpath(path)
            # Of this process alone: another may be writing results to the same name.
            place = self._temporary = f"{self._target}.{os.getpid()}.partial"
        self._file = open(place, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
        self.stream = ResultStream(self._file, f"{path}: the results")
        """To write to; raises `OutputError`."""

    @property
    def direct(self) -> bool:
        """Whether what was written is there already, and stays."""
        return self._temporary is None

    def replace(self) -> None:
        """Put the results, which are whole, in place.

        Raises:
            OutputError: the disk is full, or the folder does not allow it.
        """
        self.stream.flush()
        if self._temporary is not None:
            with self.stream.told():
                self._file.close()
                os.replace(self._temporary, self._target)
            self._temporary = None

    def __enter__(self) -> "ResultFile":
        return self

    def __exit__(self, *_) -> None:
        with suppress(OSError):
            self._file.close()  # which may have more to write than there is room for
        if self._temporary is not None:
            with suppress(OSError):
                os.unlink(self._temporary)


def _standard(path: str) -> int | None:
    """A copy of standard output or error if a path leads to it (/dev/stdout); else None.

    Where a shell redirected it to a file, opening that by name would empty or replace it.
    """
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                return os.dup(descriptor)
    return None


def _may_replace(path: str) -> bool:
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
                f"  ({printable(prediction.model)}, {total:.1f} ms)"
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

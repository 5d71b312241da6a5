"""Lines of results that a node reads again, and how those of studies are written."""

import hashlib
import json
import os
from collections.abc import Iterator

from edge.inference.prediction import Prediction
from edge.model_file import bounded_json
from edge.parallel.pipeline import Outcome

_WIDTH = 16


def append(descriptor: int, line: dict) -> None:
    """Write a line; on return it is on disk.

    Raises:
        OSError: it is not, or not whole.
    """
    data = f"{json.dumps(line)}\n".encode()
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


def studies_path(results: str) -> str:
    """Where the studies' lines stand, beside the slices'."""
    stem, suffix = os.path.splitext(results)
    return f"{stem}.studies{suffix}"


def lines(path: str, part: bytes = b"") -> Iterator[dict]:
    """The records of a file of results that hold some bytes; none if it is not there."""
    try:
        with open(path, "rb") as file:
            for data in file:
                if part in data:
                    try:
                        record = bounded_json.loads(data.strip(b"\0\r\n"), bounded_json.LINE)
                    except ValueError:
                        continue
                    if isinstance(record, dict):
                        yield record
    except FileNotFoundError:
        return


def as_outcome(record: dict) -> Outcome:
    """A line of results as it was before it was written."""
    path = record["file"]["path"]
    if record.get("verdict") is None:
        return Outcome(path, None, record.get("error") or "could not be read")
    reason, probability = record.get("reason"), record.get("probability")
    return Outcome(
        path,
        Prediction(
            verdict=record["verdict"],
            probability=probability,
            reason=reason,
            model=record["model"],
            model_sha256=record["model_sha256"],
            synthetic=record["synthetic"],
            decode_ms=0.0,
            preprocess_ms=0.0,
            inference_ms=0.0,
            doubtful=probability is not None and reason is not None,
            file_sha256=record.get("file_sha256") or "",
            signer=record.get("signer"),
            signer_key_id=record.get("signer_key_id"),
            typed="type" in record,
            type=record.get("type"),
            type_probabilities=record.get("type_probabilities"),
        ),
        None,
    )


def slice_digest(name: str, sha256: str | None) -> int:
    """A number for a slice's name and content. Those of a study are combined in any order."""
    text = f"{name} {sha256}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=_WIDTH).digest(), "big")

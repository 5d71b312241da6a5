"""Lines of slices' results that a node reads again, and which of them count for a study."""

import hashlib
import os
from collections.abc import Iterator

from edge.inference.prediction import Prediction
from edge.model_file import bounded_json
from edge.model_file.manifest import VERDICTS
from edge.parallel.pipeline import Outcome
from edge.series.copies import one_of_each_picture

BY_ANOTHER_MODEL = "was judged by another model before; classify the study with --series"
"""Why a slice's line does not count."""
_WIDTH = 16


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
    """A line of results as it was before it was written; one that was changed since is no result.

    Args:
        record: one whose file's path is known.
    """
    path = record["file"]["path"]
    if record.get("verdict") is None:
        return Outcome(path, None, str(record.get("error") or "could not be read"))
    try:
        return Outcome(path, _prediction(record), None)
    except (AttributeError, KeyError, TypeError, ValueError):
        return Outcome(path, None, "its line of results is damaged")


def _prediction(record: dict) -> Prediction:
    """Raises one of four errors where a line holds what no verdict has."""
    verdict, reason, probability = (record.get(key) for key in ("verdict", "reason", "probability"))
    if probability is not None:
        if isinstance(probability, bool) or not 0 <= probability <= 1:
            raise ValueError("no probability")
    elif verdict != "rejected":
        raise ValueError("no probability")
    texts = [
        verdict,
        record["model"],
        record["model_sha256"],
        reason or "",
        record.get("type") or "",
    ]
    if verdict not in VERDICTS or not all(isinstance(text, str) for text in texts):
        raise ValueError("no verdict")
    shares = record.get("type_probabilities") or {}
    if not all(isinstance(one, float) for one in shares.values()):
        raise ValueError("no probabilities of types")
    return Prediction(
        verdict=verdict,
        probability=probability,
        reason=reason,
        model=record["model"],
        model_sha256=record["model_sha256"],
        synthetic=record["synthetic"] is True,
        decode_ms=0.0,
        preprocess_ms=0.0,
        inference_ms=0.0,
        doubtful=probability is not None and reason is not None,
        file_sha256=record.get("file_sha256") or "",
        signer=record.get("signer"),
        signer_key_id=record.get("signer_key_id"),
        typed="type" in record,
        type=record.get("type"),
        type_probabilities=shares or None,
    )


def of_one_model(outcomes: list[Outcome], model: str | None) -> list[Outcome]:
    """The same, but what another model than `model` (its hash) judged is no result.

    A node may be started anew with another model in the middle of a study. Probabilities of two
    models make no verdict.
    """
    return [
        one
        if one.prediction is None or one.prediction.model_sha256 == model
        else Outcome(one.path, None, BY_ANOTHER_MODEL)
        for one in outcomes
    ]


def slice_digest(name: str, sha256: str | None) -> int:
    """A number for a slice's name and content. Those of a study are combined in any order."""
    text = f"{name} {sha256}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=_WIDTH).digest(), "big")


def those_that_count(same: list[Outcome]) -> list[Outcome]:
    """Of the files of one instance the last of each picture, for its header may be corrected.

    What could not be read counts where nothing could. Where a file was taken away, all do.
    """
    if len(same) < 2 or not all(os.path.exists(one.path) for one in same):
        return same
    read = {one.path: one for one in same if one.prediction is not None}
    paths = one_of_each_picture([*reversed(read)])
    return [read[path] for path in reversed(paths)] or same[-1:]

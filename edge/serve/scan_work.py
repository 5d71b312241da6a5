"""What a child does with one file: its result, and then its pictures."""

import os
from base64 import b64encode
from collections.abc import Callable
from typing import BinaryIO

from edge import NOTICE
from edge.errors import EdgeError, MissingSoftwareError
from edge.inference.classifier import Classifier
from edge.inference.prediction import Examined, Prediction
from edge.parallel.pipeline import Outcome, classify_one
from edge.scan.file_format import CHOOSE_FRAME, HEAD, sniff

_NAME = "file object: "
"""How messages call a file that has no name."""
_WORDS = {
    f"; {CHOOSE_FRAME}": "; one at a time is taken",
    " or raise --max-pixels": "",
}
"""Of options of the command line, which who asks here does not have; and what is said instead."""


def classify_file(
    classifier: Classifier, descriptor: int, order: dict, emit: Callable[[dict], None]
) -> None:
    """Emit the result of one file, or its error; and its pictures, if they are wanted.

    Args:
        descriptor: of the file; it is left open.
        order: "frame", from 1 or None, and "pictures", whether they are wanted.
    """
    with open(os.dup(descriptor), "rb") as file:
        told = []

        def first(prediction: Prediction) -> None:
            told.append(True)
            found = {"doubtful": prediction.doubtful, "frame": order["frame"]}
            emit({"result": {**prediction.to_dict(), **found}})

        def extra(classifier, _, found):
            first(found.prediction)
            return _pictures(classifier, found) if order["pictures"] else None

        try:
            outcome = classify_one(classifier, file, extra, order["frame"])
        except EdgeError as error:
            return emit({"error": str(error), "kind": "broken"})
        except Exception as error:  # what it says may quote the file
            return emit({"error": f"the program failed on it ({type(error).__name__})"})
        if outcome.prediction is None:
            frames = 1 if order["frame"] else _place(file)[1]
            return emit(_problem(outcome, frames))
        if not told:
            first(outcome.prediction)
        if order["pictures"]:
            found = outcome.extra or {"scan": None, "heat_map": None}
            found = {**found, "error": outcome.extra_error, "notice": NOTICE}
            # Last, for the header is read once more for it.
            emit({"pictures": found, "series_hash": _place(file)[0]})
    return None


def _problem(outcome: Outcome, frames: int) -> dict:
    kind = "needs_software" if outcome.missing else "unreadable"
    if outcome.short:
        kind = "short_of_memory"
    several = {"frames": frames} if frames > 1 else {}
    error = outcome.error.removeprefix(_NAME)
    for words, instead in _WORDS.items():
        error = error.replace(words, instead)
    return {"error": error, "kind": kind, **several}


def _place(file: BinaryIO) -> tuple[str | None, int]:
    """The hash of a file's series, if it states one, and how many frames or pages it has."""
    file.seek(0)
    kind = sniff(file.read(HEAD))
    path = f"/proc/self/fd/{file.fileno()}"
    if kind == "DICOM":
        from edge.series.slice_position import read_place

        try:
            found = read_place(path)
        except MissingSoftwareError:
            return None, 1
        return found.series, len(found.frames)
    if kind == "TIFF":
        from edge.series.pages import count_pages

        return None, count_pages(path, kind)
    return None, 1


def _pictures(classifier: Classifier, scan: Examined) -> dict:
    from edge.saliency.layers import layers

    found = layers(classifier, scan)
    heat = found.heat
    return {
        "scan": _data(found.scan, "jpeg"),
        "heat_map": heat
        and {
            "image": _data(heat.png, "png"),
            "method": heat.method,
            "finding": heat.finding,
            "inferences": heat.inferences,
            "milliseconds": round(heat.milliseconds, 1),
        },
    }


def _data(image: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{b64encode(image).decode()}"

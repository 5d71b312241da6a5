"""What a child does with one file: its result, and then its pictures."""

import os
from base64 import b64encode
from collections.abc import Callable

from edge import NOTICE
from edge.errors import EdgeError
from edge.inference.classifier import Classifier, Prediction
from edge.parallel.pipeline import Outcome, classify_one
from edge.scan.file_format import HEAD, sniff

_NAME = "file object: "
"""How messages call a file that has no name."""
_NEEDED = "needs_software"


def classify_file(
    classifier: Classifier, descriptor: int, order: dict, emit: Callable[[dict], None]
) -> None:
    """Emit the result of one file, or its error; and its pictures, if they are wanted.

    Args:
        descriptor: of the file; it is left open.
        order: "frame", from 1 or None, and "pictures", whether they are wanted.
    """
    with open(os.dup(descriptor), "rb") as file:
        file.seek(0)  # the server has written it, and its place is the server's
        head = file.read(HEAD)
        kind = sniff(head)
        path = f"/proc/self/fd/{file.fileno()}"
        series, frames = _place(path, kind)
        told = []

        def first(prediction: Prediction) -> None:
            told.append(True)
            emit(
                {
                    "result": {
                        **prediction.to_dict(),
                        "doubtful": prediction.doubtful,
                        "frame": order["frame"],
                        "series_hash": series,
                    }
                }
            )

        def extra(classifier, _, image, prediction):
            first(prediction)
            return _pictures(classifier, image, prediction) if order["pictures"] else None

        try:
            outcome = classify_one(classifier, file, extra, order["frame"])
        except EdgeError as error:
            return emit({"error": str(error), "kind": "broken"})
        except Exception as error:  # what it says may quote the file
            return emit({"error": f"the program failed on it ({type(error).__name__})"})
    if outcome.prediction is None:
        return emit(_problem(outcome, order["frame"], frames))
    if not told:
        first(outcome.prediction)
    if order["pictures"]:
        found = outcome.extra or {"scan": None, "heat_map": None}
        emit({"pictures": {**found, "error": outcome.extra_error, "notice": NOTICE}})
    return None


def _problem(outcome: Outcome, frame: int | None, frames: int) -> dict:
    kind = "short_of_memory" if outcome.short else _NEEDED if outcome.missing else "unreadable"
    several = {"frames": frames} if frames > 1 and frame is None else {}
    return {"error": outcome.error.removeprefix(_NAME), "kind": kind, **several}


def _place(path: str, kind: str | None) -> tuple[str | None, int]:
    """The hash of a file's series, if it states one, and how many frames or pages it has."""
    if kind == "DICOM":
        from edge.errors import MissingSoftwareError
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


def _pictures(classifier: Classifier, image, prediction: Prediction) -> dict:
    from edge.saliency.layers import layers

    found = layers(classifier, image, prediction)
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

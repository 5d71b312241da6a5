"""Where in a scan does a model see a tumor? The model's own heat map, or one by occlusion.

Many models give a map as a second output (`Manifest.heat_map`), which costs one further inference.
For the others a grey patch is laid over one part of the model's input after another, and the model
is asked each time: where covering the scan makes a tumor less likely, the model was looking (Zeiler
and Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4.2). That costs
`PATCHES` further inferences a scan. Either way it says what moved the model, not what is true.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from PIL.Image import Image, Resampling

from edge.errors import ImageError
from edge.inference.classifier import Classifier, Prediction
from edge.saliency.heat_map import heat_map
from edge.saliency.picture_names import picture_name


@dataclass(frozen=True, eq=False)
class Explanation:
    """The picture that was made for one scan, and what it cost."""

    file: str
    method: str
    peak: float
    """Of the heat map, in log-odds of tumor; 0 or less: nothing speaks for one."""
    inferences: int
    milliseconds: float

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "file": self.file,
            "method": self.method,
            "peak_log_odds": round(self.peak, 4),
            "inferences": self.inferences,
            "milliseconds": round(self.milliseconds, 1),
        }


@dataclass(frozen=True, eq=False)
class Pictures:
    """What `--explain` and `--format html` want of a scan besides its verdict."""

    explanation: Explanation | None
    """None if none was asked for, or the model was not asked for a verdict."""
    thumbnail: bytes | None
    """JPEG of the scan."""
    overlay: bytes | None
    """JPEG of the explanation."""


def prepare(
    folder: str | None, thumbnails: bool
) -> Callable[[Classifier, str, Image, Prediction], Pictures]:
    """What `edge.parallel.pipeline` calls for each scan; makes the folder.

    Args:
        folder: where the explanations go, or None for none.
        thumbnails: whether pictures for a web page are wanted as well.

    Raises:
        OSError: the folder cannot be made.
    """
    if folder:
        os.makedirs(folder, exist_ok=True)

    def pictures(
        classifier: Classifier, path: str, image: Image, prediction: Prediction
    ) -> Pictures:
        explanation = overlay = None
        if folder and prediction.probability is not None:
            start = perf_counter()
            heat = heat_map(classifier, image)
            from edge.saliency.overlay import draw

            picture = draw(image, heat, path, prediction)
            file = os.path.join(folder, picture_name(path))
            _save(picture, file)
            took = (perf_counter() - start) * 1e3
            peak = float(heat.values.max())
            explanation = Explanation(file, heat.method, peak, heat.inferences, took)
            if thumbnails:
                overlay = _jpeg(picture, 900)
        return Pictures(explanation, _jpeg(image, 128) if thumbnails else None, overlay)

    return pictures


def _save(picture: Image, file: str) -> None:
    # By chance: processes in two containers have equal numbers.
    temporary = f"{file}.{os.urandom(8).hex()}.partial"
    try:
        with open(temporary, "xb") as stream:
            # Two thirds of the time for a third more bytes.
            picture.save(stream, "PNG", compress_level=1)
        os.replace(temporary, file)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        reason = error.strerror or error
        raise ImageError(f"{file}: the picture cannot be written ({reason})") from error


def _jpeg(image: Image, longest: int) -> bytes:
    import io

    scale = min(1.0, longest / max(image.size))
    size = tuple(max(1, round(side * scale)) for side in image.size)
    file = io.BytesIO()
    small = image.resize(size, Resampling.BILINEAR)
    small.info = {}  # a comment of the scan's file would go into the picture's
    small.save(file, "JPEG", quality=85)
    return file.getvalue()

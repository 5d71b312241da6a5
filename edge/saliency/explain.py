"""Where in a scan does a model see a tumor? The model's own heat map, or one by occlusion.

Many models give a map as a second output (`Manifest.heat_map`), which costs nothing in LiteRT and
OpenVINO, and one further inference in ONNX Runtime, which leaves out what no verdict needs.
For the others a grey patch is laid over one part of the model's input after another, and the model
is asked each time: where covering the scan makes a tumor less likely, the model was looking (Zeiler
and Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4.2). That costs
`PATCHES` further inferences a scan. Either way it says what moved the model, not what is true.
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from PIL.Image import Image

from edge.errors import ImageError
from edge.files.replaced_file import keep_rights
from edge.inference.classifier import Classifier
from edge.inference.prediction import Examined
from edge.saliency.heat_map import heat_map
from edge.saliency.layers import HeatLayer, heat_layer, layers, scan_jpeg
from edge.saliency.picture_names import picture_name
from edge.saliency.quick_png import write_png


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
    """None if none was asked for, or the scan was rejected."""
    scan: bytes | None
    """JPEG, for a web page."""
    heat: HeatLayer | None
    """To be laid over it. None if the scan was rejected; of a model that has no
    heat map of its own also where no explanation was asked for, because that takes long."""


def prepare(folder: str | None, page: bool) -> Callable[[Classifier, str, Examined], Pictures]:
    """What `edge.parallel.pipeline` calls for each scan; makes the folder.

    Args:
        folder: where the explanations go, or None for none.
        page: whether pictures for a web page are wanted as well.

    Raises:
        OSError: the folder cannot be made.
    """
    if folder:
        try:
            os.makedirs(folder, exist_ok=True)
        except FileExistsError:
            if not os.path.isfile(folder):
                raise
            raise NotADirectoryError(errno.ENOTDIR, "it is a file; name a folder") from None

    def pictures(classifier: Classifier, path: str, scan: Examined) -> Pictures:
        image, seen, prediction = scan
        if not folder:
            found = layers(classifier, scan)
            return Pictures(None, found.scan, found.heat)
        explanation = layer = None
        if prediction.probability is not None:
            start = perf_counter()
            heat = heat_map(classifier, image, seen)
            mapped = (perf_counter() - start) * 1e3
            from edge.saliency.overlay import draw

            file = os.path.join(folder, picture_name(path))
            from edge.saliency.type_map import type_map

            typed = type_map(classifier, seen, prediction)
            _save(draw(image, heat, path, prediction, typed), file)
            took = (perf_counter() - start) * 1e3
            peak = float(heat.values.max())
            explanation = Explanation(file, heat.method, peak, heat.inferences, took)
            layer = heat_layer(heat, image.size, mapped) if page else None
        return Pictures(explanation, scan_jpeg(image) if page else None, layer)

    return pictures


def _save(picture: Image, file: str) -> None:
    # By chance: processes in two containers have equal numbers.
    temporary = f"{file}.{os.urandom(8).hex()}.partial"
    try:
        with open(temporary, "xb") as stream:
            keep_rights(stream.fileno(), file)
            write_png(picture, stream)
        os.replace(temporary, file)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        reason = error.strerror or error
        raise ImageError(f"{file}: the picture cannot be written ({reason})") from error

"""Run by the Python of a build: times it on files, and the bare chain beside it.

    python -P one_build.py PASSES [MODEL] < NAMES

Prints JSON: for each file the least milliseconds of each stage. Knows nothing but `edge`'s API of
the first release, so that old builds answer, too.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

import edge
from edge import Classifier


def main(passes: int, model: list[str], names: list[str]) -> None:
    """Time all and print."""
    classifier = Classifier(*model, threads=1)
    best: dict[str, list[float]] = {}
    for name in names * passes:
        try:
            times = [*ours(classifier, name), *bare(classifier, Path(name))]
        except (edge.ImageError, OSError, SyntaxError):
            continue
        best[name] = [min(pair) for pair in zip(times, best.get(name, times), strict=True)]
    print(json.dumps(best))


def ours(classifier: Classifier, name: str) -> tuple[float, ...]:
    """The whole call, and what the result says of its stages."""
    start = time.perf_counter()
    found = classifier.classify(name)
    whole = (time.perf_counter() - start) * 1e3
    return (whole, found.decode_ms, found.preprocess_ms, found.inference_ms)


def bare(classifier: Classifier, file: Path) -> tuple[float, ...]:
    """Decode whole, resize once, run; no more than any script has to."""
    height, width, channels = classifier.manifest.input.shape
    pixels = np.empty((height, width, channels), np.uint8)
    times = [time.perf_counter()]
    image = _decoded(file)
    times.append(time.perf_counter())
    grey = image.convert("L").resize((width, height), Image.Resampling.BILINEAR)
    pixels[:] = np.asarray(grey)[..., None]
    times.append(time.perf_counter())
    classifier.logits(pixels)
    times.append(time.perf_counter())
    return tuple((end - start) * 1e3 for start, end in pairwise(times))


def _decoded(file: Path) -> Image.Image:
    if file.suffix == ".dcm":
        import pydicom

        values = pydicom.dcmread(file).pixel_array
        values = values * (255.0 / max(1, values.max()))
        return Image.fromarray(values.astype(np.uint8))
    image = Image.open(file)
    image.load()
    return image


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:], sys.stdin.read().splitlines())

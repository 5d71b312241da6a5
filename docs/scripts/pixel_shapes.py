"""Verdicts on scans whose pixels are not square beside those on the same scans with square ones.

    python docs/scripts/pixel_shapes.py ../shared/data/brain_tumor_dataset

Each picture is shrunk along one side as a scanner with such pixels would have sampled it, written
as DICOM with that PixelSpacing, and classified with the bundled model. Research software, not a
medical device.
"""

import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from edge import Classifier
from edge.scan.decode import decode
from edge.scan.file_format import is_image_file
from tests.edge.dicom_files import write_dicom

SPACINGS = ((1, 1), (1, 1.25), (1.25, 1), (1, 1.5), (1, 2), (2, 1))
_WINDOW = {"WindowCenter": 128, "WindowWidth": 256}  # shows 0..255 as they are


def main() -> None:
    """Prints the table."""
    warnings.simplefilter("ignore")
    found = sorted(path for path in Path(sys.argv[1]).rglob("*") if is_image_file(path))
    pictures = [decode(path).convert("L") for path in found]
    classifier, square = Classifier(), None
    print(f"{len(pictures)} scans; {classifier.classify(found[0]).model}")
    print(
        "| PixelSpacing | tumor | no tumor | uncertain | rejected | other verdict "
        "| tumor and no tumor changed places |"
    )
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for row, column in SPACINGS:
            verdicts = []
            for picture in pictures:
                size = round(picture.width / column), round(picture.height / row)
                small = np.asarray(picture.resize(size, Image.Resampling.LANCZOS))
                path = write_dicom(
                    Path(folder, "a"), small, PixelSpacing=[str(row), str(column)], **_WINDOW
                )
                verdicts.append(classifier.classify(path).verdict)
            square = square or verdicts
            pairs = [(a, b) for a, b in zip(square, verdicts, strict=True) if a != b]
            turned = sum(set(pair) == {"tumor", "no_tumor"} for pair in pairs)
            counts = Counter(verdicts)
            numbers = [counts[v] for v in ("tumor", "no_tumor", "uncertain", "rejected")]
            cells = [f"{row}\\{column}", *numbers, f"{len(pairs)} ({len(pairs) / len(square):.1%})"]
            print("| " + " | ".join(map(str, [*cells, turned])) + " |", flush=True)


if __name__ == "__main__":
    main()

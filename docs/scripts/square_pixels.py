"""Verdicts on scans whose pixels are not square, beside those of the same scans with square ones.

    python docs/scripts/square_pixels.py ../shared/data/brain_tumor_dataset

Each scan is written as DICOM: as it is, and resampled so that its pixels are taller or wider, with
the spacing that says so. The device reads all of them. Prints a Markdown table.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from edge import NOTICE, Classifier, ImageError

SPACINGS = ((1, 1.25), (1.25, 1), (1, 1.5), (1, 2), (2, 1))
"""Between rows (a pixel's height) and between columns (its width)."""


def _one(_) -> int:
    return 1


def main() -> int:
    """Print the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of scans, searched (required)")
    parser.add_argument("--model", help="exported model (default: the bundled one)")
    args = parser.parse_args()
    classifier = Classifier(args.model)
    files = sorted(path for path in args.folder.rglob("*") if path.is_file())
    print("| rows \\ columns | made by | verdicts changed | tumor to none | none to tumor |")
    print("|---" * 5 + "|")
    with tempfile.TemporaryDirectory() as folder:
        scans = _scans(classifier, files)
        file = Path(folder, "slice.dcm")
        square = [classifier.classify(_write(file, scan, (1, 1))).verdict for scan in scans]
        for spacing in SPACINGS:
            ways = ("stretching", spacing, max), ("squeezing", spacing, min)
            # The control: square pixels, as many more along both sides. What it changes is what any
            # change of resolution does.
            both = ("control, both sides", (1 / max(spacing),) * 2, _one)
            for way, sides, unit in (*ways, both):
                stated = (1, 1) if unit is _one else sides
                found = [
                    classifier.classify(_write(file, _resampled(scan, sides, unit), stated))
                    for scan in scans
                ]
                pairs = [(one, two.verdict) for one, two in zip(square, found, strict=True)]
                changed = sum(one != two for one, two in pairs)
                print(
                    f"| {spacing[0]} \\ {spacing[1]} | {way} | {changed} of {len(pairs)} "
                    f"({changed / len(pairs):.1%}) | {pairs.count(('tumor', 'no_tumor'))} | "
                    f"{pairs.count(('no_tumor', 'tumor'))} |"
                )
    print(NOTICE, file=sys.stderr)
    return 0


def _scans(classifier: Classifier, files: list[Path]) -> list[np.ndarray]:
    found = []
    for file in files:
        try:
            found.append(np.asarray(classifier.decode(file).convert("L")))
        except ImageError as error:
            print(error, file=sys.stderr)
    return found


def _resampled(pixels: np.ndarray, spacing: tuple[float, float], unit) -> np.ndarray:
    """The scan as a scanner with such pixels would give it.

    Args:
        unit: max: one side is stretched, so nothing is lost; min: the other is squeezed, as where
            a scanner measures less along it.
    """
    height, width = pixels.shape
    side = unit(spacing)
    size = round(width * side / spacing[1]), round(height * side / spacing[0])
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def _write(path: Path, pixels: np.ndarray, spacing: tuple[float, float]) -> Path:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
    data.Modality, data.PhotometricInterpretation, data.SamplesPerPixel = "MR", "MONOCHROME2", 1
    data.Rows, data.Columns = pixels.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    data.WindowCenter, data.WindowWidth = 128, 256
    data.PixelSpacing = list(spacing)
    data.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
    data["PixelData"].VR = "OB"
    data.save_as(path, enforce_file_format=True)
    return path


if __name__ == "__main__":
    raise SystemExit(main())

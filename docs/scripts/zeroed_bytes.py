"""Half a file must give no verdict: what happens to scans that lost 512 bytes, by container.

    python docs/scripts/zeroed_bytes.py --scans ../shared/data/brain_tumor_dataset

Scans are drawn with a seed and written anew in each container. Then 512 bytes in the middle of the
compressed pixels, at a place drawn with the same seed, become zero, as a bad block of a card or a
lost piece of a copy leaves them. The bundled model is asked about the whole file and about the
damaged one. Prints a Markdown table.

Needs pydicom with pylibjpeg, pylibjpeg-libjpeg and pylibjpeg-openjpeg; pyjpegls for the row of
JPEG-LS, which is left out without it.
"""

import argparse
import io
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from edge.errors import ImageError
from edge.inference.classifier import Classifier
from edge.model_file.bundled import bundled_model
from edge.scan.decode import decode

sys.path.insert(0, str(Path(__file__).parents[2]))  # for tests.edge.jpeg_files
LOST = 512
SIDE = 512
"""Longest side: larger scans are reduced, so that all containers hold the same picture."""
_SOI, _SOS, _EOI = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"


class Container(NamedTuple):
    """One way to write a scan."""

    name: str
    write: Callable[[Image.Image], bytes]
    pixels: Callable[[bytes], tuple[int, int]]
    """First and last position of the compressed pixels."""


def containers() -> list[Container]:
    """All of them, those left out for which an encoder is missing."""
    dicom = [
        (
            "JPEG in DICOM",
            "1.2.840.10008.1.2.4.50",
            lambda image: _pillow("JPEG", quality=90)(image),
        ),
        ("JPEG 2000 in DICOM, lossless", "1.2.840.10008.1.2.4.90", None),
        ("JPEG of 12 bits in DICOM", "1.2.840.10008.1.2.4.51", _jpeg_12),
        ("JPEG Lossless in DICOM", "1.2.840.10008.1.2.4.70", _jpeg_lossless),
        ("JPEG-LS in DICOM", "1.2.840.10008.1.2.4.80", None),
        ("RLE in DICOM", "1.2.840.10008.1.2.5", None),
    ]
    found = [
        Container("PNG", _pillow("PNG"), _png_pixels),
        Container("JPEG", _pillow("JPEG", quality=90), _jpeg_pixels),
        Container("JPEG, progressive", _pillow("JPEG", quality=90, progressive=True), _jpeg_pixels),
        Container(
            "JPEG, restart markers",
            _pillow("JPEG", quality=90, restart_marker_rows=1),
            _jpeg_pixels,
        ),
        Container("WebP", _pillow("WebP", quality=90), _webp_pixels),
        Container("WebP, lossless", _pillow("WebP", lossless=True), _webp_pixels),
        Container("GIF", _pillow("GIF"), lambda data: (800, len(data) - 2)),
        Container("TIFF, JPEG", _pillow("TIFF", compression="jpeg", quality=90), _tiff_pixels),
        Container("TIFF, deflate", _pillow("TIFF", compression="tiff_adobe_deflate"), _tiff_pixels),
        Container("TIFF, LZW", _pillow("TIFF", compression="tiff_lzw"), _tiff_pixels),
        Container("TIFF, PackBits", _pillow("TIFF", compression="packbits"), _tiff_pixels),
        Container("TIFF, Zstandard", _pillow("TIFF", compression="zstd"), _tiff_pixels),
        Container("TIFF, LZMA", _pillow("TIFF", compression="lzma"), _tiff_pixels),
        Container("TIFF, WebP", _pillow("TIFF", compression="webp"), _tiff_pixels),
    ]
    for name, syntax, encode in dicom:
        if encode or _can_encode(syntax):
            found.append(Container(name, _dicom(syntax, encode), _dicom_pixels))
    return [one for one in found if _is_written(one)]


def _is_written(one: Container) -> bool:
    try:
        one.write(Image.new("L", (64, 64)))
    except OSError:  # this build of libtiff lacks the compression
        print(f"{one.name}: cannot be written here and is left out", file=sys.stderr)
        return False
    return True


def measure(folder: Path, count: int, seed: int) -> str:
    """The table."""
    model = bundled_model("auto")
    classifier = Classifier(model)
    rng = random.Random(seed)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    scans = [_grey(path) for path in rng.sample(files, count)]
    lines = [
        "| container | whole, refused | refused as damaged | rejected | a verdict | another |",
        "|---|---|---|---|---|---|",
    ]
    for one in containers():
        wrong = refused = rejected = given = changed = total = 0
        for number, image in enumerate(scans):
            data = one.write(image)
            first, last = one.pixels(data)
            if last - first < 3 * LOST:
                continue
            total += 1
            at = random.Random(f"{seed} {number}").randrange(first + LOST, last - 2 * LOST)
            harmed = data[:at] + bytes(LOST) + data[at + LOST :]
            try:
                before = classifier.classify(data).verdict
            except ImageError as error:
                print(f"{one.name}: {error}", file=sys.stderr)
                wrong += 1
                continue
            try:
                after = classifier.classify(harmed).verdict
            except ImageError:
                refused += 1
                continue
            rejected += after == "rejected"
            given += after != "rejected"
            changed += after not in ("rejected", before)
        lines.append(
            f"| {one.name} | {wrong} | {refused} of {total} | {rejected} | {given} | {changed} |"
        )
        print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def _grey(path: Path) -> Image.Image:
    image = decode(path).convert("L")
    image.thumbnail((SIDE, SIDE))
    width, height = (side // 8 * 8 for side in image.size)  # as one of the encoders needs it
    return Image.fromarray(np.asarray(image)[:height, :width])


def _pillow(kind: str, **options) -> Callable[[Image.Image], bytes]:
    def write(image: Image.Image) -> bytes:
        stream = io.BytesIO()
        picture = image.convert("RGB") if options.get("compression") == "webp" else image
        picture.save(stream, kind, **options)
        return stream.getvalue()

    return write


def _can_encode(syntax: str) -> bool:
    from pydicom.pixels import get_encoder

    return get_encoder(syntax).is_available


def _dicom(syntax: str, encode) -> Callable[[Image.Image], bytes]:
    def write(image: Image.Image) -> bytes:
        from pydicom.dataset import Dataset, FileMetaDataset
        from pydicom.encaps import encapsulate
        from pydicom.uid import UID, ExplicitVRLittleEndian

        data = Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.4")
        data.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.SOPClassUID, data.SOPInstanceUID = UID("1.2.840.10008.5.1.4.1.1.4"), UID("1.2.3.4")
        data.Modality, data.PhotometricInterpretation = "MR", "MONOCHROME2"
        data.SamplesPerPixel, data.PixelRepresentation = 1, 0
        deep = encode is _jpeg_12
        data.BitsAllocated, data.BitsStored = (16, 12) if deep else (8, 8)
        data.HighBit = data.BitsStored - 1
        data.Columns, data.Rows = image.size
        data.WindowCenter, data.WindowWidth = (2048, 4096) if deep else (128, 256)
        data.PixelData = image.tobytes() + b"\0" * (image.width * image.height % 2)
        data["PixelData"].VR = "OB"
        if encode is None:
            data.compress(UID(syntax), generate_instance_uid=False)
        else:
            data.file_meta.TransferSyntaxUID = UID(syntax)
            data.PixelData = encapsulate([encode(image)])
            data["PixelData"].is_undefined_length = True
        stream = io.BytesIO()
        data.save_as(stream, enforce_file_format=True)
        return stream.getvalue()

    return write


def _jpeg_12(image: Image.Image) -> bytes:
    from tests.edge.jpeg_files import extended_jpeg

    return extended_jpeg(np.asarray(image).astype(np.uint16) * 16, 12)


def _jpeg_lossless(image: Image.Image) -> bytes:
    from tests.edge.jpeg_files import lossless_jpeg

    return lossless_jpeg(np.asarray(image), 8)


def _png_pixels(data: bytes) -> tuple[int, int]:
    return data.index(b"IDAT") + 4, data.rindex(b"IEND") - 8


def _jpeg_pixels(data: bytes) -> tuple[int, int]:
    return data.index(_SOS), data.rindex(_EOI)


def _webp_pixels(data: bytes) -> tuple[int, int]:
    return 40, len(data)


def _tiff_pixels(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        starts, counts = image.tag_v2[273], image.tag_v2[279]
    return starts[0], starts[-1] + counts[-1]


def _dicom_pixels(data: bytes) -> tuple[int, int]:
    start = data.index(b"\xe0\x7f\x10\x00OB") + 12
    return start + 8 + int.from_bytes(data[start + 4 : start + 8], "little") + 8 + 64, len(data) - 8


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scans", type=Path, required=True, help="folder of scans")
    parser.add_argument("--count", type=int, default=60, help="scans (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (default: 1)")
    args = parser.parse_args(argv)
    print(measure(args.scans, args.count, args.seed))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

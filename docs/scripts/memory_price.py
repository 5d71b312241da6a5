"""What decoding and classifying takes of memory, by kind of file: peaks beside what is asked for.

    python docs/scripts/memory_price.py --side 4000

Each file is generated, and classified in a process of its own whose peak (VmHWM, Linux) is read.
"Asked for" is what `edge.scan.memory_price` wants to be free before.
"""

import argparse
import os
import re
import struct
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from edge import Classifier
from edge.parallel.pipeline import classify_one
from edge.scan import geometry

Image.MAX_IMAGE_PIXELS = None


def files(folder: Path, side: int) -> Iterator[tuple[str, Path]]:
    """(what it is, the file) of each kind."""
    ramp = np.add.outer(np.arange(side), np.arange(side)) / (2 * side)
    deep = (ramp * 60000).astype(np.uint16)
    grey = Image.fromarray((ramp * 255).astype(np.uint8))
    merged = {mode: Image.merge(mode, [grey] * len(mode)) for mode in ("LA", "RGB", "RGBA", "CMYK")}
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8))
    rgb, turned = merged["RGB"], Image.Exif()
    turned[274] = 6
    progressive = {"progressive": True, "subsampling": 0}
    ImageFile.MAXBLOCK = 4 * side * side  # Pillow's own buffer is too small for noise
    restarts = {"restart_marker_rows": 1, "subsampling": 0}
    pictures = [
        ("PNG, grey", "a.png", grey, {}),
        ("PNG, colour, to be turned", "a.png", rgb, {"exif": turned}),
        ("PNG, colour, to be evened", "a.png", rgb, {"dpi": (100, 110)}),
        ("PNG, colour of noise", "a.png", noise, {}),
        ("PNG, grey and alpha", "a.png", merged["LA"], {}),
        ("PNG, colour and alpha", "a.png", merged["RGBA"], {}),
        ("PNG, grey of 16 bits", "a.png", Image.fromarray(deep), {}),
        ("JPEG, grey", "a.jpg", grey, {}),
        ("JPEG, colour of noise", "a.jpg", noise, {"quality": 95, "subsampling": 0}),
        ("JPEG, CMYK", "a.jpg", merged["CMYK"], {}),
        ("JPEG, grey, progressive", "a.jpg", grey, {"progressive": True}),
        ("JPEG, colour, progressive", "a.jpg", rgb, progressive),
        ("JPEG, CMYK, progressive", "a.jpg", merged["CMYK"], {"progressive": True}),
        ("JPEG, colour of noise, progressive", "a.jpg", noise, {"quality": 95, **progressive}),
        ("JPEG, colour of noise, restarts", "a.jpg", noise, {"quality": 95, **restarts}),
        ("BMP, colour", "a.bmp", rgb, {}),
        ("GIF, transparent", "a.gif", rgb.convert("P"), {"transparency": 3}),
        ("TIFF, floats", "a.tif", Image.fromarray(deep.astype(np.float32)), {}),
        ("TIFF, colour and alpha", "a.tif", merged["RGBA"], {}),
        ("TIFF, colour of noise, JPEG", "a.tif", noise, {"compression": "jpeg", "quality": 95}),
        ("TIFF, colour of noise, deflate", "a.tif", noise, {"compression": "tiff_adobe_deflate"}),
        ("TIFF, colour of noise, PackBits", "a.tif", noise, {"compression": "packbits"}),
        ("WebP, colour", "a.webp", rgb, {}),
        ("WebP, colour of noise", "a.webp", noise, {"quality": 95}),
        ("WebP, colour of noise, lossless", "a.webp", noise, {"lossless": True, "quality": 0}),
        ("WebP, colour and alpha", "a.webp", merged["RGBA"], {}),
    ]
    for what, name, image, options in pictures:
        image.save(folder / name, **options)
        yield what, folder / name
    for color, samples, what in ((2, 3, "colour"), (4, 2, "grey and alpha"), (6, 4, "with alpha")):
        (folder / "a.png").write_bytes(_deep_png(deep, color, samples))
        yield f"PNG, {what} of 16 bits", folder / "a.png"
    yield from _dicom_files(folder / "a.dcm", deep)


def _deep_png(values: np.ndarray, color: int, samples: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        tail = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + tail

    rows = np.repeat(values[..., None], samples, axis=2).astype(">u2")
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows), 1)
    head = struct.pack(">2I5B", *values.shape[::-1], 16, color, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", data), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def _dicom_files(path: Path, deep: np.ndarray) -> Iterator[tuple[str, Path]]:
    from pydicom import dcmread
    from pydicom.dataset import Dataset
    from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

    from tests.edge.dicom_files import write_dicom

    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [65535, 0, 16], "US"
    table.add_new("LUTData", "OW", np.arange(65535, dtype=np.uint16).tobytes())
    for what, values, more in (
        ("DICOM, 8 bits", (deep // 256).astype(np.uint8), {}),
        ("DICOM, 16 bits", deep, {}),
        ("DICOM, 16 bits, padding", deep, {"PixelPaddingValue": 0}),
        ("DICOM, 16 bits, modality table", deep, {"ModalityLUTSequence": [table]}),
        ("DICOM, 32 bits", deep.astype(np.int32), {}),
    ):
        write_dicom(path, values, **more)
        yield what, path
    noise = np.random.default_rng(1).integers(0, 60000, deep.shape).astype(np.uint16)
    for what, values, syntax in (
        ("RLE", deep, RLELossless),
        ("RLE of noise", noise, RLELossless),
        ("JPEG 2000", deep, JPEG2000Lossless),
        ("JPEG-LS of noise", noise, JPEGLSLossless),
    ):
        write_dicom(path, values)
        data = dcmread(path)
        data.compress(syntax)
        data.save_as(path)
        yield f"DICOM, 16 bits, {what}", path


def measure(classifier: Classifier, path: Path) -> tuple[int, int, str]:
    """Bytes at the peak above the start, bytes asked for, and what went wrong, in a child."""
    source, target = os.pipe()
    pid = os.fork()
    if pid == 0:
        import edge.scan.dicom.slice as dicom
        from edge.scan.picture import decode_picture

        asked: list[int] = []
        for module in (decode_picture, geometry, dicom):
            module.check_memory = lambda needed, name, failed=False: asked.append(needed)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
        before = _status("VmRSS")
        outcome = classify_one(classifier, path)
        peak = _status("VmHWM") - before
        os.write(target, f"{peak} {max(asked)} {outcome.error or ''}".encode())
        os._exit(0)
    os.close(target)
    with open(source) as stream:
        peak, asked, problem = stream.read().split(" ", 2)
    os.waitpid(pid, 0)
    return int(peak), int(asked), problem


def _status(key: str) -> int:
    text = Path("/proc/self/status").read_text()
    return int(re.search(rf"{key}:\s*(\d+)", text)[1]) << 10


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--side", type=int, default=4000, help="pixels (default: 4000)")
    side = options.parse_args().side
    warnings.simplefilter("ignore")
    classifier = Classifier()
    print("| file | bytes of the file | at the peak | asked for |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for what, path in files(Path(folder), side):
            peak, asked, problem = measure(classifier, path)
            each = [number / side**2 for number in (path.stat().st_size, peak, asked)]
            cells = " | ".join(f"{number:.1f}" for number in each)
            print(f"| {what} | {cells} |{' LOW' if asked < peak else ''} {problem}".rstrip())


if __name__ == "__main__":
    main()

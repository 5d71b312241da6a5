"""One slice in every encoding: `python -m tests.edge.scan.encodings` writes the table of them.

The table is docs/reference/encodings.md; test_encodings.py holds it to this list.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tests.edge import dicom_files as d
from tests.edge import tiff_files as t
from tests.edge.jpeg_files import extended_jpeg, lossless_jpeg

PAGE = Path(__file__).parents[3] / "docs/reference/encodings.md"
GREY = np.clip(
    np.add.outer(np.arange(48) * 2.0, np.arange(64) * 1.5)
    + 60 * np.hypot(*np.mgrid[-24:24, -32:32]) / 40,
    0,
    255,
)
GREY = np.rint((GREY - GREY.min()) * 255 / np.ptp(GREY)).astype(np.uint8)
DEEP = GREY.astype(np.uint16) * 16
SIGNED = DEEP.astype(np.int16) - 1500


class Encoding(NamedTuple):
    """A way to write the slice."""

    name: str
    write: Callable[[Path], object]
    mean: float = 0.0
    """How far of 255 its pixels may be off on average; 0: all are the same."""
    needs: str = ""
    """Package without which it is refused."""


def _pillow(values: np.ndarray, kind: str, mode: str | None = None, **options):
    def write(path: Path) -> None:
        image = Image.fromarray(values)
        (image.convert(mode) if mode else image).save(path, kind, **options)

    return write


def _palette(kind: str):
    def write(path: Path) -> None:
        image = Image.fromarray(255 - GREY)
        image = image.convert("P")
        image.putpalette([255 - n // 3 for n in range(768)])
        image.save(path, kind)

    return write


def _deep_png(channels: int):
    def write(path: Path) -> None:
        from tests.edge.scan.png_files import deep_png

        layers = [DEEP] * (channels - 1 + channels % 2)
        if channels in (2, 4):
            layers.append(np.full_like(DEEP, 65535))
        path.write_bytes(deep_png(np.dstack(layers)))

    return write


def _tiff(values: np.ndarray, **options):
    return lambda path: t.write_tiff(path, values, **options)


def _turned_tiff(orientation: int):
    back = {6: 8, 8: 6}.get(orientation, orientation)
    stored = np.ascontiguousarray(t.as_upright(DEEP, back))
    return lambda path: t.write_tiff(path, stored, orientation=orientation)


def _stack(path: Path) -> None:
    text = "ImageJ=1.54f\nimages=1\n"
    t.write_tiff(path, DEEP, order=">", description=text)


def _dicom(values: np.ndarray, **options):
    return lambda path: d.write_dicom(path, values, **options)


def _bare(values: np.ndarray, **options):
    def write(path: Path) -> None:
        path.write_bytes(d.data_set_of(d.write_dicom(path, values, **options)))

    return write


def _no_preamble(path: Path) -> None:
    path.write_bytes(d.write_dicom(path, DEEP).read_bytes()[132:])


def _preamble(beginning: bytes):
    def write(path: Path) -> None:
        whole = d.write_dicom(path, DEEP).read_bytes()
        path.write_bytes(beginning.ljust(128, b"\0") + whole[128:])

    return write


def _other_meta(true: str, stated: str):
    def write(path: Path) -> None:
        d.replace_meta_syntax(d.write_dicom(path, DEEP, syntax=true), stated)

    return write


def _group_lengths(path: Path) -> None:
    body = d.data_set_of(d.write_dicom(path, DEEP))
    at = body.index(b"\x28\0\x02\0US")
    first = d.element(8, 0, b"UL", (at).to_bytes(4, "little"))
    second = d.element(0x28, 0, b"UL", bytes(4))
    path.write_bytes(first + body[:at] + second + body[at:])


def _words(path: Path) -> None:
    data = d.mr_image(GREY, syntax=d.BIG)
    data.PixelData = GREY.ravel().view("<u2").byteswap().tobytes()
    data["PixelData"].VR = "OW"
    data.save_as(path, enforce_file_format=True)


def _enhanced(path: Path) -> None:
    from pydicom.dataset import Dataset

    group, measures, change, window = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [1, 1]
    change.RescaleSlope, change.RescaleIntercept = 1, -1000
    window.WindowCenter, window.WindowWidth = 2040.5 - 1000, 4081
    group.PixelMeasuresSequence = [measures]
    group.PixelValueTransformationSequence = [change]
    group.FrameVOILUTSequence = [window]
    d.write_dicom(path, DEEP[None], SharedFunctionalGroupsSequence=[group])


def _floats(path: Path, dtype: str, keyword: str) -> None:
    data = d.mr_image(DEEP, PixelData=None)
    setattr(data, keyword, (GREY / np.dtype(dtype).type(7)).tobytes())
    data.BitsAllocated = 8 * np.dtype(dtype).itemsize
    data.save_as(path, enforce_file_format=True)


def _compressed(values: np.ndarray, syntax: str, **elements):
    def write(path: Path) -> None:
        data = d.mr_image(values, **elements)
        data.compress(syntax)
        data.save_as(path)

    return write


def _encapsulated(values: np.ndarray, syntax: str, kind: str, **options):
    def write(path: Path) -> None:
        stream = io.BytesIO()
        Image.fromarray(values).save(stream, kind, **options)
        d.write_compressed(path, [stream.getvalue()], values, syntax)

    return write


def _ready(stream: Callable[[np.ndarray], bytes], values, syntax: str, **elements):
    return lambda path: d.write_compressed(path, [stream(values)], values, syntax, **elements)


def _trailing(path: Path) -> None:
    _compressed(DEEP, d.RLE)(path)
    padding = d.element(0xFFFC, 0xFFFC, b"OB", bytes(6000))
    path.write_bytes(path.read_bytes() + padding)


_RGB = np.dstack([GREY] * 3)
_ALPHA = np.full_like(GREY, 255)
_LIBJPEG, _JPEG_LS = "pylibjpeg-libjpeg", "pyjpegls"
_RESCALED = {"RescaleSlope": 0.5, "RescaleIntercept": -1024}
_12_BITS = {"BitsStored": 12, "HighBit": 11}

ENCODINGS = (
    Encoding("PNG, grey, 8 bits", _pillow(GREY, "PNG")),
    Encoding("PNG, grey, 16 bits", _pillow(DEEP, "PNG")),
    Encoding("PNG, grey and transparency, 8 bits", _pillow(np.dstack([GREY, _ALPHA]), "PNG")),
    Encoding("PNG, grey and transparency, 16 bits", _deep_png(2)),
    Encoding("PNG, colour, 8 bits", _pillow(_RGB, "PNG")),
    Encoding("PNG, colour, 16 bits", _deep_png(3)),
    Encoding("PNG, colour and transparency, 8 bits", _pillow(np.dstack([_RGB, _ALPHA]), "PNG")),
    Encoding("PNG, colour and transparency, 16 bits", _deep_png(4)),
    Encoding("PNG, palette", _palette("PNG")),
    Encoding("JPEG, grey", _pillow(GREY, "JPEG", quality=95), 1.0),
    Encoding("JPEG, colour", _pillow(_RGB, "JPEG", quality=95), 1.0),
    Encoding("JPEG, progressive", _pillow(GREY, "JPEG", quality=95, progressive=True), 1.0),
    Encoding("JPEG, extended sequential", lambda p: p.write_bytes(extended_jpeg(GREY, 8)), 1.0),
    Encoding("BMP, grey palette", _pillow(GREY, "BMP")),
    Encoding("BMP, 24 bits", _pillow(_RGB, "BMP")),
    Encoding("GIF", _pillow(GREY, "GIF")),
    Encoding("WebP, lossless", _pillow(_RGB, "WEBP", lossless=True)),
    Encoding("WebP, lossy", _pillow(_RGB, "WEBP", quality=95), 2.0),
    *(
        Encoding(
            f"{'BigTIFF' if big else 'TIFF'}, {np.dtype(values.dtype).name}, "
            f"{'big' if order == '>' else 'little'}-endian, {how}",
            _tiff(values, order=order, compression=compression, big=big),
        )
        for big in (False, True)
        for values in (GREY, DEEP, SIGNED, DEEP.astype(np.int32), GREY / np.float32(7))
        for order in "<>"
        for how, compression in (("uncompressed", t.NONE), ("LZW", t.LZW), ("Deflate", t.DEFLATE))
        if not big or (values.dtype == np.uint16 and compression != t.LZW)
    ),
    Encoding("TIFF, PackBits", _tiff(GREY, compression=t.PACKBITS)),
    Encoding("TIFF, in several strips", _tiff(DEEP, strips=5)),
    Encoding("TIFF, white is zero, 8 bits", _tiff(255 - GREY, photometric=0)),
    Encoding("TIFF, white is zero, 16 bits", _tiff(4080 - DEEP, photometric=0)),
    Encoding("TIFF, colour", _tiff(_RGB, photometric=2)),
    Encoding("TIFF, JPEG inside", _pillow(GREY, "TIFF", compression="jpeg", quality=95), 1.0),
    *(Encoding(f"TIFF, orientation {n}", _turned_tiff(n)) for n in range(2, 9)),
    Encoding("TIFF, as ImageJ writes one slice", _stack),
    *(
        Encoding(f"DICOM, {bits}, {how}", _dicom(values, syntax=syntax))
        for how, syntax in (
            ("explicit VR", d.EXPLICIT),
            ("implicit VR", d.IMPLICIT),
            ("big-endian", d.BIG),
        )
        for bits, values in (
            ("8 bits", GREY),
            ("16 bits", DEEP),
            ("16 bits signed", SIGNED),
            ("32 bits", DEEP.astype(np.uint32)),
        )
    ),
    Encoding("DICOM, 8 bits in big-endian words", _words),
    Encoding("DICOM, 12 of 16 bits", _dicom(DEEP, **_12_BITS)),
    Encoding("DICOM, 12 of 16 bits, an overlay above", _dicom(DEEP | 0xF000, **_12_BITS)),
    Encoding(
        "DICOM, the upper 12 of 16 bits, an overlay below",
        _dicom(DEEP << 4 | 5, BitsStored=12, HighBit=15),
    ),
    Encoding("DICOM, floats", lambda path: _floats(path, "<f4", "FloatPixelData")),
    Encoding("DICOM, doubles", lambda path: _floats(path, "<f8", "DoubleFloatPixelData")),
    Encoding("DICOM, MONOCHROME1", _dicom(4080 - DEEP, PhotometricInterpretation="MONOCHROME1")),
    Encoding("DICOM, rescaled", _dicom(DEEP, **_RESCALED)),
    Encoding("DICOM, with a window", _dicom(DEEP, WindowCenter="2040.5", WindowWidth="4081")),
    Encoding(
        "DICOM, rescaled, with a window",
        _dicom(DEEP, **_RESCALED, WindowCenter="-3.5", WindowWidth="2041"),
    ),
    Encoding(
        "DICOM, with a window, LINEAR_EXACT",
        _dicom(DEEP, WindowCenter="2040", WindowWidth="4080", VOILUTFunction="LINEAR_EXACT"),
    ),
    Encoding(
        "DICOM, with a VOI table",
        lambda path: d.write_dicom(path, GREY, VOILUTSequence=[d.lut(range(256), 0, 8)]),
    ),
    Encoding(
        "DICOM, with a modality table",
        lambda path: d.write_dicom(
            path, 255 - GREY, ModalityLUTSequence=[d.lut(range(2550, -10, -10), 0, 16)]
        ),
    ),
    Encoding("DICOM, without the preamble", _no_preamble),
    Encoding("DICOM, without a meta header, explicit VR", _bare(DEEP)),
    Encoding("DICOM, without a meta header, implicit VR", _bare(DEEP, syntax=d.IMPLICIT)),
    Encoding("DICOM, without a meta header, big-endian", _bare(DEEP, syntax=d.BIG)),
    Encoding("DICOM, without a meta header, with group lengths", _group_lengths),
    Encoding("DICOM, a preamble that begins like a TIFF", _preamble(b"II*\0\xe8\5\0\0")),
    Encoding("DICOM, a preamble that begins like a PNG", _preamble(b"\x89PNG\r\n\x1a\n")),
    Encoding("DICOM, a preamble of text", _preamble(b"BMP export of the scanner")),
    Encoding(
        "DICOM, explicit VR behind a header that says implicit",
        _other_meta(d.EXPLICIT, d.IMPLICIT),
    ),
    Encoding(
        "DICOM, implicit VR behind a header that says explicit",
        _other_meta(d.IMPLICIT, d.EXPLICIT),
    ),
    Encoding("DICOM, 8 bits, deflated", _dicom(GREY, syntax=d.DEFLATED)),
    Encoding("DICOM, 16 bits, deflated", _dicom(DEEP, syntax=d.DEFLATED)),
    Encoding("DICOM, enhanced", _enhanced),
    Encoding("DICOM, RLE, 8 bits", _compressed(GREY, d.RLE)),
    Encoding("DICOM, RLE, 16 bits", _compressed(DEEP, d.RLE)),
    Encoding("DICOM, RLE, padding at the end of the file", _trailing),
    Encoding("DICOM, JPEG", _encapsulated(GREY, d.JPEG, "JPEG", quality=95), 1.0),
    Encoding(
        "DICOM, JPEG Extended, 12 bits",
        _ready(extended_jpeg, DEEP, d.JPEG_EXTENDED, **_12_BITS),
        1.0,
        _LIBJPEG,
    ),
    Encoding(
        "DICOM, JPEG Lossless, 16 bits",
        _ready(lossless_jpeg, DEEP, d.JPEG_LOSSLESS),
        needs=_LIBJPEG,
    ),
    Encoding("DICOM, JPEG-LS, 16 bits", _compressed(DEEP, d.JPEG_LS), needs=_JPEG_LS),
    Encoding(
        "DICOM, JPEG 2000 Lossless, 16 bits",
        _encapsulated(DEEP, d.JPEG_2000_LOSSLESS, "JPEG2000", no_jp2=True, irreversible=False),
    ),
    Encoding(
        "DICOM, JPEG 2000, 8 bits",
        _encapsulated(GREY, d.JPEG_2000, "JPEG2000", no_jp2=True, irreversible=True),
        1.0,
    ),
)

_HEAD = """# Encodings

One slice (a generated one, 64 x 48 pixels), written in each of these {count} ways, becomes the same
pixels: "the same" where the encoding loses nothing, else to the stated mean difference, of 255.
`tests/edge/scan/test_encodings.py` tries each as a file, as bytes, as a file object and, if it is
DICOM, as a pydicom Dataset.

Research software, not a medical device: not for diagnosis or treatment.

| Encoding | Its pixels | Package it needs |
|---|---|---|
"""


def page() -> str:
    """The table, as Markdown."""
    rows = []
    for one in ENCODINGS:
        pixels = f"to {one.mean:g} on average" if one.mean else "the same"
        package = one.needs or ("pydicom" if one.name.startswith("DICOM") else "")
        rows.append(f"| {one.name} | {pixels} | {f'`{package}`' if package else ''} |\n")
    return _HEAD.format(count=len(ENCODINGS)) + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page())

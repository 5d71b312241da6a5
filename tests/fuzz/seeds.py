"""Whole files to mutate: images in every format, DICOM files, model files."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from tests.edge.dicom_files import (
    BIG,
    DEFLATED,
    IMPLICIT,
    JPEG,
    JPEG_2000_LOSSLESS,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LS,
    RLE,
    lut,
    write_compressed,
    write_dicom,
)
from tests.edge.jpeg_files import extended_jpeg, lossless_jpeg
from tests.edge.tiff_files import LZW, write_tiff

MODELS = Path(__file__).parents[1] / "edge" / "models"
GREY = np.add.outer(np.arange(40) * 4, np.arange(48) * 2).astype(np.uint8)
RGB = np.dstack([GREY, GREY[::-1], 255 - GREY])


def images() -> dict[str, bytes]:
    """Name and content; 1 to 8 kB each, so that a mutation is likely to hit something."""
    grey, rgb = Image.fromarray(GREY), Image.fromarray(RGB)
    exif = Image.Exif()
    exif[274] = 6
    many = {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}
    return {
        "grey.png": _saved(grey, "PNG"),
        "rgb.png": _saved(rgb, "PNG", exif=exif),
        "palette.png": _saved(rgb.quantize(9), "PNG", transparency=1),
        "deep.png": _saved(Image.fromarray(GREY.astype(np.uint16) * 99), "PNG"),
        "grey.jpg": _saved(grey, "JPEG"),
        "rgb.jpg": _saved(rgb, "JPEG", exif=exif, restart_marker_blocks=4),
        "progressive.jpg": _saved(rgb, "JPEG", progressive=True),
        "cmyk.jpg": _saved(rgb.convert("CMYK"), "JPEG"),
        "rgb.bmp": _saved(rgb, "BMP"),
        "palette.bmp": _saved(rgb.quantize(9), "BMP"),
        "grey.gif": _saved(grey, "GIF"),
        "many.gif": _saved(rgb, "GIF", **many),
        "grey.tif": _saved(grey, "TIFF"),
        "deflate.tif": _saved(rgb, "TIFF", compression="tiff_adobe_deflate"),
        "lzw.tif": _saved(rgb, "TIFF", compression="tiff_lzw"),
        "jpeg.tif": _saved(rgb, "TIFF", compression="jpeg"),
        "many.tif": _saved(rgb, "TIFF", **many),
        "float.tif": _saved(Image.fromarray(GREY / np.float32(7)), "TIFF"),
        "lossy.webp": _saved(rgb, "WEBP"),
        "lossless.webp": _saved(rgb, "WEBP", lossless=True),
        "many.webp": _saved(rgb, "WEBP", **many),
        "many.mpo": _saved(rgb, "MPO", **many),
    }


def dicoms(folder: Path) -> dict[str, bytes]:
    """Name and content; `folder` is for files in between."""
    return {
        name: data for files in dicoms_by_syntax(folder).values() for name, data in files.items()
    }


def dicoms_by_syntax(folder: Path) -> dict[str, dict[str, bytes]]:
    """The same by how the pixels are stored. Of syntaxes whose writer is not installed, none."""
    path, deep = folder / "seed.dcm", GREY.astype(np.uint16) * 9
    window = {"WindowCenter": 300, "WindowWidth": 500, "RescaleSlope": 2, "RescaleIntercept": 1}
    spaced = {"PixelSpacing": [4.9, 1], "PixelPaddingValue": 0, "BitsStored": 12, "HighBit": 15}
    native = write_dicom(path, deep, **window).read_bytes()
    uncompressed = {
        "native.dcm": native,
        "many.dcm": write_dicom(path, np.stack([GREY, GREY])).read_bytes(),
        "spaced.dcm": write_dicom(path, deep << 4, **spaced).read_bytes(),
        "table.dcm": write_dicom(
            path, GREY, VOILUTSequence=[lut(range(256), -100 % 65536, 12)]
        ).read_bytes(),
        "tiff-like.dcm": b"II*\0\x08\0\0\0".ljust(128, b"\0") + native[128:],
    }
    others = {
        "implicit": write_dicom(path, deep, syntax=IMPLICIT).read_bytes(),
        "big": write_dicom(path, GREY[:, :-1], syntax=BIG).read_bytes(),
        "deflated": write_dicom(path, deep, syntax=DEFLATED).read_bytes(),
        **_compressed(path, deep),
    }
    return {
        "uncompressed": uncompressed,
        **{kind: {f"{kind}.dcm": data} for kind, data in others.items()},
    }


def _compressed(path: Path, deep: np.ndarray) -> dict[str, bytes]:
    """One file a compressed syntax, by the syntax's name."""
    import pydicom

    data = pydicom.dcmread(write_dicom(path, deep))
    data.compress(RLE)
    data.save_as(path)
    found = {"rle": path.read_bytes()}
    twelve = GREY[:40, :48].astype(np.uint16) * 16
    stored = {"BitsStored": 12, "HighBit": 11}
    streams = {
        "jpeg": (_saved(Image.fromarray(GREY), "JPEG"), GREY, JPEG, {}),
        "jpeg-12": (extended_jpeg(twelve), twelve, JPEG_EXTENDED, stored),
        "jpeg-lossless": (lossless_jpeg(deep), deep, JPEG_LOSSLESS, {}),
        "jpeg2000": (
            _saved(Image.fromarray(GREY), "JPEG2000", no_jp2=True),
            GREY,
            JPEG_2000_LOSSLESS,
            {},
        ),
    }
    for kind, (stream, like, syntax, elements) in streams.items():
        found[kind] = write_compressed(path, [stream], like, syntax, **elements).read_bytes()
    try:
        import jpeg_ls
    except ImportError:
        return found
    stream = bytes(jpeg_ls.encode_array(deep))
    return found | {"jpeg-ls": write_compressed(path, [stream], deep, JPEG_LS).read_bytes()}


def tiffs(folder: Path) -> dict[str, bytes]:
    """TIFF files of kinds that Pillow does not write."""
    path, text = folder / "seed.tif", "ImageJ=1.54f\nimages=3\n"
    deep = GREY.astype(np.uint16) * 9
    stack = {"description": text, "tail": deep.tobytes() * 2, "strips": 3}
    return {
        "stack.tif": write_tiff(path, deep, **stack).read_bytes(),
        "big.tif": write_tiff(path, deep, big=True, order=">", compression=LZW).read_bytes(),
        "uint32.tif": write_tiff(path, GREY.astype(np.uint32), order=">").read_bytes(),
        "tall.tif": write_tiff(path, GREY, resolution=((49, 10), (1, 1), 2)).read_bytes(),
        "turned.tif": write_tiff(path, deep, orientation=6, order=">").read_bytes(),
    }


def models() -> dict[str, bytes]:
    """Name and content."""
    files = (path for path in sorted(MODELS.iterdir()) if path.is_file())
    return {path.name: path.read_bytes() for path in files}


def _saved(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()

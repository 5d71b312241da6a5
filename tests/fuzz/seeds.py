"""Whole files to mutate: images in every format, DICOM files, model files."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from tests.edge.dicom_files import lut, write_dicom
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
    }


def dicoms(folder: Path) -> dict[str, bytes]:
    """Name and content; `folder` is for files in between."""
    import pydicom
    from pydicom.encaps import encapsulate

    path, deep = folder / "seed.dcm", GREY.astype(np.uint16) * 9
    window = {"WindowCenter": 300, "WindowWidth": 500, "RescaleSlope": 2, "RescaleIntercept": 1}
    found = {
        "native.dcm": write_dicom(path, deep, **window).read_bytes(),
        "implicit.dcm": write_dicom(path, deep, syntax="1.2.840.10008.1.2").read_bytes(),
        "many.dcm": write_dicom(path, np.stack([GREY, GREY])).read_bytes(),
    }
    data = pydicom.dcmread(write_dicom(path, deep))
    data.compress("1.2.840.10008.1.2.5")
    data.save_as(path)
    found["rle.dcm"] = path.read_bytes()
    for kind, syntax in (
        ("JPEG", "1.2.840.10008.1.2.4.50"),
        ("JPEG2000", "1.2.840.10008.1.2.4.90"),
    ):
        data = pydicom.dcmread(write_dicom(path, GREY))
        options = {"no_jp2": True} if kind == "JPEG2000" else {}
        data.PixelData = encapsulate([_saved(Image.fromarray(GREY), kind, **options)])
        data["PixelData"].is_undefined_length = True
        data.file_meta.TransferSyntaxUID = syntax
        data.save_as(path)
        found[f"{kind.lower()}.dcm"] = path.read_bytes()
    spaced = {"PixelSpacing": [4.9, 1], "PixelPaddingValue": 0, "BitsStored": 12, "HighBit": 15}
    found["spaced.dcm"] = write_dicom(path, deep << 4, **spaced).read_bytes()
    table = lut(range(256), -100 % 65536, 12)
    found["table.dcm"] = write_dicom(path, GREY, VOILUTSequence=[table]).read_bytes()
    words = write_dicom(path, GREY[:, :-1], syntax="1.2.840.10008.1.2.2")
    found["big.dcm"] = words.read_bytes()
    found["tiff-like.dcm"] = b"II*\0\x08\0\0\0".ljust(128, b"\0") + found["native.dcm"][128:]
    return found


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
    return {path.name: path.read_bytes() for path in sorted(MODELS.iterdir())}


def _saved(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()

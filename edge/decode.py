"""From a scan file, whatever its pixel format, to an 8-bit grey or RGB image.

Training, calibration, benchmarks and the device all decode through this module, so a scan has the
same pixels everywhere.
"""

import os
from importlib import import_module

import numpy as np
from PIL import Image

from edge.errors import ImageError

MAX_PIXELS = 64_000_000
"""Largest accepted width x height. Checked on the header, before memory is spent: 64 megapixels
are twice the largest clinical radiograph and, as RGB, 192 MB."""

# A file is known by its first bytes, never by its name. Plug-ins are named one by one because
# Image.open() would import five of them for any file, and all forty for a TIFF or a WebP.
_FORMATS = (
    ("PNG", ((0, b"\x89PNG\r\n\x1a\n"),), "PngImagePlugin", "PngImageFile"),
    ("JPEG", ((0, b"\xff\xd8\xff"),), "JpegImagePlugin", "JpegImageFile"),
    ("BMP", ((0, b"BM"),), "BmpImagePlugin", "BmpImageFile"),
    ("GIF", ((0, b"GIF8"),), "GifImagePlugin", "GifImageFile"),
    ("TIFF", ((0, b"II*\0"),), "TiffImagePlugin", "TiffImageFile"),
    ("TIFF", ((0, b"MM\0*"),), "TiffImagePlugin", "TiffImageFile"),
    ("WebP", ((0, b"RIFF"), (8, b"WEBP")), "WebPImagePlugin", "WebPImageFile"),
)
FORMATS = tuple(dict.fromkeys(name for name, *_ in _FORMATS))
_HEAD = 16

# The last thing in a whole file. Pillow takes a file whose pixels end early by a few bytes; we do
# not. Cameras append a little of their own, hence not the very last bytes.
_END_MARKS = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9"}
_TAIL = 4096

_ORIENTATION_TAG = 274  # EXIF 2.32, table 4


def sniff(head: bytes) -> str | None:
    """Name of the image format that a file starting with `head` (16 bytes) has, or None."""
    found = _lookup(head)
    return found[0] if found else None


def is_image_file(path: str | os.PathLike) -> bool:
    """Whether the first bytes of a regular file are those of a supported image format."""
    try:
        with open(path, "rb") as file:
            return _lookup(file.read(_HEAD)) is not None
    except OSError:
        return False


def decode(path: str | os.PathLike, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read one scan whole.

    Returns an image of mode "L" or "RGB" (uint8), EXIF orientation applied, transparency laid over
    black (the background of a scan), 16-bit and float pixels scaled from their own minimum and
    maximum to 0..255.

    Raises:
        ImageError: not a regular file, empty, no supported format, truncated or corrupt, more
            than one frame, or more than `max_pixels` pixels.
    """
    name = os.fspath(path)
    if os.path.isdir(name):
        raise ImageError(f"{name}: is a folder, not an image file")
    if os.path.exists(name) and not os.path.isfile(name):
        raise ImageError(f"{name}: is not a regular file")
    try:
        with open(name, "rb") as file:
            return _decode_open(file, name, max_pixels)
    except OSError as error:
        raise ImageError(f"{name}: cannot be read ({error.strerror or error})") from error


def from_array(pixels: np.ndarray) -> Image.Image:
    """An image from an array [H, W], [H, W, 1] or [H, W, 3].

    uint8 is taken as it is; any other real dtype is scaled from its own minimum and maximum to
    0..255.

    Raises:
        ImageError: another shape, no pixels, or values that are not finite numbers.
    """
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)) or not pixels.size:
        raise ImageError(
            f"array: shape {pixels.shape} is not an image; give [H, W], [H, W, 1] or [H, W, 3]"
        )
    if pixels.dtype != np.uint8:
        pixels = _to_8bit(pixels, "array")
    return Image.fromarray(np.ascontiguousarray(pixels))


def _lookup(head: bytes):
    for name, marks, module, cls in _FORMATS:
        if all(head[at : at + len(mark)] == mark for at, mark in marks):
            return name, module, cls
    return None


def _decode_open(file, name: str, max_pixels: int) -> Image.Image:
    head = file.read(_HEAD)
    if not head:
        raise ImageError(f"{name}: is empty (0 bytes)")
    found = _lookup(head)
    if found is None:
        raise ImageError(
            f"{name}: is not an image of a supported format; give {', '.join(FORMATS)}"
        )
    kind, module, cls = found
    if not _has_end(file, kind):
        raise ImageError(f"{name}: is truncated (its end is missing); copy it again")
    file.seek(0)
    # Pillow's decoders raise a dozen exception types on damaged bytes, RuntimeError and
    # SyntaxError among them. Whatever they raise, it means that this file cannot be read.
    try:
        image = getattr(import_module(f"PIL.{module}"), cls)(file, name)
        width, height = image.size
    except Exception as error:
        raise ImageError(f"{name}: is damaged or not a {kind} file ({_reason(error)})") from error
    if width * height > max_pixels:
        raise ImageError(
            f"{name}: {width}x{height} pixels is more than the limit of {max_pixels}; "
            "scale the image down or raise --max-pixels"
        )
    try:
        frames = getattr(image, "n_frames", 1)
        if frames == 1:
            image.load()
            return _upright(_to_l_or_rgb(image, name), _orientation(image))
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(f"{name}: is truncated or damaged ({_reason(error)})") from error
    raise ImageError(f"{name}: holds {frames} frames; give a file with one slice")


def _has_end(file, kind: str) -> bool:
    mark = _END_MARKS.get(kind, b"")
    size = os.fstat(file.fileno()).st_size
    file.seek(max(0, size - _TAIL))
    return mark in file.read(_TAIL)


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _to_l_or_rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_to_8bit(np.asarray(image), name))
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        black = Image.new("RGBA", layer.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, layer)
    return image.convert(mode)


def _orientation(image: Image.Image) -> int:
    # Reading EXIF imports Pillow's TIFF code: only for files that carry any.
    if "exif" in image.info or image.format == "TIFF":
        return image.getexif().get(_ORIENTATION_TAG, 1)
    return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return image if turn is None else image.transpose(turn)


def _to_8bit(values: np.ndarray, name: str) -> np.ndarray:
    """Scale to uint8 by the array's own range; a constant array becomes 0."""
    if values.dtype.kind not in "buif":
        raise ImageError(f"{name}: pixels of type {values.dtype} are not numbers")
    values = values.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        raise ImageError(f"{name}: holds pixels that are not finite numbers")
    if high == low:
        return np.zeros(values.shape, np.uint8)
    return np.rint((values - low) * (255.0 / (high - low))).astype(np.uint8)

"""A picture that is no DICOM, from its file to an 8-bit grey or RGB image."""

import io
import os
from functools import cache
from importlib import import_module
from typing import BinaryIO

from PIL import Image

from edge.errors import ImageError
from edge.scan.file_format import HEAD
from edge.scan.geometry import even_pixels
from edge.scan.max_pixels import check_size, max_file_bytes
from edge.scan.memory_price import (
    check_memory,
    file_price,
    picture_price,
    ran_out,
    webp_price,
)
from edge.scan.picture.frames import go_to_frame
from edge.scan.picture.integrity import (
    DAMAGED,
    DamagedError,
    JpegLayout,
    UnsupportedError,
    check_png,
    jpeg_layout,
    webp_size,
)
from edge.scan.picture.presentation import orientation_of, stated_ratio, to_l_or_rgb, upright

_READ_WHOLE = ("PNG", "JPEG", "WebP")
_SCALES = 8, 4, 2
_NARROWEST = 64
"""Pixels of the shorter side that are left when a picture is decoded smaller."""
_GIF_END = b"\0;"  # an empty block and the trailer
_TAIL = 4096  # some programs append a little of their own
_OUT_OF_MEMORY = "out of memory"  # Pillow's own words, in a bare OSError


def decode_picture(
    file,
    name: str,
    head: bytes,
    found: tuple[str, str, str],
    max_pixels: int,
    frame: int | None,
    remarks: list[str],
    enough: int | None = None,
) -> tuple[Image.Image, str, tuple[int, int], int]:
    """Read one picture, or one frame of several.

    Returns:
        An image of mode "L" or "RGB", upright, with square pixels; how it is stored, in Pillow's
        words; its width and height there; and how many times smaller than that it was decoded.

    Args:
        file: opened for reading bytes.
        head: its first `edge.scan.file_format.HEAD` bytes.
        found: what `edge.scan.file_format.picture_format` makes of these.
        frame: from 1; None: the file must have one frame only.
        remarks: what the user should know is appended.
        enough: as `edge.scan.decode.read_scan` takes it.

    Raises:
        ImageError: as `edge.scan.decode.read_scan`.
    """
    kind, module, cls = found
    try:
        stream, layout = _checked(file, kind, head, name, max_pixels)
    except DamagedError as error:
        raise ImageError(f"{name}: {error}{DAMAGED}") from None
    except UnsupportedError as error:
        raise ImageError(f"{name}: {error}") from None
    price = webp_price(webp_size(head), head, 0) if kind == "WebP" else 0
    # Pillow's decoders raise a dozen exception types on damaged bytes, RuntimeError and
    # SyntaxError among them. Whatever they raise, it means that this file cannot be read.
    try:
        if kind == "TIFF":
            from edge.scan.picture.tiff import TiffFile

            image = TiffFile(stream)
        else:
            image = _plugin(module, cls)(stream, name)
        check_size(image.size, name, max_pixels)
        held = file.seek(0, os.SEEK_END) if kind in _READ_WHOLE else 0
        layered = kind == "GIF" and (frame or 1) > 1
        again = layout is not None and layout.decodes_twice
        if kind != "WebP":  # whose price was known before it was opened
            price = picture_price(image, kind, head, held, layered, again)
            check_memory(price, name)
        if kind == "JPEG" and "mp" in image.info:
            from edge.scan.picture.mpo import other_frame

            if other := other_frame(image, stream.getvalue(), name, frame, remarks):
                file, head = io.BytesIO(other), other[:HEAD]
                return decode_picture(file, name, head, found, max_pixels, 1, remarks, enough)
        else:
            go_to_frame(image, kind, name, frame, max_pixels)
        if kind == "TIFF" and frame:  # pages are of any size and kind
            price = picture_price(image, kind, head, held)
            check_memory(price, name)
        ratio, orientation = stated_ratio(image, kind, head), orientation_of(image, kind)
        mode, size, scale = image.mode, image.size, 1
        if (
            kind == "PNG"
            and head[24] == 16
            and (deep := _deep_png(image, stream, head, name, remarks))
        ):
            whole = deep
        else:
            if kind == "TIFF":
                _prepare_tiff(image, name)
            if layout:
                if enough and not again:
                    scale = _made_smaller(image, enough)
                _load_jpeg(image, stream.getvalue(), layout)
            else:
                image.load()
            if kind == "WebP":
                _look_again(image, stream)
            elif kind == "TIFF":
                from edge.scan.picture.tiff_strips import check_strips

                check_strips(image)
            whole = to_l_or_rgb(image, name, remarks)
        if ratio is None:
            remarks.append("the sides that it states for its pixels mean nothing and are ignored")
        elif ratio != 1.0:
            whole = even_pixels(whole, ratio, name, max_pixels, remarks)
        whole.info = {}  # comments, profiles, EXIF: pixels are all that goes on
        return upright(whole, orientation), mode, size, scale
    except ImageError:
        raise
    except DamagedError as error:
        raise ImageError(f"{name}: {error}{DAMAGED}") from None
    except UnsupportedError as error:
        raise ImageError(f"{name}: {error}") from None
    except MemoryError:
        raise ran_out(name) from None
    except Exception as error:
        if str(error).startswith(_OUT_OF_MEMORY):
            raise ran_out(name) from None
        check_memory(price, name, failed=True)
        if kind == "TIFF" and str(error) == "unknown pixel mode":
            raise ImageError(
                f"{name}: is a TIFF with pixels of a kind that cannot be read; "
                "save it in grey, with 8 or 16 bits, or as PNG"
            ) from error
        raise ImageError(f"{name}: is truncated or damaged ({_reason(error)}){DAMAGED}") from error


@cache
def _plugin(module: str, cls: str):
    return getattr(import_module(f"PIL.{module}"), cls)


def _made_smaller(image, enough: int) -> int:
    """Have a JPEG picture decoded at 1/2, 1/4 or 1/8, as far as its longer side allows it."""
    width, height = image.size
    for scale in _SCALES:
        if max(width, height) >= scale * enough and min(width, height) >= scale * _NARROWEST:
            image.draft(None, (width // scale, height // scale))
            return scale
    return 1


def _load_jpeg(image, data: bytes, layout: JpegLayout) -> None:
    if stream := layout.stream(data):
        stream.load(image)
    else:
        from edge.scan.picture.watched_jpeg import load_watched

        load_watched(image, data, layout)


def _look_again(image, stream: BinaryIO) -> None:
    from edge.scan.picture.redecode import check_webp

    stream.seek(0)
    check_webp(stream.read(), image)


def _deep_png(image, stream, head: bytes, name: str, remarks: list[str]) -> Image.Image | None:
    from edge.scan.picture.bit_depth import DEEP_PNG, deep_png

    mode = DEEP_PNG.get(head[25])
    return deep_png(image, stream, name, mode, remarks) if mode else None


def _prepare_tiff(image, name: str) -> None:
    from edge.scan.picture.bit_depth import check_tiff

    check_tiff(image, name)
    image.mend_byte_order()


def _checked(file, kind: str, head: bytes, name: str, max_pixels: int):
    """The stream to open, what Pillow does not check being checked, and the layout of a JPEG file.

    To open an image Pillow reads a few bytes at a time, which in Python costs as much as decoding.
    """
    size = file.seek(0, os.SEEK_END)
    if kind in _READ_WHOLE:
        if size > max_file_bytes(max_pixels):
            raise ImageError(f"{name}: its {size} bytes are more than an image of the limit needs")
        if kind == "WebP":
            check_size(webp_size(head), name, max_pixels)
            check_memory(webp_price(webp_size(head), head, size), name)
        else:
            check_memory(file_price(size), name)
            file.seek(0)
            data = file.read(size)
            if kind == "JPEG":
                return io.BytesIO(data), jpeg_layout(data)
            sides = (int.from_bytes(head[i : i + 4], "big") for i in (16, 20))
            check_size(tuple(sides), name, max_pixels)
            check_png(data)
            return io.BytesIO(data), None
    if kind == "GIF":
        file.seek(max(0, size - _TAIL))
        if _GIF_END not in file.read(_TAIL):
            raise DamagedError("is truncated (its end is missing)")
    file.seek(0)
    return file, None


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__

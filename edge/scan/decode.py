"""From a scan file, whatever its pixel format, to an 8-bit grey or RGB image.

Training, calibration, benchmarks and the device all decode through this module, so a scan has the
same pixels everywhere.
"""

import io
import os
import warnings
from importlib import import_module
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from edge.errors import ImageError, ShortOfMemoryError
from edge.scan.file_format import (
    FORMATS,
    HEAD,
    NotRegularError,
    find_format,
    open_regular,
    picture_format,
)
from edge.scan.geometry import even_pixels, ratio_of
from edge.scan.integrity import (
    DamagedError,
    UnsupportedError,
    check_png,
    jpeg_stream,
    webp_size,
)
from edge.scan.max_pixels import MAX_PIXELS, check_size
from edge.scan.memory_price import check_memory, file_price, picture_price, webp_price

_READ_WHOLE = ("PNG", "JPEG", "WebP")
_GIF_END = b"\0;"  # an empty block and the trailer
_TAIL = 4096  # some programs append a little of their own
_MAX_FRAMES = 1000  # that are counted, for a message
_ORIENTATION_TAG = 274  # EXIF 2.32, table 4
_GIF_ASPECT = 12  # position of the byte; GIF89a, 18
_OUT_OF_MEMORY = "out of memory"  # Pillow's own words, in a bare OSError
DAMAGED = "; copy it again"
"""Ends the message of every file that is not whole."""


class Stored(NamedTuple):
    """How a picture lies in its file, before anything is done to it."""

    format: str
    """As `edge.scan.file_format.FORMATS` names it."""
    mode: str
    """Pillow's: "L", "RGB", "P", "I;16", ...; of DICOM that of one value."""
    width: int
    height: int


class DecodedScan(NamedTuple):
    """A scan as an image, and what the user should know of how it became one."""

    image: Image.Image
    """Mode "L" or "RGB", uint8, upright, with square pixels."""
    remarks: tuple[str, ...]
    stored: Stored | None
    """None: it came from no file."""


def decode(
    scan: str | os.PathLike | bytes | BinaryIO | object,
    max_pixels: int = MAX_PIXELS,
    frame: int | None = None,
) -> Image.Image:
    """`read_scan`, without the remarks."""
    return read_scan(scan, max_pixels, frame).image


def read_scan(
    scan: str | os.PathLike | bytes | BinaryIO | object,
    max_pixels: int = MAX_PIXELS,
    frame: int | None = None,
) -> DecodedScan:
    """Read one scan whole.

    The image is turned upright by its EXIF orientation, transparency is laid over black (the
    background of a scan), pixels of more than 8 bits are scaled from a robust range of the image's
    own values to 0..255, pixels that the file says are not square are evened; DICOM as
    `edge.scan.dicom.slice.decode_dicom` says.

    Args:
        scan: a file's name, its bytes, a binary file object that can be sought in, or a pydicom
            Dataset.
        max_pixels: largest width x height, checked before memory is spent on pixels.
        frame: which one of a file with several frames or pages, from 1. None: the file must have
            one only. As in a browser, frames of an animation are complete pictures.

    Raises:
        ImageError: not a regular file, empty, no supported format, truncated or corrupt, more
            than one frame, no such frame, or more than `max_pixels` pixels.
        RejectedError: (an ImageError) a DICOM file whose modality is not MR.
    """
    if not isinstance(scan, (str, os.PathLike)):
        file, name = _opened(scan)
        _check_frame(name, frame)
        try:
            return _decode_open(file, name, max_pixels, frame)
        except (OSError, ValueError) as error:  # closed, not for reading, or no seeking in it
            raise ImageError(f"{name}: cannot be read ({error})") from error
    name = os.fsdecode(scan)
    _check_frame(name, frame)
    try:
        with open_regular(name) as file:
            return _decode_open(file, name, max_pixels, frame)
    except NotRegularError as error:
        if os.path.isdir(name):
            raise ImageError(f"{name}: is a folder, not an image file") from None
        raise ImageError(str(error)) from None
    except OSError as error:
        raise ImageError(f"{name}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # as of a NUL in it
        hint = "; a list of names that end in NUL needs --null" if "\0" in name else ""
        raise ImageError(f"{name!r}: is no name that a file can have ({error}){hint}") from error


def from_array(pixels: np.ndarray, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """An image from an array [H, W], [H, W, 1] or [H, W, 3].

    uint8 is taken as it is; any other real dtype is scaled from a robust range of its own values
    (`edge.scan.bit_depth.robust_range`) to 0..255. An array knows nothing of the file that it came
    from: a DICOM file's `pixel_array` has lost its window, its modality, the shape of its pixels
    and whether it is to be inverted. Give the file, its bytes or the Dataset instead.

    Raises:
        ImageError: another shape, no pixels or more than `max_pixels`, values that are masked or
            no finite numbers.
    """
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)) or not pixels.size:
        raise ImageError(
            f"array: shape {pixels.shape} is not an image; give [H, W], [H, W, 1] or [H, W, 3]"
        )
    check_size(pixels.shape[1::-1], "array", max_pixels)
    if np.ma.is_masked(pixels):
        raise ImageError("array: some of its values are masked; fill them")
    if pixels.dtype != np.uint8:
        from edge.scan.bit_depth import robust_8bit

        pixels = robust_8bit(pixels, "array", [])
    return Image.fromarray(np.ascontiguousarray(pixels))


def _check_frame(name: str, frame: int | None) -> None:
    if frame is not None and frame < 1:
        raise ImageError(f"{name}: has no frame {frame}, the first is 1")


def _opened(scan: object) -> tuple[BinaryIO, str]:
    """A stream of what is no file name, and a name for messages."""
    if isinstance(scan, bytes | bytearray | memoryview):
        return io.BytesIO(scan), "bytes"
    if hasattr(scan, "file_meta") or hasattr(scan, "to_json_dict"):
        from edge.scan.dicom.dataset import as_file

        return as_file(scan), "dataset"
    if hasattr(scan, "read") and hasattr(scan, "seek"):
        name = getattr(scan, "name", None)
        return scan, name if isinstance(name, str) else "file object"
    raise ImageError(
        f"{type(scan).__name__}: is no scan; give a file's name, its bytes, a binary file object, "
        "a pydicom Dataset or a NumPy array"
    )


def _decode_open(file, name: str, max_pixels: int, frame: int | None) -> DecodedScan:
    remarks: list[str] = []
    image, stored = _decode_stream(file, name, max_pixels, frame, remarks)
    return DecodedScan(image, tuple(dict.fromkeys(remarks)) if remarks else (), stored)


def _decode_stream(
    file, name: str, max_pixels: int, frame: int | None, remarks: list[str]
) -> tuple[Image.Image, Stored]:
    file.seek(0)
    head = file.read(HEAD)
    if not isinstance(head, bytes):
        raise ImageError(f"{name}: is a text stream; open it with mode 'rb'")
    if not head:
        raise ImageError(f"{name}: is empty (0 bytes)")
    found = find_format(head)
    if found is None:
        raise ImageError(
            f"{name}: is not an image of a supported format; give {', '.join(FORMATS)}"
        )
    kind, module, cls = found
    if kind == "DICOM":
        if other := picture_format(head):
            _check_alone(file, name, head, other, max_pixels)
        from edge.scan.dicom.slice import decode_dicom

        image, mode, size = decode_dicom(file, name, max_pixels, frame, remarks)
        return image, Stored(kind, mode, *size)
    return _decode_picture(file, name, head, kind, module, cls, max_pixels, frame, remarks)


def _check_alone(file, name: str, head: bytes, other, max_pixels: int) -> None:
    """See that a DICOM file that begins like a picture is not a whole picture as well.

    A TIFF may be, where its pixels are those of the slice (PS3.10, 7.1, has it for that).
    """
    warnings.filterwarnings("ignore", "Corrupt EXIF data", UserWarning, "PIL")
    try:
        _decode_picture(file, name, head, *other, max_pixels, 1, [])
    except ShortOfMemoryError:
        raise
    except ImageError as error:
        # What is too large, or of a kind that cannot be read, is a picture all the same.
        if str(error).endswith(DAMAGED) and not _has_a_picture(file, *other):
            return
    if other[0] == "TIFF" and _is_its_own(file):
        return
    raise ImageError(
        f"{name}: is two in one, a DICOM file and a {other[0]} picture, which may show different "
        "things; export one of them"
    )


def _is_its_own(file) -> bool:
    """Whether the pixels of a DICOM file that is a TIFF as well are the same bytes for both."""
    from edge.scan.dicom.slice import find_frames
    from edge.scan.tiff_lists import shows_only

    frames = find_frames(file)
    return frames is not None and shows_only(file, *frames)


def _has_a_picture(file, kind: str, module: str, cls: str) -> bool:
    """Whether what cannot be decoded has the head of a picture of a size that begins in the file.

    Other programs are content with less than Pillow, and show what there is.
    """
    file.seek(0)
    if kind == "TIFF":
        from edge.scan.tiff_lists import lists_a_picture

        return lists_a_picture(file)
    try:
        image = getattr(import_module(f"PIL.{module}"), cls)(file, "")
    except Exception:
        return False
    return min(image.size) > 0


def _decode_picture(
    file,
    name: str,
    head: bytes,
    kind: str,
    module: str,
    cls: str,
    max_pixels: int,
    frame: int | None,
    remarks: list[str],
) -> tuple[Image.Image, Stored]:
    try:
        stream, checked = _checked(file, kind, head, name, max_pixels)
    except DamagedError as error:
        raise ImageError(f"{name}: {error}{DAMAGED}") from None
    except UnsupportedError as error:
        raise ImageError(f"{name}: {error}") from None
    price = webp_price(webp_size(head), head, 0) if kind == "WebP" else 0
    # Pillow's decoders raise a dozen exception types on damaged bytes, RuntimeError and
    # SyntaxError among them. Whatever they raise, it means that this file cannot be read.
    try:
        if kind == "TIFF":
            from edge.scan.tiff import TiffFile

            image = TiffFile(stream)
        else:
            image = getattr(import_module(f"PIL.{module}"), cls)(stream, name)
        check_size(image.size, name, max_pixels)
        held = file.seek(0, os.SEEK_END) if kind in _READ_WHOLE else 0
        layered = kind == "GIF" and (frame or 1) > 1
        if kind != "WebP":  # whose price was known before it was opened
            price = picture_price(image, kind, head, held, layered)
            check_memory(price, name)
        if kind == "JPEG" and "mp" in image.info:
            from edge.scan.mpo import other_frame

            if other := other_frame(image, stream.getvalue(), name, frame, remarks):
                file, head = io.BytesIO(other), other[:HEAD]
                return _decode_picture(file, name, head, kind, module, cls, max_pixels, 1, remarks)
        else:
            _seek(image, kind, name, frame, max_pixels)
        if kind == "TIFF" and frame:  # pages are of any size and kind
            price = picture_price(image, kind, head, held)
            check_memory(price, name)
        ratio, orientation = _ratio(image, kind, head), _orientation(image, kind)
        stored = Stored(kind, image.mode, *image.size)
        if (
            kind == "PNG"
            and head[24] == 16
            and (deep := _deep_png(image, stream, head, name, remarks))
        ):
            whole = deep
        else:
            if kind == "TIFF":
                _prepare_tiff(image, name)
            if checked:
                image.fp = checked
            image.load()
            if checked:
                checked.check()
            if kind == "WebP" or (kind == "JPEG" and not (checked and not checked.restarts)):
                _look_again(image, stream, kind)
            elif kind == "TIFF":
                from edge.scan.tiff_strips import check_strips

                check_strips(image)
            whole = _to_l_or_rgb(image, name, remarks)
        if ratio is None:
            remarks.append("the sides that it states for its pixels mean nothing and are ignored")
        elif ratio != 1.0:
            whole = even_pixels(whole, ratio, name, max_pixels, remarks)
        whole.info = {}  # comments, profiles, EXIF: pixels are all that goes on
        return _upright(whole, orientation), stored
    except ImageError:
        raise
    except DamagedError as error:
        raise ImageError(f"{name}: {error}{DAMAGED}") from None
    except UnsupportedError as error:
        raise ImageError(f"{name}: {error}") from None
    except MemoryError:
        raise _ran_out(name) from None
    except Exception as error:
        if str(error).startswith(_OUT_OF_MEMORY):
            raise _ran_out(name) from None
        check_memory(price, name, failed=True)
        if kind == "TIFF" and str(error) == "unknown pixel mode":
            raise ImageError(
                f"{name}: is a TIFF with pixels of a kind that cannot be read; "
                "save it in grey, with 8 or 16 bits, or as PNG"
            ) from error
        raise ImageError(f"{name}: is truncated or damaged ({_reason(error)}){DAMAGED}") from error


def _look_again(image, stream: BinaryIO, kind: str) -> None:
    from edge.scan.redecode import check_webp, look_again

    stream.seek(0)
    (look_again if kind == "JPEG" else check_webp)(stream.read(), image)


def _deep_png(image, stream, head: bytes, name: str, remarks: list[str]) -> Image.Image | None:
    from edge.scan.bit_depth import DEEP_PNG, deep_png

    mode = DEEP_PNG.get(head[25])
    return deep_png(image, stream, name, mode, remarks) if mode else None


def _prepare_tiff(image, name: str) -> None:
    from edge.scan.bit_depth import check_tiff

    check_tiff(image, name)
    image.mend_byte_order()


def _checked(file, kind: str, head: bytes, name: str, max_pixels: int):
    """The stream to open, what Pillow does not check being checked, and one to load from instead.

    The second shows while it is read whether the file is whole; None if that is known already. To
    open an image Pillow reads a few bytes at a time, which in Python costs as much as decoding.
    """
    size = file.seek(0, os.SEEK_END)
    if kind in _READ_WHOLE:
        if size > 8 * max_pixels + (16 << 20):  # as much as uncompressed 16-bit RGBA, and a profile
            raise ImageError(f"{name}: its {size} bytes are more than an image of the limit needs")
        if kind == "WebP":
            check_size(webp_size(head), name, max_pixels)
            check_memory(webp_price(webp_size(head), head, size), name)
        else:
            check_memory(file_price(size), name)
            file.seek(0)
            data = file.read(size)
            if kind == "JPEG":
                return io.BytesIO(data), jpeg_stream(data)
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


def _seek(image: Image.Image, kind: str, name: str, frame: int | None, max_pixels: int) -> None:
    """Go to a frame (from 1), or make sure that there is one only."""
    stacked = image.stacked if kind == "TIFF" and (frame is None or frame > 1) else 1
    if frame is None:
        frames = _count(image, kind)
        if frames == 1:
            frames = min(stacked, _MAX_FRAMES)
        if frames > 1:
            more = " or more" if frames == _MAX_FRAMES else ""
            raise ImageError(
                f"{name}: holds {frames}{more} frames; choose one with --frame 1, 2, ..."
            )
        return
    for at in range(1, frame):
        # One after the other: a frame may be larger than the one before, and is drawn over it.
        try:
            image.seek(at)
        except EOFError:
            if at == 1 and stacked > 1:
                if frame > stacked:
                    raise ImageError(
                        f"{name}: has no frame {frame}, the last is {stacked}"
                    ) from None
                return image.choose(frame - 1, name)
            raise ImageError(f"{name}: has no frame {frame}, the last is {at}") from None
        check_size(image.size, name, max_pixels)


def _count(image: Image.Image, kind: str) -> int:
    if kind != "TIFF":
        return getattr(image, "n_frames", 1)
    # n_frames compares each page with all before it: a long chain of empty ones would take hours.
    count = 1
    try:
        while count < _MAX_FRAMES:
            image.seek(count)
            count += 1
    except EOFError:
        pass
    image.seek(0)
    return count


def _ran_out(name: str) -> ShortOfMemoryError:
    return ShortOfMemoryError(
        f"{name}: memory ran out while it was decoded; try again when more is free"
    )


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _to_l_or_rgb(image: Image.Image, name: str, remarks: list[str]) -> Image.Image:
    if image.format == "TIFF" or image.mode[0] in "IF":
        from edge.scan.bit_depth import grey

        if (deep := grey(image, name, remarks)) is not None:
            return deep
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if image.mode == "P" and image.palette is None:
        return Image.fromarray(np.asarray(image))  # a GIF's without colours: Pillow's own are grey
    if image.mode == "La":
        return image.getchannel(0)  # laid over black already
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        black = Image.new("RGBA", layer.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, layer)
    return image.convert(mode)


def _ratio(image: Image.Image, kind: str, head: bytes) -> float | None:
    """How many times as tall as wide the file says its pixels are; None if it says nonsense.

    What EXIF says of it is not asked for: cameras and editors write any number there.
    """
    if kind == "TIFF":
        return image.ratio
    if kind == "GIF":
        return 64 / (head[_GIF_ASPECT] + 15) if head[_GIF_ASPECT] else 1.0
    if kind == "JPEG":  # JFIF 1.02: pixels a unit, or a ratio alone
        density = image.info.get("jfif_density")
    elif kind == "PNG":  # PNG 3rd ed., 11.3.4.3: likewise
        density = image.info.get("dpi") or image.info.get("aspect")
    else:
        density = image.info.get("dpi") if kind == "BMP" else None
    if not density or density[0] == density[1]:
        return 1.0
    return ratio_of(*density)


def _orientation(image: Image.Image, kind: str) -> int:
    if kind == "TIFF":
        return image.orientation
    # Reading EXIF imports Pillow's TIFF code: only for files that carry any.
    return image.getexif().get(_ORIENTATION_TAG, 1) if "exif" in image.info else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:  # as nearly all, and no turns are looked up
        return image
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

"""From a scan file, whatever its pixel format, to an 8-bit grey or RGB image.

Training, calibration, benchmarks and the device all decode through this module, so a scan has the
same pixels everywhere.
"""

import io
import os
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from edge.errors import ImageError
from edge.files.regular_file import NotRegularError, open_regular
from edge.scan.file_format import HEAD, find_format, picture_format, unsupported
from edge.scan.max_pixels import MAX_PIXELS, check_size
from edge.scan.memory_price import in_turn
from edge.scan.picture.decode_picture import decode_picture


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
    scale: int = 1
    """How many times smaller than in its file it is."""


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
    enough: int | None = None,
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
        enough: pixels of the longer side that are enough: a JPEG file that has twice, four or eight
            times as many is decoded that much smaller, which takes less time. None: all.

    Raises:
        ImageError: not a regular file, empty, no supported format, truncated or corrupt, more
            than one frame, no such frame, or more than `max_pixels` pixels.
        RejectedError: (an ImageError) a DICOM file whose modality is not MR.
    """
    if not isinstance(scan, (str, os.PathLike)):
        file, name = _opened(scan)
        _check_frame(name, frame)
        try:
            return _decode_open(file, name, max_pixels, frame, enough)
        except (OSError, ValueError) as error:  # closed, not for reading, or no seeking in it
            raise ImageError(f"{name}: cannot be read ({error})") from error
    name = os.fsdecode(scan)
    _check_frame(name, frame)
    try:
        with open_regular(name) as file:
            return _decode_open(file, name, max_pixels, frame, enough)
    except NotRegularError as error:
        if os.path.isdir(name):
            raise ImageError(f"{name}: is a folder, not an image file") from None
        raise ImageError(f"{name}: {error.strerror}") from None
    except OSError as error:
        raise ImageError(f"{name}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # as of a NUL in it
        hint = "; a list of names that end in NUL needs --null" if "\0" in name else ""
        raise ImageError(f"{name!r}: is no name that a file can have ({error}){hint}") from error


def from_array(pixels: np.ndarray, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """An image from an array [H, W], [H, W, 1] or [H, W, 3].

    uint8 is taken as it is; any other real dtype is scaled from a robust range of its own values
    (`edge.scan.picture.bit_depth.robust_range`) to 0..255. An array knows nothing of the file that
    it came from: a DICOM file's `pixel_array` has lost its window, its modality, the shape of its
    pixels and whether it is to be inverted. Give the file, its bytes or the Dataset instead.

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
        from edge.scan.picture.bit_depth import robust_8bit

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


def _decode_open(
    file, name: str, max_pixels: int, frame: int | None, enough: int | None
) -> DecodedScan:
    remarks: list[str] = []
    with in_turn:
        image, stored, scale = _decode_stream(file, name, max_pixels, frame, remarks, enough)
    said = tuple(dict.fromkeys(remarks)) if remarks else ()
    return DecodedScan(image, said, stored, scale)


def _decode_stream(
    file, name: str, max_pixels: int, frame: int | None, remarks: list[str], enough: int | None
) -> tuple[Image.Image, Stored, int]:
    file.seek(0)
    head = file.read(HEAD)
    if not isinstance(head, bytes):
        raise ImageError(f"{name}: is a text stream; open it with mode 'rb'")
    if not head:
        raise ImageError(f"{name}: is empty (0 bytes); copy it again")
    found = find_format(head)
    if found is None:
        raise ImageError(f"{name}: {unsupported(name, head)}")
    if found[0] == "DICOM":
        if other := picture_format(head):
            from edge.scan.two_in_one import check_alone

            check_alone(file, name, head, other, max_pixels)
        from edge.scan.dicom.slice import decode_dicom

        image, mode, size = decode_dicom(file, name, max_pixels, frame, remarks)
        return image, Stored(found[0], mode, *size), 1
    image, mode, size, scale = decode_picture(
        file, name, head, found, max_pixels, frame, remarks, enough
    )
    return image, Stored(found[0], mode, *size), scale

"""Is a DICOM file, which may begin with anything, a picture of another kind as well?

Its preamble may be that of a TIFF on purpose (PS3.10, 7.1): both then have the same pixels.
"""

import warnings
from importlib import import_module
from typing import BinaryIO

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from edge.errors import ImageError, ShortOfMemoryError
from edge.scan.dicom.pixel_data import Header, is_big
from edge.scan.picture.decode_picture import decode_picture
from edge.scan.picture.integrity import DAMAGED
from edge.scan.picture.tiff import BIG_BIGTIFF, Mark

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262  # TIFF 6.0
_STRIPS, _SAMPLES, _BYTE_COUNTS, _TILES, _FURTHER = 273, 277, 279, 324, 330
_FILL_ORDER, _ORIENTATION = 266, 274
_MOST = 20_000
"""Properties, after which no further list is looked at."""


def check_alone(file, name: str, head: bytes, other, max_pixels: int) -> None:
    """See that a DICOM file that begins like a picture is not a whole picture as well.

    A TIFF may be, where its pixels are those of the slice (PS3.10, 7.1, has it for that).
    """
    warnings.filterwarnings("ignore", "Corrupt EXIF data", UserWarning, "PIL")
    try:
        decode_picture(file, name, head, other, max_pixels, 1, [])
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

    frames = find_frames(file)
    return frames is not None and shows_only(file, *frames)


def _has_a_picture(file, kind: str, module: str, cls: str) -> bool:
    """Whether what cannot be decoded has the head of a picture of a size that begins in the file.

    Other programs are content with less than Pillow, and show what there is.
    """
    file.seek(0)
    if kind == "TIFF":
        return lists_a_picture(file)
    try:
        image = getattr(import_module(f"PIL.{module}"), cls)(file, "")
    except Exception:
        return False
    return min(image.size) > 0


def lists_a_picture(stream: BinaryIO) -> bool:
    """Whether one of a TIFF's lists of properties has a size, and pixels that begin in the file.

    Of any kind, also one that Pillow cannot open.
    """
    end = stream.seek(0, 2)
    try:
        return any(_is_picture(known, end) for known in _lists(stream))
    except Exception:  # Pillow raises what its parsing trips over
        return False


def shows_only(stream: BinaryIO, frames: Header, white: bool) -> bool:
    """Whether each picture of a TIFF is a frame of the same file's DICOM: its bytes, in grey.

    Args:
        white: whether 0 is white in the DICOM.
    """
    end, little = stream.seek(0, 2), not is_big(frames.pixels)
    try:
        return all(
            not known.get(_FURTHER)
            and (not _is_picture(known, end) or _is_frame(known, frames, white))
            and (frames.allocated == 8 or (known.prefix == b"II") == little)
            for known in _lists(stream, whole=True)
        )
    except Exception:
        return False


def _is_picture(known, end: int) -> bool:
    starts = _numbers(known, _STRIPS) or _numbers(known, _TILES)
    sides = (*_numbers(known, _WIDTH), 0)[0], (*_numbers(known, _HEIGHT), 0)[0]
    return min(sides) > 0 and bool(starts) and 0 < starts[0] < end


def _is_frame(known, frames: Header, white: bool) -> bool:
    size = frames.rows * frames.columns * frames.allocated // 8
    starts, counts = _numbers(known, _STRIPS), _numbers(known, _BYTE_COUNTS)
    kind = (
        *(_numbers(known, _WIDTH), _numbers(known, _HEIGHT), _numbers(known, _BITS)),
        *(_numbers(known, _COMPRESSION) or (1,), _numbers(known, _SAMPLES) or (1,)),
    )
    if kind != ((frames.columns,), (frames.rows,), (frames.allocated,), (1,), (1,)):
        return False
    upright = known.get(_ORIENTATION, 1) == known.get(_FILL_ORDER, 1) == 1
    if not starts or known.get(_PHOTOMETRIC) != int(not white) or known.get(_TILES) or not upright:
        return False
    at = starts[0]
    if len(starts) > 1:
        if len(counts) != len(starts):
            return False
        for start, count in zip(starts, counts, strict=True):
            if start != at:
                return False
            at += count
        if at - starts[0] != size:
            return False
    index, odd = divmod(starts[0] - frames.pixels.start, size)
    return not odd and 0 <= index < frames.frames


def _numbers(known, tag: int) -> tuple[int, ...]:
    value = known.get(tag, ())
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _lists(stream: BinaryIO, whole: bool = False):
    """Pillow's directories, one after the other, until there is no further one.

    Args:
        whole: whether not to come to that end is an error.

    Raises:
        ValueError: as it says. Pillow raises others.
    """
    end = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(8)
    big = head[2:4] in (b"+\0", b"\0+")
    head += stream.read(8) if big else b""
    known = ImageFileDirectory_v2(Mark(head) if head[:4] == BIG_BIGTIFF else head)
    order = "little" if head[:2] == b"II" else "big"
    at, seen, entries = known.next, set(), 0
    while 0 < at < end and at not in seen and (not seen or entries <= _MOST):
        seen.add(at)
        stream.seek(at)
        entries += int.from_bytes(stream.read(8 if big else 2), order)
        stream.seek(at)
        known.load(stream)
        yield known
        at = known.next
    if whole and at:
        raise ValueError("no end")

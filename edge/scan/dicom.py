"""One slice of a DICOM MR image as an 8-bit grey image. Imported only when a file is DICOM.

Nothing that identifies a patient leaves this module: only the elements in `_TAGS` are read at all,
messages never carry a value from the file or a text of pydicom's (which quotes values), and its own
log and warnings are switched off for the process.
"""

import io
import logging
import os
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image

from edge.errors import ImageError, RejectedError
from edge.scan.dicom_windowing import GROUPS, KEYS, to_grey
from edge.scan.limits import check_size

MAX_HEADER_BYTES = 8 << 20
"""Everything before the pixels. An enhanced MR image takes 1 to 2 kB a frame."""

MAX_ITEMS = 50_000
"""Sequence items in the header: each becomes an object of about 2 kB in pydicom."""

_ITEM_MARKS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")  # little, big endian
_PIXEL_DATA = {0x7FE00010: "iu", 0x7FE00008: "f", 0x7FE00009: "f"}  # element: kind of number
_TAGS = [
    "Modality",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    *KEYS,
    *GROUPS,
]
# Defined terms (PS3.3, C.7.3.1.1.1). Only these may stand in a message: a file may hold any text.
_MODALITIES = (
    *("AU", "BDUS", "BI", "BMD", "CR", "CT", "DG", "DX", "ECG", "EM", "EPS", "ES", "GM", "HD"),
    *("IO", "IVOCT", "IVUS", "KER", "KO", "LEN", "LS", "MG", "NM", "OCT", "OP", "OPM", "OPT"),
    *("OT", "PR", "PT", "PX", "REG", "RF", "RG", "RTDOSE", "RTIMAGE", "RTPLAN", "RTRECORD"),
    *("RTSTRUCT", "SEG", "SM", "SMR", "SR", "TG", "US", "VL", "XA", "XC"),
)
_END_OF_FRAMES = (b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xfe\xe0\xdd\0\0\0\0")
_TAIL = 4096  # elements may follow the pixels
_UNDEFINED = 0xFFFFFFFF
_DEFLATED = "1.2.840.10008.1.2.1.99"
_RLE = "1.2.840.10008.1.2.5"
_LITTLE_IMPLICIT, _LITTLE, _BIG = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
)
_NATIVE = (_LITTLE_IMPLICIT, _LITTLE, _BIG)


class _Problem(Exception):
    """What is wrong, in our own words; becomes an ImageError with the file's name."""


@dataclass(frozen=True, eq=False)
class _Pixels:
    """Where the pixels are in the file."""

    kind: str
    """"iu" (integers) or "f" (float pixel data)."""
    length: int
    """Bytes; `_UNDEFINED` if compressed."""
    start: int
    """Position of the first byte."""
    syntax: str
    """UID of the transfer syntax."""


@dataclass(frozen=True, eq=False)
class _Header:
    """What is needed of a file to read its pixels."""

    data: object
    """pydicom Dataset of `_TAGS`."""
    pixels: _Pixels
    rows: int
    columns: int
    frames: int
    allocated: int
    """Bits a pixel takes in the file."""
    stored: int
    """Bits of these that are the value."""
    signed: bool


def decode_dicom(file, name: str, max_pixels: int, frame: int | None) -> Image.Image:
    """Read one frame of a DICOM MR image.

    The modality LUT or rescale is applied, then the first VOI LUT or window, which becomes 0..255;
    without one the frame's own smallest and largest values do. MONOCHROME1 is inverted.

    Returns an image of mode "L".

    Args:
        file: opened for reading bytes.
        frame: from 1; None: the file must have one frame only.

    Raises:
        RejectedError: the modality is not MR.
        ImageError: pydicom is not installed; or the file is no grey image, cut short, damaged, of
            more than `max_pixels`, of several frames, or compressed in a way that no installed
            decoder knows.
    """
    try:
        import pydicom
    except ImportError:
        raise ImageError(
            f"{name}: is a DICOM file, which needs pydicom; run: pip install 'mri-edge[dicom]'"
        ) from None
    _silence()
    problem = None
    try:
        data, pixels = _read_header(file, pydicom)
        modality = data.get("Modality")
        if not modality:
            raise _Problem("does not say its modality, which must be MR; or it is damaged")
        if modality == "MR":
            header = _header(data, pixels)
            check_size((header.columns, header.rows), name, max_pixels)
            index = _frame_index(header, frame)
            values = _values(file, header, index)
            return Image.fromarray(to_grey(values, data, index, name))
    except ImageError:
        raise
    except _Problem as error:
        problem = str(error)
    except Exception:
        # pydicom raises whatever its parsing trips over, quoting values: nothing of it is kept.
        problem = "is a damaged DICOM file or of an unknown kind; export it again"
    # Outside of the handlers, so that the error above is not attached as context.
    if problem is not None:
        raise ImageError(f"{name}: {problem}")
    known = f"{modality}, " if modality in _MODALITIES else ""
    raise RejectedError(name, f"the DICOM modality is {known}not MR")


def _silence() -> None:
    log = logging.getLogger("pydicom")
    if log.propagate:
        log.propagate = False
        log.addHandler(logging.NullHandler())
    text = "pydicom|edge[.]dicom"
    if not any(f[0] == "ignore" and f[3] and f[3].pattern == text for f in warnings.filters):
        warnings.filterwarnings("ignore", module=text)


def _read_header(file, pydicom):
    """The Dataset of `_TAGS`, and where the pixels are, all of which are there."""
    file.seek(0)
    window = file.read(MAX_HEADER_BYTES)
    if sum(map(window.count, _ITEM_MARKS)) > MAX_ITEMS:
        raise _Problem(f"its header has more than {MAX_ITEMS} items; export single frames")
    stream = io.BytesIO(window)
    if window[128:132] == b"DICM" and _is_deflated(window):
        raise _Problem("is a deflated DICOM file, which is not supported; export it uncompressed")
    data = pydicom.dcmread(stream, stop_before_pixels=True, force=True, specific_tags=_TAGS)
    return data, _find_pixels(file, data, stream.tell())


def _is_deflated(window: bytes) -> bool:
    # pydicom would inflate all of it at once, however much that is.
    return _DEFLATED.encode() in window[132:4096]


def _find_pixels(file, data, at: int) -> _Pixels:
    syntax = data.file_meta.get("TransferSyntaxUID") if hasattr(data, "file_meta") else None
    implicit, little = data.original_encoding
    if not syntax:
        syntax = _LITTLE_IMPLICIT if implicit else _LITTLE if little else _BIG
    order = "little" if little else "big"
    file.seek(at)
    head = file.read(12)
    tag = int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)
    if tag not in _PIXEL_DATA or len(head) < 12:
        raise _Problem(
            f"holds no image, is cut short, or has a header of more than {MAX_HEADER_BYTES} bytes"
        )
    length = int.from_bytes(head[4:8] if implicit else head[8:12], order)
    start = at + (8 if implicit else 12)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(start, size - _TAIL))
    if length == _UNDEFINED:
        tail = file.read(_TAIL)
        whole = any(mark in tail for mark in _END_OF_FRAMES)
    else:
        whole = start + length <= size
    if not whole:
        raise _Problem("is truncated (pixels are missing); copy it again")
    return _Pixels(_PIXEL_DATA[tag], length, start, str(syntax))


def _header(data, pixels: _Pixels) -> _Header:
    header = _Header(
        data=data,
        pixels=pixels,
        rows=int(data.Rows),
        columns=int(data.Columns),
        frames=int(data.get("NumberOfFrames") or 1),
        allocated=int(data.BitsAllocated),
        stored=int(data.get("BitsStored") or data.BitsAllocated),
        signed=data.get("PixelRepresentation", 0) == 1,
    )
    colors = data.get("PhotometricInterpretation")
    if data.get("SamplesPerPixel", 1) != 1 or colors not in ("MONOCHROME1", "MONOCHROME2"):
        raise _Problem("is a colour DICOM image; give a grey one (MONOCHROME1 or MONOCHROME2)")
    bits = (8, 16, 32) if pixels.kind == "iu" else (32, 64)
    whole = header.rows > 0 and header.columns > 0 and header.frames > 0
    if header.allocated not in bits or not 0 < header.stored <= header.allocated or not whole:
        raise _Problem("has a size or a pixel format that no MR image has")
    return header


def _frame_index(header: _Header, frame: int | None) -> int:
    if frame is None and header.frames > 1:
        raise _Problem(f"holds {header.frames} frames; choose one with --frame 1, 2, ...")
    if frame is not None and frame > header.frames:
        raise _Problem(f"has no frame {frame}, the last is {header.frames}")
    return (frame or 1) - 1


def _values(file, header: _Header, index: int) -> np.ndarray:
    """Stored values of one frame [rows, columns], any real dtype."""
    native = header.pixels.syntax in _NATIVE
    values = (_native if native else _compressed)(file, header, index)
    unused = header.allocated - header.stored
    if (
        header.pixels.kind == "iu"
        and unused
        and int(header.data.get("HighBit", 0)) == header.stored - 1
    ):
        # Old files keep overlays in the bits above the value.
        values = values << unused >> unused
    return values


def _native(file, header: _Header, index: int) -> np.ndarray:
    kind = "f" if header.pixels.kind == "f" else "i" if header.signed else "u"
    dtype = np.dtype(f"{'>' if header.pixels.syntax == _BIG else '<'}{kind}{header.allocated // 8}")
    count = header.rows * header.columns
    size = count * dtype.itemsize
    file.seek(header.pixels.start + index * size)
    data = file.read(size)
    if len(data) < size or (index + 1) * size > header.pixels.length:
        raise _Problem("is truncated (pixels are missing); copy it again")
    values = np.frombuffer(data, dtype).reshape(header.rows, header.columns)
    return values.astype(dtype.newbyteorder("="))


def _compressed(file, header: _Header, index: int) -> np.ndarray:
    from pydicom.encaps import encapsulate, get_frame
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    syntax = UID(header.pixels.syntax)
    decoder = None
    if syntax.name != header.pixels.syntax:  # a name that pydicom knows, not text from the file
        try:
            decoder = get_decoder(syntax)
        except NotImplementedError:
            raise _Problem(f"is compressed as {syntax.name}, which is not supported") from None
    if decoder is None or header.pixels.length != _UNDEFINED:
        raise _Problem("is compressed in an unknown way; export it uncompressed")
    if not decoder.is_available:
        raise _Problem(
            f"is compressed as {syntax.name}; export it uncompressed, or try: "
            "pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"
        )
    file.seek(header.pixels.start)
    frame = get_frame(file, index, number_of_frames=header.frames)
    if header.pixels.syntax != _RLE:
        _check_codestream(frame, header)
    options = {
        "rows": header.rows,
        "columns": header.columns,
        "samples_per_pixel": 1,
        "photometric_interpretation": "MONOCHROME2",
        "bits_allocated": header.allocated,
        "bits_stored": header.stored,
        "pixel_representation": int(header.signed),
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
    }
    return decoder.as_array(encapsulate([frame]), index=0, **options)[0]


def _check_codestream(frame: bytes, header: _Header) -> None:
    """Before decoding: is it whole, and of the size that the header says (and we have checked)?"""
    if b"\xff\xd9" not in frame[-4:]:  # the end mark of JPEG, JPEG-LS and JPEG 2000; a pad byte
        raise _Problem("is truncated (the end of its pixels is missing); copy it again")
    if (at := frame.find(b"\xff\x4f\xff\x51")) >= 0 and frame[:2] != b"\xff\xd8":
        x1, y1, x0, y0 = (
            int.from_bytes(frame[i : i + 4], "big") for i in range(at + 8, at + 24, 4)
        )
        size = y1 - y0, x1 - x0  # ITU T.800, A.5.1
    else:
        size = _jpeg_size(frame)
    if size != (header.rows, header.columns):
        raise _Problem(
            "is damaged (its compressed pixels are of another size than its header says)"
        )


def _jpeg_size(frame: bytes) -> tuple[int, int] | None:
    """Rows and columns from the frame header of a JPEG or JPEG-LS stream (ITU T.81, B.2.2)."""
    at = 2
    while frame[at : at + 1] == b"\xff" and at < len(frame) - 9:
        marker = frame[at + 1]
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            return tuple(int.from_bytes(frame[i : i + 2], "big") for i in (at + 5, at + 7))
        at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    return None

"""One slice of a DICOM MR image as an 8-bit grey image. Imported only when a file is DICOM.

Nothing that identifies a patient leaves this room: only the elements in `KEYWORDS` are read at
all, messages never carry a value from the file or a text of pydicom's (which quotes values), and
its own log and warnings are switched off for the process.
"""

import io
import sys
import warnings

from PIL import Image

from edge.errors import ImageError, MissingSoftwareError, RejectedError
from edge.scan.dicom.byte_order import contradicted_at
from edge.scan.dicom.deflated import inflated, pixel_limit
from edge.scan.dicom.elements import MAX_ITEMS, Elements, has_too_many_items, tags_of
from edge.scan.dicom.frame_cells import pixel_cells
from edge.scan.dicom.load_pydicom import load_pydicom
from edge.scan.dicom.padding import find_padding
from edge.scan.dicom.pixel_data import (
    UNDEFINED,
    Header,
    NoPixels,
    PixelData,
    Problem,
    check_frames,
    find_pixel_data,
    is_native,
    stored_values,
)
from edge.scan.dicom.plain_header import KEYWORDS, plain_elements
from edge.scan.dicom.spacing import pixel_ratio
from edge.scan.dicom.windowing import GROUPS, to_grey
from edge.scan.file_format import CHOOSE_FRAME
from edge.scan.geometry import even_pixels
from edge.scan.max_pixels import MAX_PIXELS, check_size
from edge.scan.memory_price import check_memory, dicom_price, ran_out

MAX_HEADER_BYTES = 8 << 20
"""Everything before the pixels. An enhanced MR image takes 1 to 2 kB a frame."""

_PART = 1 << 20
"""Bytes of pixels that are read at a time where they are only compared."""
_DIRECTORY = "1.2.840.10008.1.3.10"
# Defined terms (PS3.3, C.7.3.1.1.1). Only these may stand in a message: a file may hold any text.
_MODALITIES = (
    *("AU", "BDUS", "BI", "BMD", "CR", "CT", "DG", "DX", "ECG", "EM", "EPS", "ES", "GM", "HD"),
    *("IO", "IVOCT", "IVUS", "KER", "KO", "LEN", "LS", "MG", "NM", "OCT", "OP", "OPM", "OPT"),
    *("OT", "PR", "PT", "PX", "REG", "RF", "RG", "RTDOSE", "RTIMAGE", "RTPLAN", "RTRECORD"),
    *("RTSTRUCT", "SEG", "SM", "SMR", "SR", "TG", "US", "VL", "XA", "XC"),
)


def decode_dicom(
    file, name: str, max_pixels: int, frame: int | None, remarks: list[str]
) -> tuple[Image.Image, str, tuple[int, int]]:
    """Read one frame of a DICOM MR image.

    The modality LUT or rescale is applied, then the first VOI LUT or window, which becomes 0..255;
    without one a robust range of the frame's own values does (`edge.scan.picture.bit_depth`).
    MONOCHROME1 is inverted, what is declared to be padding is black, and pixels that are not square
    are evened.

    Returns:
        An image of mode "L"; how its values are stored ("uint16", say); its width and height there.

    Args:
        file: opened for reading bytes.
        frame: from 1; None: the file must have one frame only.
        remarks: what the user should know is appended.

    Raises:
        RejectedError: the modality is not MR.
        ImageError: pydicom is not installed; or the file is no grey image, cut short, damaged, of
            more than `max_pixels`, of several frames, or compressed in a way that no installed
            decoder knows.
    """
    problem = missing = None
    short, price = False, 0
    try:
        data, pixels, file = _read_header(file, name, max_pixels)
        modality = data.get("Modality")
        if not modality:
            raise Problem("does not say its modality, which must be MR; or it is damaged")
        if modality == "MR":
            header = _header(data, pixels)
            check_size((header.columns, header.rows), name, max_pixels)
            index = _frame_index(header, frame)
            price = _price(header, data)
            check_memory(price, name)
            cells = pixel_cells(file, header, index)
            values = stored_values(cells, header)
            padding = find_padding(cells, values, data, header, remarks)
            grey = to_grey(values, padding, data, index, name, remarks)
            ratio = pixel_ratio(data, index, remarks)
            size = (header.columns, header.rows)
            image = even_pixels(Image.fromarray(grey), ratio, name, max_pixels, remarks)
            return image, str(values.dtype), size
    except ImageError:
        raise
    except Problem as error:
        problem, missing = str(error), error.package
    except MemoryError:
        short = True
    except Exception:
        # pydicom raises whatever its parsing trips over, quoting values: nothing of it is kept.
        problem = "is a damaged DICOM file or of an unknown kind; export it again"
    # Outside of the handlers, so that the error above is not attached as context.
    if problem is not None:
        check_memory(price, name, failed=True)
    if short:
        raise ran_out(name)
    if missing:
        raise MissingSoftwareError(f"{name}: {problem}", missing)
    if problem is not None:
        raise ImageError(f"{name}: {problem}")
    known = f"{modality}, " if modality in _MODALITIES else ""
    raise RejectedError(name, f"the DICOM modality is {known}not MR")


def find_frames(file) -> tuple[Header, bool] | None:
    """Where the pixels of a DICOM file are, and whether 0 is white.

    None if they are compressed or no integers, and where none can be found.
    """
    try:
        data, pixels, found = _read_header(file, "", MAX_PIXELS)
        header = _header(data, pixels)
    except Exception:  # which is said when the slice is read
        return None
    white = data.get("PhotometricInterpretation") == "MONOCHROME1"
    plain = found is file and is_native(pixels) and pixels.kind == "iu"
    return (header, white) if plain else None


def pixel_digest(path: str) -> bytes | None:
    """Of what a file's picture is made of: copies whose headers differ otherwise have the same.

    None: its pixels cannot be found whole. It decodes nothing, so a picture compressed otherwise
    has another.
    """
    import hashlib  # loads OpenSSL, which a single slice does without

    try:
        with open(path, "rb") as file:
            data, pixels, found = _read_header(file, "", MAX_PIXELS)
            header = _header(data, pixels)
            shape = header.rows, header.columns, header.frames, header.allocated, header.stored
            kind = header.high, header.signed, pixels.syntax, pixels.kind
            text = repr((shape, kind, data.get("PhotometricInterpretation")))
            digest = hashlib.blake2b(text.encode(), digest_size=16)
            found.seek(pixels.start)
            left = pixels.length if pixels.length != UNDEFINED else sys.maxsize
            while left > 0 and (part := found.read(min(left, _PART))):
                digest.update(part)
                left -= len(part)
            return digest.digest()
    except Exception:  # which is said when the slice is read
        return None


def _price(header: Header, data: Elements) -> int:
    table = "ModalityLUTSequence" in data or any(group in data for group in GROUPS)
    compressed = not is_native(header.pixels)
    return dicom_price(header.rows * header.columns, header.allocated, table, compressed)


def _pydicom(name: str):
    """The module, which keeps to itself what it would say.

    Raises:
        MissingSoftwareError: it is not installed.
    """
    import logging

    try:
        pydicom = load_pydicom()
    except ImportError:
        raise MissingSoftwareError(
            f"{name}: is a DICOM file that needs pydicom; run: pip install 'mri-edge[dicom]'",
            "pydicom",
        ) from None
    log = logging.getLogger("pydicom")
    if log.propagate:
        log.propagate = False
        log.addHandler(logging.NullHandler())
    text = "pydicom|edge[.]scan[.]dicom"
    if not any(f[0] == "ignore" and f[3] and f[3].pattern == text for f in warnings.filters):
        warnings.filterwarnings("ignore", module=text)
    return pydicom


def _read_header(file, name: str, max_pixels: int):
    """The `Elements` of `KEYWORDS`; where the pixels are, all of which are there; and their file.

    That is another one in memory if `file` is deflated.
    """
    file.seek(0)
    window = file.read(MAX_HEADER_BYTES)
    if found := inflated(file, window, pixel_limit(max_pixels, MAX_HEADER_BYTES), name):
        file, window = found, found.read(MAX_HEADER_BYTES)
    elif plain := plain_elements(window):
        try:
            return plain[0], find_pixel_data(file, *plain), file
        except NoPixels:
            pass  # which is said in the words that fit what the file is
    if has_too_many_items(window):
        raise Problem(f"its header has more than {MAX_ITEMS} items; export single frames")
    pydicom, stream = _pydicom(name), io.BytesIO(window)
    if start := contradicted_at(window):
        # As a file without a meta header, of which pydicom tells the encoding by its bytes.
        stream = io.BytesIO(window[start:])
        data = _parsed(stream, pydicom)
        try:
            return data, find_pixel_data(file, data, start + stream.tell()), file
        except NoPixels:
            raise Problem(
                "its header and its data contradict each other; export it again"
            ) from None
    data = _parsed(stream, pydicom)
    try:
        return data, find_pixel_data(file, data, stream.tell()), file
    except NoPixels:
        meta, modality = data.file_meta or {}, data.get("Modality")
        if meta.get("MediaStorageSOPClassUID") == _DIRECTORY:
            raise Problem("is a DICOMDIR, a list of files; give the files themselves") from None
        if modality not in ("MR", *_MODALITIES):
            raise
    raise Problem(f"holds no image (no pixel data; its modality is {modality}), or is cut short")


def _parsed(stream: io.BytesIO, pydicom) -> Elements:
    data = pydicom.dcmread(
        stream, stop_before_pixels=True, force=True, specific_tags=tags_of(KEYWORDS)
    )
    return Elements(data, KEYWORDS)


def _header(data: Elements, pixels: PixelData) -> Header:
    allocated = int(data.get("BitsAllocated"))
    stored = int(data.get("BitsStored") or allocated)
    high = data.get("HighBit")
    header = Header(
        pixels=pixels,
        rows=int(data.get("Rows")),
        columns=int(data.get("Columns")),
        frames=int(data.get("NumberOfFrames") or 1),
        allocated=allocated,
        stored=stored,
        high=int(high) if high is not None and stored <= int(high) < allocated else stored - 1,
        signed=data.get("PixelRepresentation", 0) == 1,
    )
    colors = data.get("PhotometricInterpretation")
    if not colors:
        raise Problem("does not say how its pixels are to be shown; export it again")
    if data.get("SamplesPerPixel", 1) != 1 or colors not in ("MONOCHROME1", "MONOCHROME2"):
        raise Problem("is a colour DICOM image; give a grey one (MONOCHROME1 or MONOCHROME2)")
    bits = (8, 16, 32) if pixels.kind == "iu" else (32, 64)
    whole = header.rows > 0 and header.columns > 0 and header.frames > 0
    if header.allocated not in bits or not 0 < header.stored <= header.allocated or not whole:
        raise Problem("has a size or a pixel format that no MR image has")
    check_frames(header, len(data.get("PerFrameFunctionalGroupsSequence") or ()))
    return header


def _frame_index(header: Header, frame: int | None) -> int:
    if frame is None and header.frames > 1:
        raise Problem(f"holds {header.frames} frames; {CHOOSE_FRAME}")
    if frame is not None and frame > header.frames:
        raise Problem(f"has no frame {frame}, the last is {header.frames}")
    return (frame or 1) - 1

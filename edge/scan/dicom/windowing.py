"""From the numbers in a DICOM file to the grey levels that its maker meant (PS3.3, C.11).

Where files break the standard, viewers disagree. What is followed here, and why:

- A rescale slope of 0 would make every pixel equal: it is ignored, as by dcmtk and Horos.
- A window of no width, or of values that are no numbers, counts as none, as in Cornerstone; the
  next one of the file counts in its place.
- A LINEAR window narrower than 1 would be black and white (C.11.2.1.2.1 forbids it): it is taken
  for LINEAR_EXACT, as by dcmtk.
- A lookup table whose first value is written as unsigned though the pixels reach below 0 begins
  below 0, as in dcmtk. pydicom 3.0.2 raises OverflowError with NumPy 2.
- A VOI table that says 16 bits and uses 12 is one of 12 bits, as in Cornerstone and Horos; taken
  at its word the picture would have a sixteenth of its contrast. One that says fewer than it uses
  is one of as many as it uses.
- A VOI table without entries is ignored, so that the window counts.
"""

import math

import numpy as np

from edge.errors import ImageError
from edge.scan.picture.bit_depth import each_value, robust_range, to_8bit

KEYS = (
    "RescaleIntercept",
    "RescaleSlope",
    "ModalityLUTSequence",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "VOILUTSequence",
)
"""Elements that are needed, on top or in `GROUPS`."""

GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
"""Where enhanced (multi-frame) images keep them."""

_SEQUENCES = ("ModalityLUTSequence", "VOILUTSequence")
_SPARE_BITS = 2  # that a VOI table declares and does not use, from which on it is not believed


def to_grey(
    values: np.ndarray,
    padding: np.ndarray | None,
    data,
    index: int,
    name: str,
    remarks: list[str],
) -> np.ndarray:
    """Stored values of one frame to uint8: modality LUT, VOI LUT or window, MONOCHROME1.

    Args:
        values: [rows, columns].
        padding: bool [rows, columns], what the file declares to be no signal; it becomes black and
            counts for nothing. None: there is none.
        data: the file's `Elements`.
        index: of the frame, from 0.
        name: of the file, for messages.
        remarks: what the user should know is appended.

    Raises:
        ImageError: the values are not finite.
        ValueError: a lookup table means nothing.
    """
    rules = _rules(data, index)
    if values.dtype.kind == "f":
        signal = values if padding is None else values[~padding]
        if not np.isfinite(signal).all():
            raise ImageError(f"{name}: holds pixels that are not finite numbers")
        if padding is not None:
            values = np.where(padding, signal[0], values)
    linear = "ModalityLUTSequence" not in rules
    little = data.little
    slope, intercept = (1.0, 0.0) if not linear else _rescale(rules, remarks)
    lowest, highest = (float(values.min()), float(values.max()))
    modality = None
    if not linear:
        modality = _table(rules["ModalityLUTSequence"][0], little, lowest, highest)
        if modality is None:
            raise ValueError("a lookup table of nothing")

    def physical(block: np.ndarray) -> np.ndarray:
        if linear:
            return block.astype(np.float64) * slope + intercept
        return modality[1][_position(block, modality)]

    voi = None
    if "VOILUTSequence" in rules:
        ends = sorted(
            float(physical(np.array([end], values.dtype))[0]) for end in (lowest, highest)
        )
        voi = _table(rules["VOILUTSequence"][0], little, *(ends if linear else (0.0, 65535.0)))
        if voi is None:
            remarks.append("its lookup table for display means nothing and is ignored")
    window = _window(rules, remarks) if voi is None else None
    if voi is not None:
        shades = np.rint(voi[1] * (255.0 / _largest(voi, remarks))).clip(0, 255).astype(np.uint8)
        grey = each_value(values, lambda block: shades[_position(physical(block), voi)])
    elif window is not None:
        grey = each_value(values, lambda block: _windowed(physical(block), *window))
    else:
        found = values if linear else physical(values)
        limits = robust_range(found if padding is None else found[~padding], name, remarks)
        grey = to_8bit(found, name, limits)
        if slope < 0:
            grey = 255 - grey
    if data.get("PhotometricInterpretation") == "MONOCHROME1":
        grey = 255 - grey
    if padding is not None:
        grey[padding] = 0
    return grey


def _rules(data, index: int) -> dict:
    """The LUTs, rescale and window of one frame, wherever the file keeps them."""
    rules = {}
    shared = data.get("SharedFunctionalGroupsSequence") or []
    frames = data.get("PerFrameFunctionalGroupsSequence") or []
    groups = [*shared[:1], *frames[index : index + 1]]
    inner = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
    sources = [
        data,
        *(item for group in groups for key in inner for item in (group.get(key) or [])[:1]),
    ]
    for source in sources:
        for key in KEYS:
            if key not in source:
                continue
            value = _text(source, key) if key not in _SEQUENCES else source.get(key)
            if value is not None and (len(value) or key not in _SEQUENCES):
                rules[key] = value
    return rules


def _text(source, key: str) -> list[str]:
    """The parts of a value as they stand in the file: what is no number must not raise."""
    raw = source.get_item(key).value
    if raw is None:
        return []
    if isinstance(raw, bytes):
        raw = raw.decode("ascii", "replace")
    if isinstance(raw, str):
        return [part.strip(" \0") for part in raw.split("\\")]
    return [str(part) for part in (raw if isinstance(raw, list | tuple) or _many(raw) else [raw])]


def _many(value: object) -> bool:
    return hasattr(value, "__iter__")


def _number(parts: list[str] | None) -> float | None:
    """The first part as a finite number; None if it is none. A decimal comma is not guessed at."""
    try:
        value = float(parts[0]) if parts and "_" not in parts[0] else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _rescale(rules: dict, remarks: list[str]) -> tuple[float, float]:
    """Slope and intercept; 1 and 0 where they mean nothing."""
    given = [rules.get(key, ()) for key in ("RescaleSlope", "RescaleIntercept")]
    if not any(map(any, given)):
        return 1.0, 0.0  # neither is there, or both are empty
    slope = _number(rules.get("RescaleSlope", ["1"]))
    intercept = _number(rules.get("RescaleIntercept", ["0"]))
    if slope is None or slope == 0 or intercept is None:
        remarks.append("its rescale slope and intercept mean nothing and are ignored")
        return 1.0, 0.0
    return slope, intercept


def _table(item, little: bool, lowest: float, highest: float) -> tuple[int, np.ndarray, int] | None:
    """First value that a LUT maps, what it gives (float64), and the bits that it declares.

    None if it is empty.

    Args:
        lowest, highest: of what it maps.
    """
    if not item.get("LUTDescriptor") or item.get("LUTData") is None:
        return None
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    count = count % 65536 or 65536  # in a signed value representation from 32768 on negative
    if first >= 1 << 15 and (lowest < 0 or highest < first):
        first -= 1 << 16
    data = item.LUTData
    if not isinstance(data, bytes):  # words, each of which may hold two entries of 8 bits
        words = (np.atleast_1d(np.asarray(data, np.int64)) % 65536).astype("<u2")
        packed = bits <= 8 and len(words) == (count + 1) // 2 < count
        table = words.view(np.uint8) if packed else words
    elif len(data) >= 2 * count:
        table = np.frombuffer(data[: 2 * count], "<u2" if little else ">u2")
    else:
        turned = not little and item["LUTData"].VR == "OW" and len(data) % 2 == 0
        table = np.frombuffer(data, ">u2").astype("<u2").view(np.uint8) if turned else None
        table = np.frombuffer(data, np.uint8) if table is None else table
    table = table[:count].astype(np.float64)
    return (first, table, bits) if table.size else None


def _largest(table: tuple[int, np.ndarray, int], remarks: list[str]) -> float:
    """What a VOI table gives at most, by its descriptor; by its data where that cannot be."""
    used = max(1, int(table[1].max()).bit_length())
    bits = table[2]
    if not 1 <= bits <= 16 or bits < used or (bits - used >= _SPARE_BITS and used >= 8):
        remarks.append(f"its lookup table says {bits} bits and uses {used}; taken at what it uses")
        bits = used
    return float((1 << bits) - 1)


def _position(values: np.ndarray, table: tuple[int, np.ndarray, int]) -> np.ndarray:
    # Below the first and above the last entry, these hold (PS3.3, C.11.1.1).
    return (values.astype(np.int64) - table[0]).clip(0, len(table[1]) - 1)


def _window(rules: dict, remarks: list[str]) -> tuple[float, float, str] | None:
    """Center, width and function of the first window; None if there is none that counts."""
    if "WindowCenter" not in rules and "WindowWidth" not in rules:
        return None
    if not any(rules.get("WindowCenter", ())) and not any(rules.get("WindowWidth", ())):
        return None  # empty, as allowed
    center, width = (_number(rules.get(key)) for key in ("WindowCenter", "WindowWidth"))
    if center is None or width is None or width <= 0:
        at, center, width = _later(rules)
        if not at:
            remarks.append("its display window means nothing and is ignored")
            return None
        remarks.append(f"its first display window means nothing; number {at} is used")
    function = (rules.get("VOILUTFunction") or ["LINEAR"])[0]
    if function not in ("SIGMOID", "LINEAR_EXACT") and width < 1:
        function = "LINEAR_EXACT"
    return center, width, function


def _later(rules: dict) -> tuple[int, float | None, float | None]:
    """Number of the first window after the first one that counts, its center and width; 0: none.

    Lists that begin with an empty value have none: which center belongs to which width is not sure.
    """
    centers, widths = (rules.get(key) or [""] for key in ("WindowCenter", "WindowWidth"))
    if centers[0] and widths[0] and len(centers) == len(widths):
        for at, pair in enumerate(zip(centers[1:], widths[1:], strict=True), 2):
            center, width = (_number([part]) for part in pair)
            if center is not None and width is not None and width > 0:
                return at, center, width
    return 0, None, None


def _windowed(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    """PS3.3, C.11.2.1.2 and C.11.2.1.3, with 0..255 as the output range."""
    if function == "SIGMOID":
        with np.errstate(over="ignore"):
            share = 1 / (1 + np.exp(-4 * (values - center) / width))
    elif function == "LINEAR_EXACT":
        share = (values - center) / width + 0.5
    else:
        share = (values - (center - 0.5)) / max(width - 1, 1e-9) + 0.5
    return np.rint(share.clip(0, 1) * 255)

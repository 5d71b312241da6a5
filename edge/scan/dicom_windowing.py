"""From the numbers in a DICOM file to the grey levels that its maker meant (PS3.3, C.11)."""

import numpy as np

from edge.scan.bit_depth import blocks, to_8bit

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


def to_grey(values: np.ndarray, data, index: int, name: str) -> np.ndarray:
    """Stored values of one frame to uint8: modality LUT, VOI LUT or window, MONOCHROME1.

    Args:
        values: [rows, columns].
        data: the file's pydicom Dataset.
        index: of the frame, from 0.
        name: of the file, for messages.

    Raises:
        ImageError: the values are not finite.
        ValueError: the window means nothing.
    """
    rules = _rules(data, index)
    linear = "ModalityLUTSequence" not in rules
    little = data.original_encoding[1]
    modality = None if linear else _table(rules.ModalityLUTSequence[0], little)
    slope, intercept = float(rules.get("RescaleSlope", 1)), float(rules.get("RescaleIntercept", 0))

    def physical(block: np.ndarray) -> np.ndarray:
        if linear:
            return block.astype(np.float64) * slope + intercept
        return modality[1][_position(block, modality)]

    grey = np.empty(values.shape, np.uint8)
    if "VOILUTSequence" in rules:
        voi = _table(rules.VOILUTSequence[0], little)
        shades = np.rint(voi[1] * (255.0 / voi[2])).clip(0, 255).astype(np.uint8)
        for rows in blocks(values):
            grey[rows] = shades[_position(physical(values[rows]), voi)]
    elif (window := _window(rules)) is not None:
        for rows in blocks(values):
            grey[rows] = _windowed(physical(values[rows]), *window)
    elif linear:
        grey = to_8bit(values, name)
        if slope < 0:
            grey = 255 - grey
    else:
        grey = to_8bit(physical(values), name)
    return 255 - grey if data.PhotometricInterpretation == "MONOCHROME1" else grey


def _rules(data, index: int):
    """A Dataset of the LUTs, rescale and window of one frame, wherever the file keeps them."""
    from pydicom.dataset import Dataset

    rules = Dataset()
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
            value = source.get(key)
            if value is not None and value != "":
                setattr(rules, key, value)
    return rules


def _table(item, little: bool) -> tuple[int, np.ndarray, int]:
    """First value that a LUT maps, what it gives (float64), and the largest that it can give."""
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    table = item.LUTData
    if isinstance(table, bytes):
        wide = len(table) >= 2 * (count or 65536)  # also tables of 8 bits may come in words
        table = np.frombuffer(table, ("<u2" if little else ">u2") if wide else np.uint8)
    table = np.asarray(table, np.float64)[: count or 65536]
    if not table.size or not 1 <= bits <= 16:
        raise ValueError("a lookup table of nothing")
    return first, table, (1 << bits) - 1


def _position(values: np.ndarray, table: tuple[int, np.ndarray, int]) -> np.ndarray:
    # Below the first and above the last entry, these hold (PS3.3, C.11.1.1).
    return (values.astype(np.int64) - table[0]).clip(0, len(table[1]) - 1)


def _window(rules) -> tuple[float, float, str] | None:
    """Center, width and function of the first window."""
    pair = [rules.get(key) for key in ("WindowCenter", "WindowWidth")]
    if None in pair:
        return None
    center, width = (float(v if isinstance(v, int | float) else v[0]) for v in pair)
    function = rules.get("VOILUTFunction", "LINEAR")
    if not np.isfinite([center, width]).all() or width <= 0:
        raise ValueError("a display window of no width")
    return center, width, function


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

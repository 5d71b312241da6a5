"""Pixels that are more than 8 bits, or numbers that Pillow takes for others, in 8 bits.

Loaded for scans that have such: most have not, and a device is quicker without.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image

from edge.errors import ImageError
from edge.scan.percentiles import percentiles, percentiles_of_counts

DEEP_PNG = {2: "RGB;16B", 4: "LA;16B", 6: "RGBA;16B"}
"""Pillow's raw modes by PNG colour type, of 16-bit files."""
_DEEP_TIFF = ("RGB", "RGBA", "RGBX", "CMYK", "LA")
_BITS_PER_SAMPLE_TAG = 258  # TIFF 6.0
_PHOTOMETRIC_TAG, _WHITE_IS_ZERO = 262, 0  # TIFF 6.0
_SAMPLE_FORMAT_TAG, _SIGNED = 339, 2  # TIFF 6.0
_VALUES_AT_ONCE = 1 << 20
_LEAST_RANGE = 1e-300  # 255 divided by less is no number
_EXTREMES = (0.5, 99.5)
"""Percentiles between which nearly all of a picture lies."""
_BEYOND = 0.5
"""Of that range: what lies farther outside is cut off. Of 155 tumors with one pixel six times as
bright as the rest the model bundled on 2026-11-26 then finds the 139 that it finds without; by the
extremes 109.
"""


def robust_range(values: np.ndarray, name: str, remarks: list[str]) -> tuple[float, float]:
    """Which values become black and white where the file does not say: nearly always the extremes.

    One hot pixel six times as bright as the rest would else leave a sixth of the contrast. The
    range reaches beyond the percentiles of `_EXTREMES` by at most `_BEYOND` of what lies between
    them, so a picture without outliers keeps all of its range.

    Args:
        values: of what counts as signal, any shape.
        remarks: what the user should know is appended.

    Raises:
        ImageError: the values are not real, finite numbers; `name` is the file's.
    """
    if values.dtype.kind not in "buif":
        raise ImageError(f"{name}: pixels of type {values.dtype} are not numbers")
    if not values.size:
        return 0.0, 0.0
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        raise ImageError(f"{name}: holds pixels that are not finite numbers")
    first, last = _percentiles(values)
    spread = _BEYOND * (last - first)
    if spread <= 0:  # nearly all of it is one value: what stands out is the picture
        return low, high
    if low < first - spread or high > last + spread:
        remarks.append("a few pixels are far darker or brighter than the rest and were cut off")
    return max(low, first - spread), min(high, last + spread)


def _percentiles(values: np.ndarray) -> list[float]:
    """Of `_EXTREMES`; of few different numbers counting is quicker than sorting."""
    if values.dtype.kind not in "ui" or values.dtype.itemsize > 2:
        return percentiles(values, _EXTREMES)
    least = int(values.min())
    counts = np.zeros(int(values.max()) - least + 1, np.intp)
    for some in _blocks(values):
        places = np.subtract(values[some], least, dtype=np.intp)
        counts += np.bincount(places.ravel(), minlength=counts.size)
    return percentiles_of_counts(counts, _EXTREMES, least)


def to_8bit(values: np.ndarray, name: str, limits: tuple[float, float] | None = None) -> np.ndarray:
    """Scale to uint8, the first of `limits` to 0 and the second to 255; equal ones give 0.

    Args:
        limits: None: the smallest and the largest value, an array's own range.

    Raises:
        ImageError: the values are not real, finite numbers; `name` is the file's.
    """
    if values.dtype.kind not in "buif":
        raise ImageError(f"{name}: pixels of type {values.dtype} are not numbers")
    low, high = limits or (float(values.min()), float(values.max()))
    if not np.isfinite(high - low):
        raise ImageError(f"{name}: holds pixels that are not finite numbers")
    if not high - low > _LEAST_RANGE:
        return np.zeros(values.shape, np.uint8)

    def scaled(some: np.ndarray) -> np.ndarray:
        share = some.astype(np.float64)
        share -= low
        share *= 255.0 / (high - low)
        return np.rint(np.clip(share, 0.0, 255.0, out=share), out=share).astype(np.uint8)

    return each_value(values, scaled)


def each_value(values: np.ndarray, shade: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """`shade` of every value, as uint8: asked once a value, where there are fewer than pixels."""
    grey, table, lowest = np.empty(values.shape, np.uint8), None, 0
    if values.dtype.kind in "iu" and values.size:
        lowest, highest = int(values.min()), int(values.max())
        if highest - lowest < values.size:
            table = shade(np.arange(lowest, highest + 1).astype(values.dtype)).astype(np.uint8)
    for rows in _blocks(values):
        some = values[rows]
        if table is None:
            grey[rows] = shade(some)
        else:
            grey[rows] = table[np.subtract(some, lowest, dtype=np.intp)]
    return grey


def robust_8bit(values: np.ndarray, name: str, remarks: list[str]) -> np.ndarray:
    """`to_8bit` from the `robust_range` of the values."""
    return to_8bit(values, name, robust_range(values, name, remarks))


def _blocks(values: np.ndarray) -> Iterator[slice]:
    """Slices of rows, each of about a million values: bounds what working copies cost."""
    step = max(1, _VALUES_AT_ONCE * values.shape[0] // values.size)
    for start in range(0, values.shape[0], step):
        yield slice(start, start + step)


def deep_png(
    image: Image.Image, stream: BinaryIO, name: str, mode: str, remarks: list[str]
) -> Image.Image:
    """A 16-bit PNG in colour or with transparency, of which Pillow keeps the upper bytes only.

    So it is decoded twice, the second time as if its numbers were the other way round.

    Args:
        image: opened and not loaded, from `stream`.
        mode: of `DEEP_PNG`.
    """
    from PIL.PngImagePlugin import PngImageFile

    stream.seek(0)
    lower = PngImageFile(stream, name)
    if mode == "LA;16B":
        _decode_as("RGBA", lower)  # two numbers of two bytes read as one pixel of four
        parts = np.asarray(lower).astype(np.uint16)
        values = parts[..., ::2] << 8 | parts[..., 1::2]
    else:
        _decode_as(mode[:-1] + "L", lower)
        image.load()
        values = np.asarray(image).astype(np.uint16) << 8 | np.asarray(lower)
    if mode != "RGB;16B":
        color, alpha = values[..., :-1], values[..., -1:]
        values = (color.astype(np.uint32) * alpha // 65535).astype(np.uint16)
    values = np.squeeze(values, 2) if values.shape[2] == 1 else values
    return Image.fromarray(robust_8bit(values, name, remarks))


def _decode_as(mode: str, image: Image.Image) -> None:
    image.tile = [(decoder, box, offset, mode) for decoder, box, offset, _ in image.tile]
    image.load()


def check_tiff(image: Image.Image, name: str) -> None:
    """Raise ImageError if Pillow would keep the upper bytes only of a TIFF in colour."""
    if image.mode in _DEEP_TIFF and (bits := _bits(image)) > 8:
        raise ImageError(
            f"{name}: is a colour TIFF of {bits} bits a channel; "
            "save it in grey, with 8 bits, or as PNG"
        )


def grey(image: Image.Image, name: str, remarks: list[str]) -> Image.Image | None:
    """A loaded image as 8-bit grey, scaled by its own range; None if its pixels are 8-bit ones.

    Raises:
        ImageError: as `to_8bit`.
    """
    sample, tiff = None, image.format == "TIFF"
    if tiff:
        sample = _misread(image)
    if sample is None and not (image.mode.startswith("I") or image.mode == "F"):
        return None
    values = np.asarray(image)
    scaled = robust_8bit(values.view(sample) if sample else values, name, remarks)
    # Pillow turns the brightness of 8-bit files round, and of no others.
    if tiff and image.tag_v2.get(_PHOTOMETRIC_TAG) == _WHITE_IS_ZERO:
        scaled = 255 - scaled
    return Image.fromarray(scaled)


def _misread(tiff: Image.Image) -> str | None:
    """What a TIFF's numbers are where Pillow takes them for others of as many bits, to NumPy."""
    signed = tiff.tag_v2.get(_SAMPLE_FORMAT_TAG, (1,))[0] == _SIGNED
    if tiff.mode == "L" and signed:
        return "int8"
    return "uint32" if tiff.mode == "I" and _bits(tiff) == 32 and not signed else None


def _bits(tiff: Image.Image) -> int:
    bits = tiff.tag_v2.get(_BITS_PER_SAMPLE_TAG, 8)
    return max(bits) if isinstance(bits, tuple) else int(bits)

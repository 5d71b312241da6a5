"""How a decoded picture is meant to be seen: transparency, pixel shape, orientation."""

import numpy as np
from PIL import Image

from edge.scan.geometry import ratio_of

_ORIENTATION_TAG = 274  # EXIF 2.32, table 4
_ORIENTATION_ENTRY = (_ORIENTATION_TAG, 2), (3, 2), (1, 4)
"""Tag, type (a number of two bytes) and count, with the bytes that each takes (TIFF 6.0)."""
_EXIF = b"Exif\0\0"
_GIF_ASPECT = 12  # position of the byte; GIF89a, 18


def to_l_or_rgb(image: Image.Image, name: str, remarks: list[str]) -> Image.Image:
    """The picture in mode "L" or "RGB", what is transparent laid over black.

    Args:
        image: loaded, of any mode of Pillow's.
        name: for errors.
        remarks: what the user should know is appended.

    Raises:
        ImageError: its values cannot be brought to 8 bits.
    """
    if image.format == "TIFF" or image.mode[0] in "IF":
        from edge.scan.picture.bit_depth import grey

        if (deep := grey(image, name, remarks)) is not None:
            return deep
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if image.mode == "P" and image.palette is None:
        return Image.fromarray(np.asarray(image))  # a GIF's without colours: Pillow's own are grey
    if image.mode == "La":
        return image.getchannel(0)  # laid over black already
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if image.mode in ("LA", "RGBA") and image.getchannel("A").getextrema()[0] == 255:
        return image.convert(mode)  # it hides nothing: a third of the time
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        black = Image.new("RGBA", layer.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, layer)
    return image.convert(mode)


def stated_ratio(image: Image.Image, kind: str, head: bytes) -> float | None:
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


def orientation_of(image: Image.Image, kind: str) -> int:
    """How the picture is to be turned, as EXIF numbers it: 1 is upright, and what none says."""
    if kind == "TIFF":
        return image.orientation
    exif = image.info.get("exif")
    if exif is None:
        return 1
    # Pillow's reading of EXIF imports its TIFF code, and takes a tenth of a millisecond.
    plain = _plain_orientation(exif) if isinstance(exif, bytes) else None
    return image.getexif().get(_ORIENTATION_TAG, 1) if plain is None else plain


def _plain_orientation(exif: bytes) -> int | None:
    """What the first directory of EXIF data says, if it says it once and as the standard wants.

    None: it does not, so that Pillow, which knows other ways, is to be asked.
    """
    tiff = exif[6:] if exif.startswith(_EXIF) else exif
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(tiff[:4])
    if order is None:
        return None
    start = int.from_bytes(tiff[4:8], order)
    entries = tiff[start + 2 : start + 2 + 12 * int.from_bytes(tiff[start : start + 2], order)]
    tag, kind, one = (number.to_bytes(size, order) for number, size in _ORIENTATION_ENTRY)
    found = [entries[at : at + 12] for at in range(0, len(entries) - 11, 12)]
    found = [entry for entry in found if entry[:2] == tag]
    if len(found) != 1 or found[0][2:8] != kind + one:
        return None
    return int.from_bytes(found[0][8:10], order)


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture turned or mirrored as `orientation_of` says; numbers that EXIF has not: as is."""
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

"""JPEG files that hold further JPEG pictures (MPO; CIPA DC-007): which of these count as frames.

Phones put previews, depth and gain maps behind a picture, which are no pictures to judge; cameras
with two lenses put a second whole one there.
"""

import io

from PIL.JpegImagePlugin import JpegImageFile

from edge.errors import ImageError
from edge.scan.file_format import CHOOSE_FRAME

_ENTRIES = 0xB002
_DECLARED = "Multi-Frame"
"""Begins the kinds that are frames at any size: panorama, disparity, several angles."""
_PREVIEW = "Large Thumbnail"
_GAIN_MAP = b"hdrgm:"
"""In the head of a picture that a gain map follows, and of the map (Adobe's XMP)."""
_AUXILIARY = (_GAIN_MAP, b"hdrgainmap", b"urn:iso:std:iso:ts:21496", b":aux:")
"""In the head of gain, depth and other maps (Adobe's and Apple's XMP, ISO 21496-1)."""
_MOST = 64
"""Pictures that are looked at."""
_HEAD = 1 << 18
"""Bytes of each in which its size is looked for."""


def other_frame(
    image: JpegImageFile, data: bytes, name: str, frame: int | None, remarks: list[str]
) -> bytes | None:
    """The bytes of the chosen frame, a JPEG of its own; None: the first, which `image` is.

    Args:
        image: opened by Pillow, with "mp" in its info.
        data: of the whole file.
        frame: from 1; None: the file must have one only.
        remarks: of pictures that are passed over is appended.

    Raises:
        ImageError: more than one frame, or no such frame.
    """
    found, passed, missing = _others(image, data)
    if frame is None and found:
        raise ImageError(f"{name}: holds {len(found) + 1} frames; {CHOOSE_FRAME}")
    if frame is not None and frame > len(found) + 1:
        raise ImageError(f"{name}: has no frame {frame}, the last is {len(found) + 1}")
    if passed:
        remarks.append("it holds a preview or a map as well, which is passed over")
    if missing:
        remarks.append("it names a further picture that is not in the file")
    return found[frame - 2] if (frame or 1) > 1 else None


def _others(image: JpegImageFile, data: bytes) -> tuple[list[bytes], bool, bool]:
    """Further frames; whether others are passed over; whether others are not there."""
    try:
        index = image._getmp()
        entries = index[_ENTRIES][1:_MOST]
    except Exception:  # a damaged index: Pillow, too, takes the file for its first picture
        return [], False, False
    head = data[: max(0, int(image.info["mpoffset"]))]
    maps = _GAIN_MAP in head or _GAIN_MAP in image.info.get("xmp", b"")
    found, passed, missing = {}, False, False
    for entry in entries:
        start = image.info["mpoffset"] + entry["DataOffset"]
        whole = data[start : start + entry["Size"]]
        if entry["DataOffset"] == 0 or whole[:3] != b"\xff\xd8\xff":
            missing = True
        elif _is_frame(entry["Attribute"]["MPType"], whole[:_HEAD], image.size, maps):
            found[start] = whole
        else:
            passed = True
    return list(found.values()), passed, missing


def _is_frame(kind: str, head: bytes, size: tuple[int, int], maps: bool) -> bool:
    if kind.startswith(_DECLARED):
        return True
    if maps or kind.startswith(_PREVIEW) or any(mark in head for mark in _AUXILIARY):
        return False
    try:
        other = JpegImageFile(io.BytesIO(head), "").size
    except Exception:  # Pillow raises what its parsing trips over
        return False
    return other[0] >= size[0] and other[1] >= size[1]

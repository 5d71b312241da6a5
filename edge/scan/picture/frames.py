"""Frames of an animation, pages of a TIFF: one is chosen, or there must be one only."""

from PIL import Image

from edge.errors import ImageError
from edge.scan.file_format import CHOOSE_FRAME
from edge.scan.max_pixels import check_size

_MAX_FRAMES = 1000  # that are counted, for a message


def go_to_frame(
    image: Image.Image, kind: str, name: str, frame: int | None, max_pixels: int
) -> None:
    """Go to a frame (from 1), or make sure that there is one only."""
    stacked = image.stacked if kind == "TIFF" and (frame is None or frame > 1) else 1
    if frame is None:
        frames = _count(image, kind)
        if frames == 1:
            frames = min(stacked, _MAX_FRAMES)
        if frames > 1:
            more = " or more" if frames == _MAX_FRAMES else ""
            raise ImageError(f"{name}: holds {frames}{more} frames; {CHOOSE_FRAME}")
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

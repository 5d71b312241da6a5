"""Resize filters, and a region of a picture at the size of a model's input."""

from PIL import Image

from edge.scan.crop import Crop

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
"""Resize filters by manifest name. Pillow's all but `nearest` widen with the scale, so shrinking
does not alias."""


def cut_and_resize(
    image: Image.Image,
    crop: Crop,
    size: tuple[int, int],
    resample: Image.Resampling,
    gap: float | None = None,
) -> Image.Image:
    """A region of an image at another size.

    Only what lies in the image is resized, then put in its place to the pixel: the region around
    a long and narrow picture would not fit into memory.

    Args:
        gap: times the new size that pixels are averaged down to before the filter, which takes its
            time for each of them; None: they are not.
    """
    starts, ends, places = [], [], []
    for axis in (0, 1):
        start, end = crop.region[axis], crop.region[axis + 2]
        starts.append(max(crop.shown[axis], start))
        ends.append(min(crop.shown[axis + 2], end))
        scale = size[axis] / (end - start)
        first = min(round((starts[axis] - start) * scale), size[axis] - 1)
        last = max(first + 1, round((ends[axis] - start) * scale))
        places.append((first, last))
    (left, right), (top, bottom) = places
    size_of_part = right - left, bottom - top
    part = image.resize(size_of_part, resample, box=(*starts, *ends), reducing_gap=gap)
    if part.size == size:
        return part
    result = Image.new(image.mode, size)
    result.paste(part, (left, top))
    return result

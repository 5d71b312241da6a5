"""How large an image may be: checked on its header, before memory is spent."""

from edge.errors import ImageError

MAX_PIXELS = 64_000_000
"""Largest accepted width x height. Checked on the header, before memory is spent: 64 megapixels
are twice the largest clinical radiograph and, as RGB, 192 MB."""


def check_size(size: tuple[int, int], name: str, max_pixels: int) -> None:
    """Raise ImageError if an image of this width and height has more than `max_pixels` pixels."""
    width, height = size
    if width * height > max_pixels:
        raise ImageError(
            f"{name}: {width}x{height} pixels is more than the limit of {max_pixels}; "
            "scale the image down or raise --max-pixels"
        )


def max_file_bytes(max_pixels: int) -> int:
    """Bytes of the largest file of one picture: uncompressed RGBA of 16 bits, and a profile."""
    return 8 * max_pixels + (16 << 20)

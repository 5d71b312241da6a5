"""How many pages a TIFF file holds."""

from edge.scan.picture.tiff import TiffFile

_MOST = 1000
"""Pages that are looked for. Each is looked up from the first."""


def count_pages(path: str, kind: str) -> int:
    """Pages of a TIFF file, at most 1000; 1 for any other format, and where it cannot be told.

    Frames of other formats are moments of an animation, not slices.

    Args:
        kind: as `edge.scan.file_format.sniff` names it.
    """
    if kind != "TIFF":
        return 1
    count = 1
    try:
        with open(path, "rb") as file:
            image = TiffFile(file)
            stacked = image.stacked
            while count < _MOST:
                image.seek(count)
                count += 1
    except EOFError:
        return count if count > 1 else max(1, min(stacked, _MOST))
    except Exception:  # Pillow raises a dozen types on damaged bytes; reading the page tells why
        return count
    return count

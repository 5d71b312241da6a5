"""Files that state one SOPInstanceUID: copies of a slice, or different ones under one number."""

from collections.abc import Sequence

from edge.scan.dicom.slice import pixel_digest


def one_of_each_picture(paths: Sequence[str]) -> list[str]:
    """Of files that state one SOPInstanceUID those that count, in their order.

    The first of each picture; what cannot be read counts where nothing can, and then the first.
    Some programs number the slices of two series alike. By the number alone one would be left out
    unseen.
    """
    if len(paths) < 2:
        return list(paths)
    first: dict[bytes | None, str] = {}
    for path in paths:
        first.setdefault(pixel_digest(path), path)
    if len(first) > 1:
        first.pop(None, None)
    return list(first.values())

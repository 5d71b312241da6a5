"""What is shown of a slice, and what ought to be."""

import numpy as np

from edge.scan.decode import read_scan

GREY = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)


def shown(path, **options):
    scan = read_scan(path, **options)
    assert scan.image.mode == "L"
    return np.asarray(scan.image), scan.remarks


def by_hand(values, center, width):
    """PS3.3, C.11.2.1.2."""
    return np.rint(((values - (center - 0.5)) / (width - 1) + 0.5).clip(0, 1) * 255)


def same(path, pixels, remarks=()):
    found = shown(path)
    np.testing.assert_array_equal(found[0], pixels)
    assert found[1] == remarks

"""JPEG files of several parts: data and pixels of each must end together."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from edge.errors import ImageError
from edge.scan.decode import decode
from edge.scan.picture.integrity import jpeg_layout
from edge.scan.picture.watched_jpeg import _parts

KINDS = {
    "progressive": {"progressive": True},
    "progressive, grey": {"progressive": True, "grey": True},
    "progressive, restarts": {"progressive": True, "restart_marker_rows": 4},
    "restarts": {"restart_marker_rows": 2},
    "restarts, grey": {"restart_marker_blocks": 64, "grey": True},
    "restarts, everywhere": {"restart_marker_blocks": 1},
}


def picture(grey: bool) -> Image.Image:
    noise = np.random.default_rng(4).integers(0, 60, (200, 240, 3))
    shade = np.add.outer(np.arange(200) * 0.5, np.arange(240) * 0.3)[..., None]
    image = Image.fromarray((noise + shade).astype(np.uint8))
    return image.convert("L") if grey else image


@pytest.fixture(params=KINDS)
def data(request) -> bytes:
    options = dict(KINDS[request.param])
    stream = io.BytesIO()
    picture(options.pop("grey", False)).save(stream, "JPEG", quality=85, **options)
    return stream.getvalue()


def test_a_whole_file_has_the_pixels_that_pillow_reads(data):
    expected = Image.open(io.BytesIO(data))
    np.testing.assert_array_equal(np.asarray(decode(data)), np.asarray(expected))


def large_parts(data: bytes) -> list[tuple[int, int]]:
    return [(first, end) for first, end in _parts(data, jpeg_layout(data)) if end - first > 150]


def test_parts_that_lost_their_end_are_seen(data):
    parts, unseen = large_parts(data), 0
    for _, end in parts:
        try:
            decode(data[: end - 60] + data[end:])
        except ImageError:
            continue
        unseen += 1  # what follows happened to code the missing units in as many bytes
    assert unseen <= len(parts) // 10


def test_each_part_with_more_than_its_pixels_is_seen(data):
    for first, end in large_parts(data):
        own = data[first:end]
        with pytest.raises(ImageError, match="more data than pixels"):
            decode(data[:end] + own[: len(own) // 2].rstrip(b"\xff") + data[end:])


def test_parts_are_scans_and_what_lies_between_restart_markers(data):
    _, scans, restarts = layout = jpeg_layout(data)
    parts = _parts(data, layout)
    assert (len(parts) == len(scans)) is (restarts == 0)
    assert parts[0][0] == scans[0][0]
    assert parts[-1][1] == scans[-1][1]
    assert all(end <= first for (_, end), (first, _) in pairwise(parts))

"""What is a copy and what only looks like one."""

import time

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from edge.model_file.manifest import InputSpec
from train.data.appearance import Appearance, appearance_of
from train.data.class_folders import find_files
from train.data.read_folders import read_scans
from train.data.scans import Classes, Scan, ScanSet, joined
from train.phantom.make import make_phantom
from train.splitting.near_duplicates import (
    MAX_BITS,
    find_conflicts,
    find_groups,
    find_overlaps,
    merged,
    near_pairs,
    renumbered,
)


def phantom(seed, lesion=False):
    return Image.fromarray(make_phantom(seed, lesion, 160).pixels)


def looks_of(images):
    return Appearance(*map(np.stack, zip(*map(appearance_of, images), strict=True)))


def scans(labels, root="/d", names=None):
    return tuple(
        Scan(root, f"{i}.png", label, names[i] if names else f"{root}{i}")
        for i, label in enumerate(labels)
    )


def jpeg(image, quality=60):
    import io

    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality)
    return Image.open(file)


COPIES = {
    "re-encoded": jpeg,
    "rescaled": lambda image: image.resize((97, 97), Image.Resampling.BICUBIC),
    "coloured": lambda image: image.convert("RGB"),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
}


@pytest.mark.parametrize("change", COPIES)
@pytest.mark.parametrize("across", [False, True])
def test_copies_of_a_picture_are_found_within_a_class_and_across(change, across):
    image = phantom(3, lesion=True)
    given = scans([True, not across])
    groups = find_groups(given, looks_of([image, COPIES[change](image)]))
    assert groups.tolist() == [0, 0]
    assert len(find_conflicts(groups, given)) == across


@pytest.mark.parametrize(
    ("correlation", "within", "across"),
    [(0.94, False, False), (0.96, True, False), (0.97, True, False), (0.99, True, True)],
)
def test_classes_are_merged_by_stricter_a_rule(correlation, within, across):
    first, second = np.random.default_rng(0).standard_normal((2, 1024))
    second = correlation * first + np.sqrt(1 - correlation**2) * second
    thumbnails = np.clip(128 + 25 * np.stack([first, second]), 0, 255).astype(np.uint8)
    appearance = Appearance(np.zeros((2, 8), np.uint8), thumbnails)
    for labels, merge in (([True, True], within), ([False, True], across)):
        assert (find_groups(scans(labels), appearance).tolist() == [0, 0]) is merge


def alike(correlation):
    """Three pictures of one hash, each two of which correlate so."""
    shared, *own = np.random.default_rng(0).standard_normal((4, 1024))
    mixed = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * np.stack(own)
    thumbnails = np.clip(128 + 25 * mixed, 0, 255).astype(np.uint8)
    return Appearance(np.zeros((3, 8), np.uint8), thumbnails)


@pytest.mark.parametrize(
    ("patients", "correlation", "expected"),
    [
        (None, 0.965, [0, 0, 0]),
        (["a", "b", "c"], 0.965, [0, 1, 2]),
        (["a", "a", "b"], 0.965, [0, 0, 1]),
        (["a", None, None], 0.965, [0, 0, 0]),
        (["a", "b", "c"], 0.995, [0, 0, 0]),
    ],
)
def test_two_known_patients_must_look_the_more_alike(patients, correlation, expected):
    found = find_groups(scans([False] * 3), alike(correlation), patients)
    assert found.tolist() == expected


def test_the_same_file_is_a_copy_whoever_it_is_said_to_show():
    given = scans([False] * 2, names=["same", "same"])
    assert find_groups(given, looks_of([phantom(3)] * 2), ["a", "b"]).tolist() == [0, 0]


def test_different_heads_are_different():
    images = [phantom(seed) for seed in range(12)]
    assert len(set(find_groups(scans([False] * 12), looks_of(images)).tolist())) == 12


def test_the_hash_alone_does_not_decide():
    random = np.random.default_rng(0)
    hashes = np.zeros((2, 8), np.uint8)
    thumbnails = random.integers(0, 256, (2, 1024), np.uint8)
    assert find_groups(scans([True, True]), Appearance(hashes, thumbnails)).tolist() == [0, 1]


def test_the_threshold_is_what_it_says():
    thumbnail = np.random.default_rng(0).integers(0, 256, 1024, np.uint8)
    for bits in range(8):
        hashes = np.zeros((2, 8), np.uint8)
        hashes[1] = np.packbits(np.arange(64) < bits)
        groups = find_groups(scans([True, True]), Appearance(hashes, np.stack([thumbnail] * 2)))
        assert (groups.tolist() == [0, 0]) == (bits <= MAX_BITS)


def test_the_same_bytes_are_always_together():
    random = np.random.default_rng(0)
    appearance = Appearance(
        random.integers(0, 256, (3, 8), np.uint8), random.integers(0, 256, (3, 1024), np.uint8)
    )
    given = scans([False, True, True], names=["a", "b", "a"])
    groups = find_groups(given, appearance)
    assert groups.tolist() == [0, 1, 0]
    (conflict,) = find_conflicts(groups, given)
    assert str(conflict) == "/d/0.png (no tumor) = /d/2.png (tumor)"


def test_uniform_pictures_are_alike_in_nothing():
    images = [Image.new("L", (50, 50), value) for value in (0, 0, 128)]
    assert find_groups(scans([True] * 3), looks_of(images)).tolist() == [0, 1, 2]


def test_copies_of_copies_are_together():
    groups = merged(np.arange(5), np.array([0, 1, 3]), np.array([1, 4, 3]))
    assert renumbered(groups).tolist() == [0, 0, 1, 2, 0]


def test_blocks_do_not_matter(monkeypatch):
    images = [phantom(seed // 3) for seed in range(30)]
    given, appearance = scans([False] * 30), looks_of(images)
    whole = find_groups(given, appearance)
    monkeypatch.setattr("train.splitting.near_duplicates._BLOCK", 7)
    np.testing.assert_array_equal(find_groups(given, appearance), whole)
    assert whole.tolist() == [seed // 3 for seed in range(30)]


@pytest.mark.parametrize("alike", [False, True])
def test_many_scans_need_no_square_of_memory(alike):
    import tracemalloc

    number = 4000
    random = np.random.default_rng(0)
    appearance = Appearance(
        random.integers(0, 256, (number, 8), np.uint8),
        random.integers(0, 256, (number, 1024), np.uint8),
    )
    if alike:  # the most pairs that there can be
        appearance = Appearance(
            appearance.hashes[:1].repeat(number, 0), appearance.thumbnails[:1].repeat(number, 0)
        )
    tracemalloc.start()
    started = time.monotonic()
    groups = find_groups(scans([True] * number), appearance)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"{number} scans in {time.monotonic() - started:.1f} s, {peak / 1e6:.0f} MB")
    assert len(set(groups.tolist())) == (1 if alike else number)
    assert peak < number * number * 8  # one matrix of doubles would be more


def test_overlaps_count_each_side():
    images = [phantom(seed) for seed in (0, 1, 2, 0, 1)]
    images[4] = jpeg(images[4])
    here = scans([False, False, True], "/a", names=["x", "y", "z"])
    there = scans([False, False], "/b", names=["x", "v"])
    found = find_overlaps((*here, *there), looks_of(images))
    rows = {(o.folder, o.positive): (o.scans, o.byte_identical, o.near) for o in found}
    assert rows == {
        ("/a", False): (2, 1, 2),
        ("/a", True): (1, 0, 0),
        ("/b", False): (2, 1, 2),
    }
    assert find_overlaps(here, looks_of(images[:3])) == []


@pytest.fixture(scope="module")
def both():
    """The 253 and Br35H, as one set."""
    from tests.conftest import SHARED_DATA

    sets = []
    for name in ("brain_tumor_dataset", "br35h"):
        folder = SHARED_DATA / name
        if not folder.is_dir():
            pytest.skip(f"the real scans are not at {folder}")
        sets.append(read_scans(folder, find_files(folder, Classes()), InputSpec(8, 8, "grey")))
    return joined(sets)


def test_the_overlaps_that_the_data_readme_states(both: ScanSet):
    found = {
        (o.folder.rsplit("/", 1)[1], o.positive): o
        for o in find_overlaps(both.scans, both.appearance)
    }
    no = found["brain_tumor_dataset", False]
    assert (no.scans, no.byte_identical, no.near) == (98, 71, 93)
    assert found["brain_tumor_dataset", True].near == 63


def test_no_real_scans_of_different_classes_are_merged(both: ScanSet):
    assert find_conflicts(find_groups(both.scans, both.appearance), both.scans) == []
    # The hash alone would have: that is why there is a second look.
    positive = both.truth.astype(bool)
    flat = Appearance(
        both.appearance.hashes, np.tile(np.arange(1024, dtype=np.uint8), (len(positive), 1))
    )
    across = sum((positive[i] != positive[j]).sum() for i, j in near_pairs(flat, positive))
    assert across == 82

"""Phantoms: made up, reproducible, and no easier to tell apart than by their lesion."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from train.phantom import files
from train.phantom.files import MAX_COUNT, SAMPLE_SEEDS, is_synthetic, write_phantoms, write_samples
from train.phantom.make import GENERATOR_VERSION, MAX_SEED, make_phantom

SAMPLES = Path(__file__).parents[3] / "samples"
SEEDS = range(900, 908)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def reach(mask: np.ndarray, factor: float) -> np.ndarray:
    """A disc around the mask, `factor` times as wide as a disc of the mask's area."""
    rows, columns = np.nonzero(mask)
    y, x = np.ogrid[: mask.shape[0], : mask.shape[1]]
    square = (y - rows.mean()) ** 2 + (x - columns.mean()) ** 2
    return square < factor**2 * mask.sum() / np.pi


def auc(scores: np.ndarray, positive: np.ndarray) -> float:
    scores = scores.astype(float)
    difference = scores[positive][:, None] - scores[~positive]
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


# --- one phantom


@pytest.mark.parametrize("lesion", [False, True])
@pytest.mark.parametrize("size", [64, 150, 256])
def test_shapes_and_types(size, lesion):
    phantom = make_phantom(3, lesion, size)
    assert (phantom.pixels.shape, phantom.pixels.dtype) == ((size, size), np.uint8)
    assert (phantom.lesion.shape, phantom.lesion.dtype) == ((size, size), np.bool_)
    assert phantom.has_lesion is lesion
    assert phantom.lesion.any() == lesion


@pytest.mark.parametrize("lesion", [False, True])
def test_a_seed_always_gives_the_same_pixels_and_another_seed_others(lesion):
    first, again, other = (make_phantom(seed, lesion, 128) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.lesion, again.lesion)
    assert not np.array_equal(first.pixels, other.pixels)


@pytest.mark.parametrize(
    ("arguments", "message"), [((-1, True), "seed"), ((1, True, 63), "64 pixels")]
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_phantom(*arguments)


# --- the lesion


@pytest.mark.parametrize("seed", SEEDS)
def test_same_head_with_and_without_lesion_differs_at_the_lesion_only(seed):
    healthy = make_phantom(seed, False).pixels.astype(float)
    phantom = make_phantom(seed, True)
    change = np.abs(phantom.pixels - healthy)
    assert change[phantom.lesion].mean() > 15
    # Oedema reaches up to 2.6 radii; further out there is only a trace of ghosts and ringing.
    far = change[~reach(phantom.lesion, 3.2)]
    assert far.mean() < 0.5
    assert far.max() <= 8


@pytest.mark.parametrize("seed", SEEDS)
def test_lesion_lies_inside_the_skull(seed):
    head = make_phantom(seed, False).pixels > 40
    mask = make_phantom(seed, True).lesion
    for around, inside in ((head, mask), (head.T, mask.T)):
        for line in np.flatnonzero(inside.any(axis=1)):
            scalp, lesion = np.flatnonzero(around[line]), np.flatnonzero(inside[line])
            assert scalp[0] + 5 < lesion[0]
            assert lesion[-1] < scalp[-1] - 5


def test_lesions_vary_in_size():
    radii = [np.sqrt(make_phantom(seed, True, 64).lesion.mean() / np.pi) for seed in range(30)]
    assert max(radii) > 1.5 * min(radii)


# --- no shortcuts


def test_global_statistics_hardly_tell_the_classes_apart():
    count = 240
    lesion = np.arange(count) % 2 == 0
    images = [make_phantom(10_000 + i, bool(lesion[i]), 128).pixels for i in range(count)]
    for statistic in (np.mean, np.std, np.max, lambda image: np.percentile(image, 99)):
        assert 0.35 < auc(np.array([statistic(image) for image in images]), lesion) < 0.65

    bins = np.array([np.histogram(image, 16, (0, 256))[0] for image in images]) / images[0].size
    bins = (bins - bins.mean(0)) / (bins.std(0) + 1e-9)
    learn, judge = slice(0, count // 2), slice(count // 2, None)
    penalty = 10 * np.eye(16)
    weights = np.linalg.solve(
        bins[learn].T @ bins[learn] + penalty, bins[learn].T @ (lesion[learn] - 0.5)
    )
    assert auc(bins[judge] @ weights, lesion[judge]) < 0.7


# --- a folder of phantoms


def test_folder_holds_half_of_each_class_and_says_synthetic(tmp_path):
    folder = write_phantoms(tmp_path / "deep" / "data", 6, seed=1)
    record = json.loads((folder / "phantom.json").read_text())
    assert record["synthetic"] is True
    assert (record["generator_version"], record["seed"], record["count"]) == (
        GENERATOR_VERSION,
        1,
        6,
    )
    assert is_synthetic(folder)
    images = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*"))
    assert images == [
        *(f"no/phantom-0000{i}.png" for i in (2, 4, 6)),
        *(f"yes/phantom-0000{i}.png" for i in (1, 3, 5)),
    ]
    with Image.open(folder / images[0]) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "L", (256, 256))
    assert [path.name for path in folder.parent.iterdir()] == ["data"]


def test_folder_is_the_same_on_every_run_and_another_with_another_seed(tmp_path):
    first, again, other = (
        contents(write_phantoms(tmp_path / name, 4, seed))
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert first == again
    assert not set(first.values()) & set(other.values())


def test_no_head_is_used_twice(tmp_path, monkeypatch):
    seen = []

    def remember(seed, lesion, size=256):
        seen.append(seed)
        return make_phantom(1, lesion, 64)

    monkeypatch.setattr(files, "make_phantom", remember)
    for seed in (0, 1, MAX_SEED):
        write_phantoms(tmp_path / str(seed), 5, seed)
    assert len(set(seen)) == 15
    assert min(SAMPLE_SEEDS.values()) > (MAX_SEED + 1) * MAX_COUNT > max(seen)


def test_matching_folder_is_reused_untouched(tmp_path, monkeypatch):
    folder = write_phantoms(tmp_path / "data", 2, seed=1)
    monkeypatch.setattr(files, "make_phantom", None)
    assert write_phantoms(folder, 2, seed=1) == folder


@pytest.mark.parametrize("change", ["seed", "count", "missing", "extra", "foreign", "file"])
def test_folder_with_anything_else_is_refused_and_left_alone(tmp_path, change):
    folder, count, seed = tmp_path / "data", 2, 1
    if change == "file":
        folder.write_text("not a folder")
    elif change == "foreign":
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
    else:
        write_phantoms(folder, count, seed)
    if change == "missing":
        (folder / "no" / "phantom-00002.png").unlink()
    elif change == "extra":
        (folder / "no" / "patient.png").write_bytes(b"")
    before = contents(folder)
    count, seed = count + (change == "count"), seed + (change == "seed")
    with pytest.raises(FileExistsError, match="another folder"):
        write_phantoms(folder, count, seed)
    assert contents(folder) == before


def test_empty_folder_is_filled(tmp_path):
    (tmp_path / "data").mkdir()
    assert is_synthetic(write_phantoms(tmp_path / "data", 2, seed=1))


@pytest.mark.parametrize("same", [True, False])
def test_another_process_may_be_quicker(tmp_path, monkeypatch, same):
    """Its folder is taken if it holds these phantoms, and left alone if not."""
    folder, rename = tmp_path / "data", Path.rename

    def after_another(path, target):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename)
            write_phantoms(folder, 2, seed=1 if same else 2)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", after_another)
    if same:
        assert write_phantoms(folder, 2, seed=1) == folder
    else:
        with pytest.raises(OSError, match=r"(?i)not empty|exist"):
            write_phantoms(folder, 2, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_interrupted_run_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "make_phantom", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_phantoms(tmp_path / "data", 2, seed=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("count", "seed", "message"),
    [
        (1, 0, "phantoms"),
        (MAX_COUNT + 1, 0, "phantoms"),
        (2, -1, "seed"),
        (2, MAX_SEED + 1, "seed"),
    ],
)
def test_count_and_seed_out_of_range_are_refused(tmp_path, count, seed, message):
    with pytest.raises(ValueError, match=message):
        write_phantoms(tmp_path / "data", count, seed)


@pytest.mark.parametrize("record", [None, "", "[]", "{}", '{"synthetic": false}'])
def test_other_folders_are_not_synthetic(tmp_path, record):
    if record is not None:
        (tmp_path / "phantom.json").write_text(record)
    assert not is_synthetic(tmp_path)


# --- the committed samples


def test_committed_samples_are_what_the_generator_writes(tmp_path):
    written = write_samples(tmp_path)
    assert [path.stem for path in written] == list(SAMPLE_SEEDS)
    assert sorted(path.name for path in SAMPLES.glob("phantom-*")) == sorted(
        path.name for path in written
    )
    for path in written:
        with Image.open(path) as new, Image.open(SAMPLES / path.name) as committed:
            np.testing.assert_array_equal(np.asarray(new), np.asarray(committed), path.name)

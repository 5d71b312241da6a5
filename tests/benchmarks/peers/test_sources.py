"""Which scans peers are judged on."""

import random

import pytest
from PIL import Image

from benchmarks.peers.sources import find_sources, look, pictures, sha256
from train.errors import TrainError


def picture(path, seed, size=(96, 96)):
    """Blobs that are like those of no other seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    small = Image.frombytes("L", (8, 8), bytes(chance.randrange(256) for _ in range(64)))
    small.resize(size, Image.Resampling.BICUBIC).save(path)


@pytest.fixture
def data(tmp_path):
    for n in range(6):
        picture(tmp_path / f"more/a/yes/pat{n // 3}_{n}.png", n)
        picture(tmp_path / f"more/a/no/pat{n // 3}_{n}.png", 100 + n)
        picture(tmp_path / f"more/b/deep/no/{n}.png", 200 + n)
        picture(tmp_path / f"healthy/c/{n}.png", 300 + n)
    return tmp_path


def found(data, **options):
    given = {"most": 4, "seed": 0, "patient_id": r"^pat(\d+)"} | options
    folders = [data / "more", data / "healthy"]
    return find_sources(folders, ["yes"], ["no", "healthy"], [], **given)


def test_a_source_is_what_lies_above_a_class_and_is_sampled_by_class(data):
    sources = {one.name: one for one in found(data)}
    assert list(sources) == ["more/a", "more/b/deep", "healthy/c"]
    a = sources["more/a"]
    assert [one.positive for one in a.scans] == [False] * 4 + [True] * 4
    assert a.of == (6, 6)
    assert {one.patient for one in a.scans} <= {"0", "1"}
    assert {one.patient for one in sources["healthy/c"].scans} == {None}
    assert sources["healthy/c"].folder == "healthy"


def test_the_seed_decides_which(data):
    names = [[s.file.name for one in found(data, seed=n) for s in one.scans] for n in (0, 0, 1)]
    assert names[0] == names[1] != names[2]


def test_scans_that_a_run_was_fitted_on_are_left_out(data):
    gone = sorted((data / "more/a/yes").iterdir())[:5]
    a, *_ = found(data, fitted=frozenset(map(sha256, gone)))
    assert [one.file for one in a.scans if one.positive] == [data / "more/a/yes/pat1_5.png"]
    assert a.of == (6, 1)


def test_copies_are_known_by_their_looks(data):
    picture(data / "seen/other-name.png", 302, size=(128, 128))
    picture(data / "seen/new.png", 999)
    picture(data / "healthy/c/again.png", 303, size=(90, 90))
    sources = found(data, most=10)
    looks = look(sources, [data / "seen"])
    assert looks.seen == {data / "healthy/c/2.png": frozenset(["seen"])}
    group = looks.group
    assert group[data / "healthy/c/again.png"] == group[data / "healthy/c/3.png"]
    assert len(set(group.values())) == len(group) - 1


def test_copies_among_more_scans_than_are_compared_at_once(tmp_path):
    for n in range(300):
        picture(tmp_path / f"a/no/{n:03}.png", n // 2)
    (one,) = find_sources([tmp_path / "a"], ["yes"], ["no"], [], 1000, 0, None)
    group = look([one], []).group
    assert len(set(group.values())) == 150
    assert group[tmp_path / "a/no/299.png"] == group[tmp_path / "a/no/298.png"]


def test_pictures_of_a_kind_lie_together(data):
    assert {kind: len(files) for kind, files in pictures(data / "more/b").items()} == {"deep": 6}


def test_a_folder_that_is_no_class_is_named_or_left_out(data):
    picture(data / "more/a/maybe/x.png", 7)
    with pytest.raises(TrainError, match="maybe: holds 1 image"):
        found(data)
    folders = [data / "more", data / "healthy"]
    sources = find_sources(folders, ["yes"], ["no", "healthy"], ["maybe"], 4, 0, None)
    assert [one.name for one in sources] == ["more/a", "more/b/deep", "healthy/c"]

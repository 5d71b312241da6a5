"""Arrays of others: no unpickling, nothing larger than the limit, one kind of error."""

import zipfile

import numpy as np
import pytest

from train.array_archive import read_arrays


@pytest.fixture
def file(tmp_path):
    np.savez(tmp_path / "a.npz", one=np.arange(500), two=np.ones((2, 3), np.float32))
    return tmp_path / "a.npz"


def test_arrays_by_name(file):
    found = read_arrays(file)
    assert list(found) == ["one", "two"]
    np.testing.assert_array_equal(found["one"], np.arange(500))
    assert found["two"].dtype == np.float32


def directory(offset: int, value: int):
    """Set a byte of the first entry of the archive's directory (APPNOTE 4.3.12)."""

    def change(data: bytes) -> bytes:
        at = data.index(b"PK\1\2") + offset
        return data[:at] + bytes([value]) + data[at + 1 :]

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:1000],
        lambda data: b"",
        lambda data: b"no archive at all",
        lambda data: data[:200] + b"\xff" * 50 + data[250:],
        directory(6, 201),  # needs version 20.1 of the format
        directory(8, 1),  # encrypted
        directory(8, 32),  # a patch of another file
        directory(10, 6),  # imploded
    ],
)
def test_damage_is_one_kind_of_error(file, change):
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(ValueError, match=r"truncated, damaged or no \.npz file"):
        read_arrays(file)


def test_what_unpacks_to_more_than_the_limit_is_not_unpacked(tmp_path):
    file = tmp_path / "zeros.npz"
    np.savez_compressed(file, zeros=np.zeros(2_000_000, np.uint8))
    assert file.stat().st_size < 10_000
    with pytest.raises(ValueError, match="2000128 bytes of arrays, more than 1000000"):
        read_arrays(file, most=1_000_000)


def test_nothing_is_unpickled(tmp_path):
    file = tmp_path / "objects.npz"
    np.savez(file, objects=np.array([{"a": 1}], object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_arrays(file)


def test_errors_of_opening_pass(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "none.npz")


def test_the_archive_of_another_program(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("text.txt", "no array")
    with pytest.raises(ValueError, match=r"text\.txt is no array"):
        read_arrays(tmp_path / "x.npz")

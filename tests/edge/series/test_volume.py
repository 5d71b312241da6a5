"""NIfTI volumes come out upright and in order, however they are stored."""

import gzip
import sys

import numpy as np
import pytest
from PIL import Image

from edge import Classifier
from edge.errors import ImageError, MissingSoftwareError
from edge.series.classify import classify_series
from edge.series.volume import axial_slices, is_nifti

LIMIT = 1 << 20


def anatomy():
    """An asymmetric body in RAS: x to the right, y to the front, z up; 20 x 24 x 10."""
    x, y, z = np.meshgrid(np.arange(20), np.arange(24), np.arange(10), indexing="ij")
    return (x + 12 * y + 40 * (z + 1) + 900 * (x < 4) * (y > 18)).astype(np.int16)


def write(path, values, affine=None):
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.Nifti1Image(values, np.eye(4) if affine is None else affine)
    nibabel.save(image, path)
    return str(path)


def slices(path):
    return [np.asarray(one.image) for one in axial_slices(path, LIMIT)]


def stored(values, codes):
    """The same body as another scanner stores it."""
    nibabel = pytest.importorskip("nibabel")
    from nibabel.orientations import axcodes2ornt, inv_ornt_aff, ornt_transform

    turn = ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(codes))
    turned = nibabel.apply_orientation(values, turn)
    return turned, inv_ornt_aff(turn, values.shape)


def test_front_is_up_and_the_left_on_the_right(tmp_path):
    values = anatomy()
    values[:] = 0
    values[:4, :, :] = 100  # the patient's left
    values[:, 20:, :] = 200  # the front
    values[:, :, 9] += 55  # the top
    found = slices(write(tmp_path / "a.nii", values))
    assert len(found) == 10
    assert found[0].shape == (24, 20)
    assert (found[0][:4] == found[0].max()).all(), "the front is up"
    assert found[0][12, -1] > found[0][12, 0] == 0, "the left is on the right"
    assert found[9].mean() > found[0].mean(), "the last is the top"


@pytest.mark.parametrize(
    "codes", ["RAS", "LAS", "LPS", "RPI", "SAR", "PIR", "AIL", "ILP", "RSA", "LSP"]
)
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_the_same_anatomy_however_it_lies_in_the_file(tmp_path, codes, suffix):
    expected = slices(write(tmp_path / "ras.nii", anatomy()))
    values, affine = stored(anatomy(), codes)
    found = slices(write(tmp_path / f"other{suffix}", values, affine))
    assert len(found) == len(expected)
    assert all(map(np.array_equal, found, expected))


def test_slightly_oblique(tmp_path):
    angle = np.deg2rad(12)
    affine = np.eye(4)
    affine[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    expected = slices(write(tmp_path / "a.nii", anatomy()))
    assert all(map(np.array_equal, slices(write(tmp_path / "b.nii", anatomy(), affine)), expected))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_types(tmp_path, dtype):
    values = (anatomy() // 8).clip(0, 255)
    expected = slices(write(tmp_path / "a.nii", values.astype(np.int16)))
    found = slices(write(tmp_path / "b.nii", values.astype(dtype)))
    assert all(map(np.array_equal, found, expected))


@pytest.mark.parametrize(
    ("sides", "size"), [((1, 1), (20, 24)), ((2, 1), (40, 24)), ((1, 2), (20, 48))]
)
@pytest.mark.parametrize("codes", ["RAS", "PIR"])
def test_voxels_that_are_not_square_are_evened(tmp_path, sides, size, codes):
    nibabel = pytest.importorskip("nibabel")
    values, affine = stored(anatomy(), codes)
    affine = np.diag([*sides, 5, 1.0]) @ affine
    assert nibabel.aff2axcodes(affine) == tuple(codes)
    first = next(iter(axial_slices(write(tmp_path / "a.nii", values, affine), LIMIT)))
    assert first.image.size == size
    assert any("evened" in text for text in first.remarks) == (sides != (1, 1))


def test_black_and_white_are_those_of_the_whole_volume(tmp_path):
    values = anatomy()
    found = slices(write(tmp_path / "a.nii", values))
    assert [int(one.max()) for one in found] == sorted(int(one.max()) for one in found)
    assert found[0].max() < 255
    assert found[-1].max() == 255
    values[3, 3, 3] = 30000  # one hot voxel
    hot = list(axial_slices(write(tmp_path / "b.nii", values), LIMIT))
    assert np.abs(np.asarray(hot[8].image, int) - found[8]).mean() < 40
    assert any("cut off" in text for text in hot[0].remarks)


def test_no_numbers_become_black(tmp_path):
    values = anatomy().astype(np.float32)
    values[:, :2] = np.nan
    first = next(iter(axial_slices(write(tmp_path / "a.nii", values), LIMIT)))
    assert (np.asarray(first.image)[-2:] == 0).all()
    assert any("no finite" in text for text in first.remarks)
    with pytest.raises(ImageError, match="finite"):
        slices(write(tmp_path / "b.nii", np.full_like(values, np.nan)))


def test_without_orientation_it_is_taken_as_stored_and_said(tmp_path):
    path = write(tmp_path / "a.nii", anatomy())
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[252:256] = bytes(4)  # the codes of both of its transforms (nifti1.h)
    (tmp_path / "a.nii").write_bytes(data)
    assert "does not say how it lies" in next(iter(axial_slices(path, LIMIT))).remarks[0]


def test_four_dimensions_are_refused_with_a_hint(tmp_path):
    path = write(tmp_path / "a.nii.gz", np.stack([anatomy()] * 7, -1))
    with pytest.raises(ImageError, match=r"holds 7 volumes in 4 dimensions; save one of them"):
        slices(path)
    assert len(slices(write(tmp_path / "b.nii", anatomy()[..., None]))) == 10


def test_the_checksum_of_a_packed_volume_counts(tmp_path):
    """Voxels that differ in a bit are numbers like others: the checksum alone tells."""
    path = tmp_path / "a.nii.gz"
    write(path, anatomy())
    whole = path.read_bytes()
    unpacked = bytearray(gzip.decompress(whole))
    unpacked[-100] ^= 1
    changed = gzip.compress(bytes(unpacked))
    for data in (changed[:-8] + whole[-8:], whole[:-8], whole[:-4]):
        path.write_bytes(data)
        with pytest.raises(ImageError, match="truncated or damaged"):
            slices(str(path))
    path.write_bytes(gzip.compress(bytes(unpacked) + bytes(999)))
    assert len(slices(str(path))) == 10


def test_a_packed_volume_does_not_go_on_for_ever(tmp_path):
    path = tmp_path / "a.nii.gz"
    write(path, anatomy())
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + bytes(1 << 25)))
    with pytest.raises(ImageError, match="goes on behind its voxels"):
        slices(str(path))


@pytest.mark.parametrize(
    ("offset", "words"),
    [(0, "its voxels begin within its header"), (16, "damaged NIfTI")],
)
def test_a_header_is_no_picture(tmp_path, offset, words):
    nibabel = pytest.importorskip("nibabel")
    path = tmp_path / "volume.nii"
    nibabel.save(nibabel.Nifti1Image(np.arange(8**3, dtype=np.int16).reshape(8, 8, 8), None), path)
    data = bytearray(path.read_bytes())
    data[108:112] = np.float32(offset).tobytes()
    path.write_bytes(data)
    with pytest.raises(ImageError, match=words):
        axial_slices(str(path), 10**6)


def test_the_voxels_of_a_pair_of_files_begin_at_0(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    path = tmp_path / "volume.hdr"
    values = np.arange(8**3, dtype=np.int16).reshape(8, 8, 8)
    nibabel.save(nibabel.Nifti1Pair(values, None), path)
    assert len(list(axial_slices(str(path), 10**6))) == 8


def test_colours_are_refused(tmp_path):
    kind = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    with pytest.raises(ImageError, match="no grey values"):
        slices(write(tmp_path / "a.nii", np.zeros((4, 4, 4), kind)))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("share", [0, 0.02, 0.5, 0.99])
def test_truncated(any_model, tmp_path, suffix, share):
    noise = np.random.default_rng(0).integers(0, 999, (20, 24, 10)).astype(np.int16)
    path = tmp_path / f"a{suffix}"
    data = (write(path, noise), path.read_bytes())[1]
    path.write_bytes(data[: int(len(data) * share)])
    outcome, series = classify_series(Classifier(any_model), [(str(path), None)])
    assert "truncated or damaged" in outcome.error
    assert (series.verdict, series.unread) == ("rejected", 1)


def test_larger_than_memory_should_hold(tmp_path):
    path = write(tmp_path / "a.nii", anatomy())
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[42:48] = np.array([9999] * 3, "<i2").tobytes()
    (tmp_path / "a.nii").write_bytes(data)
    with pytest.raises(ImageError, match="more than the limit"):
        slices(path)
    with pytest.raises(ImageError, match="24 pixels is more than the limit of 100"):
        next(iter(axial_slices(write(tmp_path / "b.nii", anatomy()), 100)))


def test_known_by_content(tmp_path):
    data = (write(tmp_path / "a.nii", anatomy()), (tmp_path / "a.nii").read_bytes())[1]
    for name, content in (("x", data), ("y", gzip.compress(data))):
        (tmp_path / name).write_bytes(content)
        assert is_nifti(str(tmp_path / name), content[:400])
    assert not is_nifti("x", b"\x89PNG\r\n\x1a\n" + bytes(400))
    (tmp_path / "z.gz").write_bytes(gzip.compress(b"text"))
    assert not is_nifti(str(tmp_path / "z.gz"), (tmp_path / "z.gz").read_bytes())


def test_without_nibabel_the_extra_is_named(any_model, tmp_path, monkeypatch):
    path = write(tmp_path / "a.nii", anatomy())
    monkeypatch.setitem(sys.modules, "nibabel", None)
    with pytest.raises(MissingSoftwareError, match=r"mri-edge\[nifti\]"):
        axial_slices(path, LIMIT)
    outcome, series = classify_series(Classifier(any_model), [(path, None)])
    assert "mri-edge[nifti]" in outcome.error
    assert series.verdict == "rejected"


def test_slices_are_named_and_judged_as_pictures(any_model, tmp_path):
    values = np.zeros((48, 48, 4), np.int16)
    values[:] = np.linspace(0, 255, 48)[:, None, None]
    path = write(tmp_path / "a.nii.gz", values)
    *found, series = classify_series(Classifier(any_model), [(path, None)])
    assert [one.path for one in found] == [f"{path}#{at}" for at in range(1, 5)]
    picture = Image.fromarray(slices(path)[0])
    alone = Classifier(any_model).classify(np.asarray(picture))
    assert all(one.prediction.probability == alone.probability for one in found)
    assert (series.series, series.slices) == (path, 4)

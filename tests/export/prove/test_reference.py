"""reference.npz: written on the workstation, read where only NumPy is."""

import numpy as np
import pytest

from export.cli import main
from export.errors import ExportError
from export.prove.reference import read_reference, reference, reference_name, write_reference
from train.run.run_folder import read_run


@pytest.fixture(scope="module")
def exported_reference(finished_run, tmp_path_factory):
    """Of a real run."""
    out = tmp_path_factory.mktemp("dist")
    options = ["--format", "tflite", "--precision", "fp32", "--reference", "--out", str(out)]
    assert main([str(finished_run), *options]) == 0
    return out / reference_name(finished_run.name)


def test_it_names_the_held_out_scans(exported_reference, finished_run):
    found, run = read_reference(exported_reference), read_run(finished_run)
    held_out = [scan for scan in run.split if scan.part == "test"]
    assert list(found.sha256) == [scan.sha256 for scan in held_out]
    assert found.truth.tolist() == [scan.positive for scan in held_out]
    assert found.run == run.name
    assert found.model_sha256 == run.manifest.training.model_sha256
    assert ((found.probabilities > 0) & (found.probabilities < 1)).all()
    assert exported_reference.stat().st_size < 100_000


def test_it_is_what_the_exported_model_says(exported_reference, finished_run):
    from edge import Classifier
    from export.prove.reference import tensor_sha256

    found, run = read_reference(exported_reference), read_run(finished_run)
    classifier = Classifier(exported_reference.parent / f"{run.name}-fp32.tflite")
    held_out = [scan for scan in run.split if scan.part == "test"]
    for scan, expected, digest in zip(
        held_out, found.probabilities, found.tensor_sha256, strict=True
    ):
        pixels = classifier.pixels(f"{scan.root}/{scan.path}")
        assert tensor_sha256(pixels) == digest
        assert classifier.probability(pixels) == pytest.approx(expected, abs=1e-3)


def made(tmp_path, **given):
    scan = tmp_path / "scan"
    scan.write_bytes(b"scan")
    values = {"truth": np.array([1]), "probabilities": np.array([0.5]), **given}
    return reference("run", "0" * 64, [scan], [np.zeros((2, 2, 1), np.uint8)], **values)


def test_it_tells_types(tmp_path):
    path, types = tmp_path / "r.npz", np.array([[0.2, 0.8]])
    write_reference(path, made(tmp_path, type_labels=("a", "b"), types=types))
    found = read_reference(path)
    assert found.type_labels == ("a", "b")
    assert found.types.tolist() == types.tolist()
    write_reference(path, made(tmp_path))
    assert (read_reference(path).type_labels, read_reference(path).types) == ((), None)
    write_reference(path, made(tmp_path, type_labels=("a",), types=types))
    with pytest.raises(ExportError, match="damaged"):
        read_reference(path)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "r.npz"
    with pytest.raises(ExportError, match="cannot be read"):
        read_reference(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(ExportError, match="is no reference file"):
        read_reference(path)
    np.savez(path, version=np.int64(9))
    with pytest.raises(ExportError, match="has version 9"):
        read_reference(path)
    np.savez(path, version=np.array([{}], object), allow_pickle=True)
    with pytest.raises(ExportError, match="is no reference file"):
        read_reference(path)
    write_reference(path, made(tmp_path, probabilities=np.array([0.5, 0.6])))
    with pytest.raises(ExportError, match="is damaged"):
        read_reference(path)


def test_an_encrypted_entry(tmp_path):
    path = tmp_path / "r.npz"
    write_reference(path, made(tmp_path))
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # bit 0: encrypted
        at = data.find(signature)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(signature, at + 1)
    path.write_bytes(data)
    with pytest.raises(ExportError, match="is no reference file"):
        read_reference(path)


@pytest.mark.parametrize("cut", [1, 100, 400, 900])
def test_a_file_cut_short_or_with_a_changed_byte(tmp_path, cut):
    path = tmp_path / "r.npz"
    write_reference(path, made(tmp_path))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with pytest.raises(ExportError):
        read_reference(path)


def test_it_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "r.npz"
    write_reference(path, made(tmp_path))
    found = read_reference(path)
    assert vars(found).keys() == vars(made(tmp_path)).keys()
    assert found.sha256 == made(tmp_path).sha256
    assert found.probabilities.tolist() == [0.5]

"""Damaged and hostile files of weights: named, and nothing that they hold is run."""

import json
import os
import zipfile
from contextlib import suppress

import h5py
import numpy as np
import pytest

pytest.importorskip("keras")

from tests.train.networks.weight_files.made_onnx import write_onnx
from tests.train.networks.weight_files.small_networks import (
    assert_same,
    backbone,
    flat,
    nested,
    trained,
)
from train.errors import TrainError
from train.networks.weight_files import hdf5_probe
from train.networks.weight_files.read_file import read_for


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.weights.h5", "m.onnx"])
def test_truncated_files_are_named(name, share, tmp_path):
    file = tmp_path / name
    if name == "m.onnx":
        pytest.importorskip("onnx")
        write_onnx(trained(backbone()), file)
    elif name == "m.weights.h5":
        flat(backbone()).save_weights(file)
    else:
        flat(backbone()).save(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(TrainError, match=r"truncated|damaged"):
        read_for(backbone(), file, "VGG19")


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.h5", "m.onnx"])
def test_flipped_bytes_never_end_otherwise(name, tmp_path):
    file = tmp_path / name
    model = flat(backbone())
    if name == "m.onnx":
        pytest.importorskip("onnx")
        write_onnx(trained(backbone()), file)
    elif name == "m.weights.h5":
        model.save_weights(file)
    else:
        model.save(file)
    whole, rng = file.read_bytes(), np.random.default_rng(0)
    for _ in range(8):
        data = bytearray(whole)
        for place in rng.integers(0, min(len(data), 20_000), 8):
            data[place] = rng.integers(256)
        file.write_bytes(data)
        with suppress(TrainError):
            read_for(backbone(), file, "VGG19")


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_a_file_on_which_the_library_crashes_is_damaged(name, tmp_path, monkeypatch):
    flat(backbone()).save(tmp_path / name)
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(hdf5_probe, "_CODE", crash)
    with pytest.raises(TrainError, match="the library that reads it crashes"):
        read_for(backbone(), tmp_path / name, "VGG19")


class Breaks:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def test_pickles_are_never_loaded(tmp_path, monkeypatch):
    import pickle

    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.pth").write_bytes(pickle.dumps(Breaks()))
    with zipfile.ZipFile(tmp_path / "w.pt", "w") as archive:
        archive.writestr("w/data.pkl", pickle.dumps(Breaks()))
    for name in ("w.pth", "w.pt"):
        with pytest.raises(TrainError, match="is a pickle"):
            read_for(backbone(), tmp_path / name, "VGG16")
    np.savez(tmp_path / "w.npz", a=np.array([Breaks()], object))
    with pytest.raises(TrainError, match="plain arrays"):
        read_for(backbone(), tmp_path / "w.npz", "VGG16")
    assert not (tmp_path / "unpickled").exists()


def test_classes_that_a_configuration_names_are_not_made(tmp_path):
    source = trained(backbone())
    nested(source).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for layer in (config := json.loads(parts["config.json"]))["config"]["layers"]:
        if layer["class_name"] == "RandomFlip":
            layer.update(module="os", class_name="mkdir", config={"path": str(tmp_path / "made")})
    parts["config.json"] = json.dumps(config)
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    base = backbone()
    found = read_for(base, tmp_path / "m.keras", "VGG19")
    assert_same(base, source)
    assert not (tmp_path / "made").exists()
    assert "is a mkdir" in " ".join(found.remarks)


def test_links_out_of_an_hdf5_file_are_not_followed(tmp_path):
    flat(backbone()).save_weights(tmp_path / "other.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        file["layers"] = h5py.ExternalLink(str(tmp_path / "other.weights.h5"), "/layers")
    with pytest.raises(TrainError, match="not followed"):
        read_for(backbone(), tmp_path / "w.weights.h5", "VGG19")

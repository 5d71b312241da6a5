"""Weights of a backbone from files, and why they cannot be had."""

import h5py
import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from train.errors import TrainError
from train.networks import pretrained_weights
from train.networks.pretrained_weights import describe, load, save_npz


def base(shape=(32, 32, 3), filters=4):
    """Two convolutions, named as Keras names them."""
    pixels = keras.Input(shape)
    x = keras.layers.Conv2D(filters, 3, name="block1_conv1")(pixels)
    x = keras.layers.MaxPooling2D(name="block1_pool")(x)
    return keras.Model(pixels, keras.layers.Conv2D(filters, 3, name="block1_conv2")(x))


def write_h5(model, file):
    """The layout of the files that Keras publishes: an attribute with the layers' names, and a
    group with the weights of each."""
    with h5py.File(file, "w") as opened:
        opened.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = opened.create_group(layer.name)
            names = [f"{layer.name}_{kind}_1:0" for kind in ("W", "b")[: len(layer.weights)]]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, array in zip(names, layer.get_weights(), strict=True):
                group[name] = array


def differs(model, other):
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    return any(not np.array_equal(one, two) for one, two in pairs)


@pytest.mark.parametrize("write", [write_h5, save_npz])
def test_a_file_is_read_back(write, tmp_path):
    source, target = base(), base()
    file = tmp_path / ("w.h5" if write is write_h5 else "w.npz")
    write(source, file)
    assert differs(source, target)
    load(target, str(file), "VGG16")
    assert not differs(source, target)
    assert describe(str(file)).startswith(f"{file.name} (SHA-256 ")


@pytest.mark.parametrize("write", [write_h5, save_npz])
def test_other_shapes_are_refused(write, tmp_path):
    file = tmp_path / ("w.h5" if write is write_h5 else "w.npz")
    write(base(filters=5), file)
    with pytest.raises(TrainError, match=file.name):
        load(base(), str(file), "VGG16")


@pytest.mark.parametrize("write", [write_h5, save_npz])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_truncated_files_are_refused(write, share, tmp_path):
    file = tmp_path / ("w.h5" if write is write_h5 else "w.npz")
    write(base(), file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(TrainError, match="truncated"):
        load(base(), str(file), "VGG16")


def test_more_layers_than_the_network_has_are_refused(tmp_path):
    model = base()
    more = keras.Model(model.input, keras.layers.Conv2D(2, 3, name="extra")(model.output))
    save_npz(more, tmp_path / "w.npz")
    with pytest.raises(TrainError, match=r"extra/0, which this network has not"):
        load(base(), str(tmp_path / "w.npz"), "VGG16")


def test_a_head_behind_the_backbone_is_left(tmp_path):
    model, target = base(), base()
    more = keras.Model(model.input, keras.layers.Conv2D(2, 3, name="extra")(model.output))
    write_h5(more, tmp_path / "w.h5")
    load(target, str(tmp_path / "w.h5"), "VGG16")
    assert not differs(model, target)


def test_numbers_that_are_none_are_refused(tmp_path):
    model = base()
    model.layers[1].kernel.assign(np.full(model.layers[1].kernel.shape, np.nan))
    save_npz(model, tmp_path / "w.npz")
    with pytest.raises(TrainError, match="no finite numbers"):
        load(base(), str(tmp_path / "w.npz"), "VGG16")


def test_another_hdf5_file_is_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as opened:
        opened["scans"] = np.zeros(3)
    with pytest.raises(TrainError, match="no-top layout"):
        load(base(), str(tmp_path / "w.h5"), "VGG16")


def test_a_missing_file_is_named_before_anything_is_read():
    with pytest.raises(TrainError, match=r"nowhere\.h5: cannot be read \(No such file"):
        describe("nowhere.h5")


def test_a_folder_is_named_as_one(tmp_path):
    with pytest.raises(TrainError, match=r"Is a directory"):
        describe(str(tmp_path))


def test_an_odd_attribute_is_refused(tmp_path):
    write_h5(base(), tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "a") as opened:
        opened.attrs["layer_names"] = 3
    with pytest.raises(TrainError, match="damaged or not of VGG16"):
        load(base(), str(tmp_path / "w.h5"), "VGG16")


def test_arrays_of_objects_are_not_loaded(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.array([{}], object))
    with pytest.raises(TrainError, match="plain arrays"):
        load(base(), str(tmp_path / "w.npz"), "VGG16")


def test_without_a_network_the_error_says_what_to_do(monkeypatch, tmp_path):
    # A proxy that answers nothing: the same as no network, on machines that have one.
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path))
    with pytest.raises(TrainError) as caught:
        load(base(), pretrained_weights.IMAGENET, "VGG16")
    text = str(caught.value)
    assert "https://storage.googleapis.com/" in text
    assert "--weights vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5" in text

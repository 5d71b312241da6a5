"""Weights from whole models and other formats: taken if they are the backbone's, else named."""

import json

import h5py
import numpy as np
import pytest

pytest.importorskip("keras")

import keras
from keras import layers

from tests.train.networks.weight_files.made_onnx import write_onnx
from tests.train.networks.weight_files.small_networks import (
    assert_same,
    backbone,
    flat,
    frozen_below,
    nested,
    sequential,
    trained,
)
from train.errors import TrainError
from train.networks import pretrained_weights
from train.networks.backbones import BACKBONES
from train.networks.weight_files import read_file
from train.networks.weight_files.read_file import read_for


@pytest.mark.parametrize("form", [lambda base: base, flat, nested, sequential])
@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.weights.h5"])
@pytest.mark.parametrize("frozen", [False, True], ids=["learning", "partly frozen"])
def test_models_of_any_form_give_their_backbone(form, name, frozen, tmp_path, capsys):
    source = trained(backbone())
    model = form(frozen_below(source, "conv2") if frozen else source)
    if name == "m.weights.h5":
        model.save_weights(tmp_path / name)
    else:
        model.save(tmp_path / name)
    base = backbone()
    pretrained_weights.load(base, str(tmp_path / name), "VGG19")
    assert_same(base, source)
    said = capsys.readouterr().err
    assert ("no graph" if name == "m.weights.h5" else "answers as its own graph does") in said
    assert "answers as" in pretrained_weights.remarks(str(tmp_path / name)) or "no graph" in said


def test_optimizer_states_are_no_layers(tmp_path):
    source = trained(backbone())
    model = flat(source)
    model.compile("adam", "mse")
    model.fit(np.zeros((2, 32, 32, 3)), np.zeros((2, 2)), verbose=0)
    model.save(tmp_path / "m.keras")
    base = backbone()
    read_for(base, tmp_path / "m.keras", "VGG19")
    assert_same(base, source)


@pytest.mark.parametrize("names", [True, False], ids=["layers named", "arrays in order"])
def test_arrays_in_npz(names, tmp_path):
    source = trained(backbone())
    if names:
        pretrained_weights.save_npz(source, tmp_path / "w.npz")
    else:
        np.savez(tmp_path / "w.npz", *source.get_weights())
    base = backbone()  # whose unnamed layers have other numbers than the source's
    pretrained_weights.load(base, str(tmp_path / "w.npz"), "VGG19")
    assert_same(base, source)


def test_keras_2_wrote_its_calls_in_other_words(tmp_path):
    source = trained(keras.Sequential([keras.Input((9, 9, 3)), layers.Conv2D(2, 3, name="c")]))
    source.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        config = {
            "class_name": "Functional",
            "config": {
                "layers": [
                    {
                        "class_name": "InputLayer",
                        "name": "i",
                        "inbound_nodes": [],
                        "config": {"name": "i", "batch_input_shape": [None, 9, 9, 3]},
                    },
                    {
                        "class_name": "Conv2D",
                        "name": "c",
                        "inbound_nodes": [[["i", 0, 0, {}]]],
                        "config": {"filters": 2, "kernel_size": [3, 3], "activation": "linear"},
                    },
                ],
                "output_layers": [["c", 0, 0]],
            },
        }
        file.attrs["model_config"] = json.dumps(config)
    pixels = keras.Input((9, 9, 3))
    base = keras.Model(pixels, layers.Conv2D(2, 3, name="c")(pixels))
    found = read_for(base, tmp_path / "m.h5", "VGG19")
    assert "answers as its own graph does" in found.remarks[0]


@pytest.mark.parametrize("norm", ["kept", "folded", "written out"])
@pytest.mark.parametrize("order", ["as they are", "shortcut last"])
def test_onnx_gives_the_same_outputs(norm, order, tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    source = trained(backbone())
    write_onnx(source, tmp_path / "m.onnx", norm=norm, late=order != "as they are")
    base = backbone()
    found = read_for(base, tmp_path / "m.onnx", "VGG19")
    assert "answers as its own graph does" in found.remarks[0]
    pictures = np.random.default_rng(1).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
    expected, got = source.predict(pictures, verbose=0), base.predict(pictures, verbose=0)
    np.testing.assert_allclose(got, expected, atol=1e-4 * np.abs(expected).max())


def test_branches_of_onnx_that_are_alike_but_for_a_pooling_are_told_apart(tmp_path):
    """As in InceptionV3; the file has them in the other order."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    pixels = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(pixels)
    plain = layers.Conv2D(5, 1, name="plain")(x)
    pooled = layers.AveragePooling2D(3, strides=1, padding="same", name="pool")(x)
    pooled = layers.Conv2D(5, 1, name="pooled")(pooled)
    base = keras.Model(pixels, layers.Concatenate(name="both")([plain, pooled]))
    source = trained(keras.models.clone_model(base))
    constants, nodes = [], [onnx.helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2])]

    def convolution(given, name):
        kernel, bias = source.get_layer(name).get_weights()
        for what, array in (("w", kernel.transpose(3, 2, 0, 1)), ("b", bias)):
            constants.append(onnx.numpy_helper.from_array(array.copy(), f"{name}_{what}"))
        names, pads = [given, f"{name}_w", f"{name}_b"], [kernel.shape[0] // 2] * 4
        nodes.append(onnx.helper.make_node("Conv", names, [name], pads=pads))

    convolution("t", "first")
    nodes.append(onnx.helper.make_node("Relu", ["first"], ["r"]))
    settings = {"kernel_shape": [3, 3], "pads": [1] * 4}
    nodes.append(onnx.helper.make_node("AveragePool", ["r"], ["p"], **settings))
    convolution("p", "pooled")
    convolution("r", "plain")
    nodes.append(onnx.helper.make_node("Concat", ["plain", "pooled"], ["y"], axis=1))
    kind = onnx.TensorProto.FLOAT
    values = [
        [onnx.helper.make_tensor_value_info(name, kind, shape)]
        for name, shape in (("x", [None, 16, 16, 3]), ("y", None))
    ]
    graph = onnx.helper.make_graph(nodes, "branches", *values, constants)
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "m.onnx")
    found = read_for(base, tmp_path / "m.onnx", "VGG19")
    assert "answers as its own graph does" in found.remarks[0]


def test_converters_put_padding_into_the_first_convolution(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    write_onnx(trained(backbone(padded=True)), tmp_path / "m.onnx")
    found = read_for(backbone(padded=True), tmp_path / "m.onnx", "VGG19")
    assert "answers as its own graph does" in found.remarks[0]


def test_a_graph_that_answers_otherwise_is_refused(tmp_path):
    pixels = keras.Input((32, 32, 3))
    x = layers.Conv2D(4, 3, strides=2, activation="relu", padding="same", name="conv1")(pixels)
    other = keras.Model(pixels, layers.Conv2D(4, 3, name="conv2")(x))
    other.save(tmp_path / "m.keras")
    x = layers.Conv2D(4, 3, strides=2, activation="tanh", padding="same", name="conv1")(pixels)
    base = keras.Model(pixels, layers.Conv2D(4, 3, name="conv2")(x))
    with pytest.raises(TrainError, match="its own graph answers otherwise"):
        read_for(base, tmp_path / "m.keras", "VGG19")


def test_a_larger_network_with_the_same_names_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(read_file, "TITLES", ())
    pixels = keras.Input((32, 32, 3))
    one = layers.Conv2D(4, 3, name="conv1")(pixels)
    base = keras.Model(pixels, layers.Conv2D(4, 3, name="conv3")(one))
    larger = keras.Model(
        pixels, layers.Conv2D(4, 3, name="conv3")(layers.Conv2D(4, 3, name="conv2")(one))
    )
    larger.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(TrainError, match="a layer conv2"):
        read_for(base, tmp_path / "m.weights.h5", "Small")


def test_another_known_network_is_named(tmp_path):
    vgg16 = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    pretrained_weights.save_npz(vgg16, tmp_path / "w.npz")
    vgg19 = keras.applications.VGG19(include_top=False, weights=None, input_shape=(32, 32, 3))
    with pytest.raises(TrainError, match="its layers are those of VGG16"):
        read_for(vgg19, tmp_path / "w.npz", "VGG19")


def test_known_networks_are_those_of_the_registry():
    assert set(read_file.TITLES) == {one.title for one in BACKBONES.values()}


def test_other_kinds_are_named(tmp_path):
    (tmp_path / "m.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(64))
    with pytest.raises(TrainError, match="is a TFLite file"):
        read_for(backbone(), tmp_path / "m.tflite", "VGG16")
    (tmp_path / "m.bin").write_bytes(bytes(64))
    with pytest.raises(TrainError, match=r"no kind that is read; --weights takes \.h5"):
        read_for(backbone(), tmp_path / "m.bin", "VGG16")

"""GELU as frameworks write it out is one layer again; what only looks like it is refused."""

import keras
import numpy as np
import onnx
import pytest
from keras import layers
from onnx import helper

from export.adopt.source import check_rebuilt, open_source
from export.errors import ExportError
from tests.export.onnx_to_keras.test_graph import graph, off, opened, weights

node = helper.make_node
AS_WRITTEN = {
    "as PyTorch": [("Mul", ["c", "a"], ["m"]), ("Mul", ["m", "half"], ["g"])],
    "half of x": [("Mul", ["c", "half"], ["m"]), ("Mul", ["a", "m"], ["g"])],
    "half of the sum": [("Div", ["a", "two"], ["m"]), ("Mul", ["m", "c"], ["g"])],
}


def network(*made_of_a, root=2**0.5, one=1.0):
    """A convolution `c`, `a` = 1 + erf(c / root), and what is made of them: `g`."""
    nodes = [
        node("Conv", ["x", "k"], ["c"]),
        node("Div", ["c", "root"], ["d"]),
        node("Erf", ["d"], ["e"]),
        node("Add", ["e", "one"], ["a"]),
        *(node(kind, given, found) for kind, given, found in made_of_a),
        node("GlobalAveragePool", ["g"], ["p"]),
        node("Flatten", ["p"], ["f"]),
        node("Gemm", ["f", "w"], ["y"]),
    ]
    numbers = {"root": root, "one": one, "half": 0.5, "two": 2.0}
    numbers = {name: np.float32(number) for name, number in numbers.items()}
    return graph(nodes, [1, 3, 8, 8], [1, 2], k=weights(4, 3, 3, 3), w=weights(4, 2), **numbers)


@pytest.mark.parametrize("written", AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_however_it_is_written_out(tmp_path, written):
    source = opened(network(*written), tmp_path)
    activations = [one for one in source.network.layers if isinstance(one, layers.Activation)]
    assert [one.activation.__name__ for one in activations] == ["gelu"]
    assert off(source) < 1e-6


@pytest.mark.parametrize("numbers", [{"root": 2.0}, {"one": 0.9}])
def test_what_only_looks_like_it_is_refused(tmp_path, numbers):
    with pytest.raises(ExportError, match="its operator Erf is none of those"):
        opened(network(*AS_WRITTEN["as PyTorch"], **numbers), tmp_path)


@pytest.mark.parametrize("kind", ["saved", "tflite", "onnx"])
def test_as_keras_and_its_converters_write_it(tmp_path, kind):
    import tensorflow as tf

    picture = keras.Input((16, 16, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(6, 3, activation="gelu")(picture))
    x = layers.Dense(8, activation="gelu")(x)
    model = keras.Model(picture, layers.Dense(1, activation="sigmoid")(x))
    pictures = np.random.default_rng(0).random((3, 16, 16, 3)).astype(np.float32)
    model(pictures)
    file = tmp_path / f"net.{kind}"
    if kind == "onnx":
        model.export(file, format="onnx", verbose=False)
    else:
        model.export(tmp_path / "net.saved", verbose=False)
    if kind == "tflite":
        converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "net.saved"))
        file.write_bytes(converter.convert())
    assert check_rebuilt(open_source(file), pictures) < 1e-6


def test_the_operator_itself(tmp_path):
    def of(**attributes):
        model = network(("Gelu", ["c"], ["g"]))
        del model.graph.node[1:4]
        model.graph.node[1].attribute.extend(
            helper.make_attribute(*pair) for pair in attributes.items()
        )
        model.opset_import[0].version = 20
        onnx.checker.check_model(model)
        return opened(model, tmp_path)

    assert off(of()) < 1e-6
    with pytest.raises(ExportError, match="Gelu is a GELU by tanh"):
        of(approximate="tanh")

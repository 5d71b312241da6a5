"""What is opened, and what is refused with which words."""

import re
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from export.adopt.activation import activated
from export.adopt.source import check_logits, check_rebuilt, open_source
from export.errors import ExportError
from tests.export.adopt.conftest import small_network


def saved(model, folder, name="model.keras"):
    model.save(folder / name)
    return folder / name


def refused(file) -> str:
    with pytest.raises(ExportError) as error:
        open_source(file)
    assert str(file) in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("last", "outputs"),
    [("sigmoid", 1), ("softmax", 2), ("softmax", 4), (None, 1), (None, 4), ("sigmoid", 2)],
)
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_the_last_activation_is_taken_off(tmp_path, last, outputs, name):
    model = small_network(last, outputs)
    source = open_source(saved(model, tmp_path, name))
    assert (source.activation, source.outputs) == (last or "none", outputs)
    x = np.random.default_rng(0).random((3, 32, 32, 3), np.float32)
    assert check_rebuilt(source, x) < 1e-5
    found = activated(source.network.predict(x, verbose=0), source.activation)
    assert np.allclose(found, model.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize("layer", [layers.Softmax(), layers.Activation("softmax")])
def test_an_activation_may_be_a_layer(tmp_path, layer):
    inner = small_network(None, 3)
    source = open_source(saved(keras.Sequential([inner, layer]), tmp_path))
    assert source.activation == "softmax"
    x = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    assert np.allclose(source.network.predict(x, verbose=0), inner.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize(
    ("last", "outputs", "words"),
    [
        ("softmax", 1, "a softmax over one output, which is 1 whatever the scan"),
        ("tanh", 1, "ends in tanh"),
        ("relu", 2, "ends in relu"),
    ],
)
def test_an_end_that_means_no_probability_is_refused(tmp_path, last, outputs, words):
    assert words in refused(saved(small_network(last, outputs), tmp_path))


def test_probabilities_are_not_taken_for_logits(tmp_path):
    inner = small_network("softmax", 4)
    source = open_source(saved(keras.Sequential([inner, layers.Reshape((4,))]), tmp_path))
    assert source.activation == "none"
    x = np.random.default_rng(0).random((9, 32, 32, 3), np.float32)
    with pytest.raises(ExportError, match="lie between 0 and 1, so they are probabilities"):
        check_logits(source, source.network.predict(x, verbose=0))
    source = open_source(saved(small_network(None, 4), tmp_path))
    check_logits(source, np.array([[0.2, -3.0, 0.5, 0.1]]))


def test_no_network_is_left_within_the_network(tmp_path):
    network = open_source(saved(small_network(), tmp_path)).network
    assert not any(isinstance(layer, keras.Model) for layer in network.layers)
    assert len({layer.name for layer in network.layers}) == len(network.layers)


def test_mixed_precision_is_adopted_in_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        file = saved(small_network(), tmp_path)
    finally:
        keras.config.set_dtype_policy("float32")
    network = open_source(file).network
    assert {layer.compute_dtype for layer in network.layers if layer.weights} == {"float32"}


@pytest.mark.parametrize("module", ["vgg16", "xception", "densenet"])
@pytest.mark.parametrize("kind", ["keras", "saved"])
def test_the_scaling_may_be_inside(tmp_path, module, kind):
    """As `preprocess_input` in the graph: bare operations, and channels in reverse order."""
    picture = keras.Input((32, 32, 3))
    scaled = getattr(keras.applications, module).preprocess_input(picture)
    model = keras.Model(picture, small_network()(scaled))
    x = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.float32)
    if kind == "keras":
        model.save(tmp_path / "model.keras")
    else:  # Keras 3.15 makes inputs of constants in ONNX files; those are refused
        model.export(tmp_path / "model.saved", verbose=False)
    assert check_rebuilt(open_source(tmp_path / f"model.{kind}"), x) < 1e-5


def test_networks_inside_may_name_their_operations_alike(tmp_path):
    """Each was made in a process of its own, where Keras calls the first division `true_divide`."""

    def halved(name):
        keras.backend.clear_session()
        picture = keras.Input((32, 32, 3))
        return keras.Model(picture, layers.Conv2D(3, 1)(picture / 2.0), name=name)

    picture = keras.Input((32, 32, 3))
    inner = halved("second")(halved("first")(picture))
    model = keras.Model(picture, small_network()(inner))
    source = open_source(saved(model, tmp_path))
    x = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    assert check_rebuilt(source, x) < 1e-5
    found = activated(source.network.predict(x, verbose=0), source.activation)
    assert np.allclose(found, model.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize("kind", ["keras", "onnx"])
def test_a_network_may_take_whole_numbers(tmp_path, kind):
    picture = keras.Input((32, 32, 3), dtype="uint8")
    model = keras.Model(picture, small_network()(layers.Rescaling(1 / 255)(picture)))
    x = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.float32)
    model(x.astype(np.uint8))
    if kind == "keras":
        model.save(tmp_path / "model.keras")
    else:
        model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    source = open_source(tmp_path / f"model.{kind}")
    assert source.whole_numbers
    assert check_rebuilt(source, x) < 1e-5
    assert not open_source(saved(small_network(), tmp_path, "other.keras")).whole_numbers


def test_a_lambda_is_refused_unread(tmp_path):
    layer = layers.Lambda(lambda x: x / 255, output_shape=(32, 32, 3))
    model = keras.Sequential([keras.Input((32, 32, 3)), layer, small_network()])
    for name in ("model.keras", "model.h5"):
        words = refused(saved(model, tmp_path, name))
        assert "Lambda" in words
        assert "Rescaling" in words


def test_a_lambda_is_refused_even_where_the_file_forbids_nothing(tmp_path):
    """Nothing of the file is run before it is looked into."""
    layer = layers.Lambda(lambda x: x / 255, output_shape=(32, 32, 3))
    model = keras.Sequential([keras.Input((32, 32, 3)), layer, small_network()])
    file = saved(model, tmp_path)
    keras.config.enable_unsafe_deserialization()
    try:
        assert "Lambda" in refused(file)
    finally:
        from keras.src.backend.common import global_state

        global_state.set_global_attribute("safe_mode_saving", None)


class Halved(layers.Layer):
    def call(self, x):
        return x / 2


def doubled(x):
    return x * 2


class Zeros(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.zeros(shape)

    def get_config(self):
        return {}


class Subclassed(keras.Model):
    """A model whose layers stand in its code alone."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Conv2D(4, 3, activation="relu")
        self.pool, self.last = layers.GlobalAveragePooling2D(), layers.Dense(1, "sigmoid")

    def call(self, x):
        return self.last(self.pool(self.inner(x)))


class Named(keras.Model):
    """A model of layers, of a class of its own."""


def own(kind):
    """A model that needs code of one's own."""
    picture = keras.Input((32, 32, 3))
    if kind is Halved:
        return keras.Sequential([picture, Halved(), small_network()])
    if kind is doubled:
        x = layers.Conv2D(3, 3, padding="same", activation=doubled)(picture)
        return keras.Model(picture, small_network()(x))
    if kind is Zeros:
        x = layers.Conv2D(3, 3, padding="same", bias_initializer=Zeros())(picture)
        return keras.Model(picture, small_network()(x))
    if kind is Named:
        return Named(picture, small_network()(picture))
    model = Subclassed()
    model(np.zeros((1, 32, 32, 3), np.float32))
    return model


@pytest.mark.parametrize("kind", [Halved, doubled, Zeros, Named, Subclassed])
def test_own_code_is_not_taken_from_a_file_and_the_advice_helps(tmp_path, kind):
    file = saved(own(kind), tmp_path)
    words = refused(file)
    assert f"that Keras does not have ({kind.__name__})" in words
    assert "code is never taken from a file" in words
    assert "the version that wrote it" not in words
    advised = re.search(r"that ends in the line (keras\.\S+\(\{.*?\}\))", words)[1]
    try:
        exec(advised, {"keras": keras, kind.__name__: kind})
        source = open_source(file)
        pictures = np.random.default_rng(0).random((2, 32, 32, 3)).astype(np.float32)
        assert source.outputs == 1
        assert check_rebuilt(source, pictures) < 1e-5
    finally:
        keras.saving.get_custom_objects().pop(kind.__name__, None)


@pytest.mark.parametrize("kind", [Halved, doubled])
def test_own_code_of_an_old_file(tmp_path, kind):
    assert f"that Keras does not have ({kind.__name__})" in refused(
        saved(own(kind), tmp_path, "model.h5")
    )


def test_weights_that_are_no_numbers(tmp_path):
    model = small_network()
    kernel, bias = model.layers[-1].get_weights()
    kernel[0, 0] = np.nan
    model.layers[-1].set_weights([kernel, bias])
    words = refused(saved(model, tmp_path))
    assert "1 of 24 weights" in words
    assert "not finite" in words
    model(np.zeros((1, 32, 32, 3), np.float32))
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    assert "not finite" in refused(tmp_path / "model.onnx")


def test_a_negative_variance_is_named_by_its_layer(tmp_path):
    picture = keras.Input((32, 32, 3))
    norm = layers.BatchNormalization(name="norm_a")
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(norm(layers.Conv2D(4, 3)(picture))))
    model = keras.Model(picture, layers.Dense(1, activation="sigmoid")(x))
    *others, variance = norm.get_weights()
    variance[1] = -2
    norm.set_weights([*others, variance])
    assert re.search(
        "its layer .*norm_a.* has a negative variance", refused(saved(model, tmp_path))
    )


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.onnx", "model.tflite"])
def test_an_empty_file(tmp_path, name):
    (tmp_path / name).touch()
    assert "is empty (0 bytes)" in refused(tmp_path / name)


def test_nothing_in_an_hdf5_file(tmp_path):
    import h5py

    h5py.File(tmp_path / "model.h5", "w").close()
    assert "with nothing in it" in refused(tmp_path / "model.h5")


def picture_network(shape):
    picture = keras.Input(shape)
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(picture))
    return keras.Model(picture, layers.Dense(1, activation="sigmoid")(x))


def test_five_channels(tmp_path):
    assert "5 channels" in refused(saved(picture_network((32, 32, 5)), tmp_path))


def test_no_fixed_size(tmp_path):
    words = refused(saved(picture_network((None, None, 3)), tmp_path))
    assert "any x any x 3" in words
    assert "must be fixed" in words


def test_several_outputs(tmp_path):
    model = small_network()
    two = keras.Model(model.input, [model.output, model.layers[-2].output])
    assert "2 outputs" in refused(saved(two, tmp_path))


def test_a_map_is_no_list_of_outputs(tmp_path):
    picture = keras.Input((32, 32, 3))
    assert "4 axes" in refused(saved(keras.Model(picture, layers.Conv2D(1, 3)(picture)), tmp_path))


def test_weights_alone(tmp_path):
    small_network().save_weights(tmp_path / "model.weights.h5")
    assert "weights and no network" in refused(tmp_path / "model.weights.h5")


def test_other_files(tmp_path, elsewhere):
    (tmp_path / "model.pth").write_bytes(b"PK\x03\x04" + bytes(100))
    assert "torch.onnx.export" in refused(tmp_path / "model.pth")
    (tmp_path / "model.onnx").write_bytes(b"nothing")
    assert "no whole ONNX file" in refused(tmp_path / "model.onnx")
    (tmp_path / "folder").mkdir()
    assert "saved_model.pb" in refused(tmp_path / "folder")
    assert "no such file" in refused(tmp_path / "absent.keras")
    assert "quantized already" in refused(elsewhere / "int8.tflite")
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{")
    assert re.search("damaged", refused(tmp_path / "model.keras"))


@pytest.mark.parametrize(("is_", "named"), [(".keras", ".h5"), (".h5", ".keras"), (".h5", ".onnx")])
def test_a_file_by_another_kind_s_name(tmp_path, is_, named):
    small_network().save(tmp_path / f"net{is_}")
    given = (tmp_path / f"net{is_}").rename(tmp_path / f"net{named}")
    assert f"is a {is_} file by what it holds; rename it" in refused(given)


def test_a_saved_model_that_writes_files_is_not_loaded(tmp_path):
    import tensorflow as tf

    class Writes(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([1, 32, 32, 3], tf.float32)])
        def serve(self, x):
            tf.io.write_file(str(tmp_path / "written"), "x")
            return tf.reduce_mean(x, [1, 2])

    module = Writes()
    tf.saved_model.save(module, str(tmp_path / "saved"), {"serving_default": module.serve})
    assert "WriteFile" in refused(tmp_path / "saved")

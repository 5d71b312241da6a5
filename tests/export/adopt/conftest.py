"""A small network as others train theirs, in every format that can be adopted."""

from pathlib import Path

import pytest

pytest.importorskip("tensorflow")


def small_network(last: str | None = "sigmoid", outputs: int = 1):
    """A network within a network, 32x32x3 in 0..1, with random weights."""
    import keras
    from keras import layers

    picture = keras.Input((32, 32, 3))
    inner = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(12, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.BatchNormalization(),
            layers.Conv2D(24, 3, activation="relu"),
            layers.MaxPooling2D(),
        ]
    )
    x = layers.GlobalAveragePooling2D()(inner(picture))
    x = layers.Dropout(0.1)(x)
    x = layers.Dense(24, activation="relu")(x)
    return keras.Model(picture, layers.Dense(outputs, activation=last)(x))


@pytest.fixture(scope="session")
def elsewhere(made_once, phantoms) -> Path:
    """A folder of model files: one network, trained on the phantoms with pixels in 0..1."""

    def make(folder: Path) -> None:
        import keras
        import tensorflow as tf

        from edge.model_file.manifest import InputSpec
        from train.data.folders import read_folders

        folder.mkdir()
        keras.utils.set_random_seed(0)
        found = read_folders([phantoms], [], [], InputSpec(32, 32, "rgb")).found
        model = small_network()
        model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy")
        model.fit(found.pixels / 255.0, found.truth, epochs=60, batch_size=16, verbose=0)
        model.save(folder / "net.keras")
        model.save(folder / "net.h5")
        model.export(folder / "saved", verbose=False)
        model.export(folder / "net.onnx", format="onnx", verbose=False)
        saved = str(folder / "saved")
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        (folder / "net.tflite").write_bytes(converter.convert())
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [(one[None] / 255.0).astype("float32")] for one in found.pixels[:8]
        )
        (folder / "int8.tflite").write_bytes(converter.convert())

    return made_once("elsewhere", make)

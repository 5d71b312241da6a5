"""The networks that `python -m train` knows, one entry of the registry each.

Every network takes pixels (uint8, 0..255) and holds its own scaling, and every network has a layer
named `logits` before its last activation: that is the output which `export` converts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import keras
from keras import layers

from edge.model_file.manifest import InputSpec
from train.networks.backbones import BACKBONES, LOGITS, Backbone, build_transfer
from train.networks.compact import SIDE, build_compact


@dataclass(frozen=True)
class Architecture:
    """A network that can be trained."""

    build: Callable[..., keras.Model]
    """`build(input, width=1.0)`: a fresh model, uint8 [N, height, width, channels] -> the
    probability of tumor, float [N, 1], or of each label, float [N, 2]. `width` is a factor on the
    numbers of filters and units, for tests. That of a backbone also takes its `weights`."""
    input: InputSpec
    transform: str
    """The last activation, as `edge.model_file.manifest.Decision.transform` names it."""
    summary: str
    """One line for `--help` and reports."""
    backbone: Backbone | None = None
    """The pretrained part; None: all is trained from the start."""
    evidence: bool = False
    """Whether it answers with a map, which `train.fitting.fit_evidence_map` fits."""

    @property
    def loss(self) -> str:
        """The Keras loss that fits the last activation and labels 0 and 1."""
        binary = self.transform == "sigmoid"
        return "binary_crossentropy" if binary else "sparse_categorical_crossentropy"

    def loss_of_logits(self) -> tuple[keras.losses.Loss, keras.metrics.Metric]:
        """The same of what comes before that activation, and the accuracy."""
        if self.transform == "sigmoid":
            return (
                keras.losses.BinaryCrossentropy(from_logits=True),
                keras.metrics.BinaryAccuracy("accuracy", threshold=0.0),
            )
        return (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            keras.metrics.SparseCategoricalAccuracy("accuracy"),
        )


def build_cnn(spec: InputSpec, width: float = 1.0) -> keras.Model:
    """The small CNN of the first article (shared/articles.md): 9.5 M parameters at 150x150x3.

    Three times convolution 3x3 (16, 32, 64 filters, no padding, ReLU) and max-pooling 2x2, then
    dense 512 ReLU and dense 1 sigmoid.
    """
    pixels = keras.Input(spec.shape, dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(pixels)
    for block, filters in enumerate((16, 32, 64), 1):
        filters = max(1, round(filters * width))
        x = layers.Conv2D(filters, 3, activation="relu", name=f"conv{block}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(max(1, round(512 * width)), activation="relu", name="dense")(x)
    # In float32 even where the rest is not: the verdict hangs on it.
    x = layers.Dense(1, dtype="float32", name=LOGITS)(x)
    last = layers.Activation("sigmoid", dtype="float32", name="tumor")(x)
    return keras.Model(pixels, last, name="cnn")


def _transfer(name: str) -> Architecture:
    backbone = BACKBONES[name]
    return Architecture(
        partial(build_transfer, name),
        InputSpec(height=backbone.side, width=backbone.side, color="rgb"),
        "softmax",
        f"{backbone.title}, {backbone.side}x{backbone.side}x3, with the second article's head",
        backbone,
    )


ARCHITECTURES = {
    "cnn": Architecture(
        build_cnn,
        InputSpec(height=150, width=150, color="rgb"),
        "sigmoid",
        "the first article's small CNN, 150x150x3",
    ),
    "compact": Architecture(
        build_compact,
        InputSpec(SIDE, SIDE, "grey", crop="reduced head"),
        "sigmoid",
        f"a small network that answers with a map of evidence, the head at {SIDE}x{SIDE} in grey",
        evidence=True,
    ),
    **{name: _transfer(name) for name in BACKBONES},
}


def logits_model(model: keras.Model, batch: int | None = None) -> keras.Model:
    """The same network without its last activation, for a fixed batch size if `batch` is given.

    Returns:
        uint8 [batch, height, width, channels] -> logits, float32 [batch, outputs]; shares the
        weights of `model`.
    """
    # Names are fixed, as converters write them into the file: the same model, the same bytes.
    inner = keras.Model(model.input, model.get_layer(LOGITS).output, name="network")
    if batch is None:
        return inner
    pixels = keras.Input(batch_shape=(batch, *model.input.shape[1:]), dtype="uint8", name="pixels")
    return keras.Model(pixels, inner(pixels), name="batched")

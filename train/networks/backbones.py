"""Transfer learning: the backbones of `keras.applications` and the second article's head.

A backbone is one line of `BACKBONES`. Its colour order and scaling are layers of the graph, equal
to the `preprocess_input` of its Keras module (a test compares them).
"""

import re
from collections import Counter
from dataclasses import dataclass

import keras
from keras import layers, ops

from edge.model_file.manifest import InputSpec
from train.networks.pretrained_weights import load

LOGITS = "logits"
"""Name of the layer whose output is exported; the device applies the activation."""
FEATURES = "features"
"""Name of the layer behind the backbone: global average pooling."""
HEAD = (1024, 1024, 512)
"""Units of the second article's dense layers."""
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)
"""Mean pixel of ImageNet, 0..255, as in the weights' training (Simonyan and Zisserman 2014)."""


@dataclass(frozen=True)
class Backbone:
    """A network of `keras.applications` without its top."""

    title: str
    """Its name in `keras.applications`, and in words."""
    side: int
    """Height and width of its input, pixels."""
    caffe: bool
    """Blue first and the mean subtracted, as its weights were trained; else scaled to -1..1."""


BACKBONES = {
    "vgg16": Backbone("VGG16", 224, caffe=True),
    "vgg19": Backbone("VGG19", 224, caffe=True),
    "inception_v3": Backbone("InceptionV3", 299, caffe=False),
    "xception": Backbone("Xception", 299, caffe=False),
    "resnet50": Backbone("ResNet50", 224, caffe=True),
}


@keras.saving.register_keras_serializable(package="mri_edge")
class ReverseChannels(layers.Layer):
    """RGB to BGR, [N, height, width, 3] of any type."""

    def call(self, x):
        # Slices and not a flip: every converter and int8 kernel has them.
        return ops.concatenate([x[..., i : i + 1] for i in (2, 1, 0)], axis=-1)


def build_transfer(
    name: str, spec: InputSpec, width: float = 1.0, weights: str | None = None
) -> keras.Model:
    """A backbone and the second article's head, as one flat graph.

    Global average pooling, dense 1024, 1024 and 512 ReLU, softmax over (no tumor, tumor).

    Args:
        name: a key of `BACKBONES`.
        weights: of the backbone, as `train.networks.pretrained_weights.load` takes them; None:
        random ones.

    Raises:
        TrainError: the weights cannot be had, or are not of this backbone.
    """
    backbone = BACKBONES[name]
    pixels = keras.Input(spec.shape, dtype="uint8", name="pixels")
    if backbone.caffe:
        offset = [-mean for mean in IMAGENET_MEAN_BGR]
        x = layers.Rescaling(1.0, offset, name="scale")(ReverseChannels(name="bgr")(pixels))
    else:
        x = layers.Rescaling(1 / 127.5, -1.0, name="scale")(pixels)
    application = getattr(keras.applications, backbone.title)
    base = application(include_top=False, weights=None, input_tensor=x)
    if weights:
        load(base, weights, backbone.title)
    base = _renamed(base, width)
    x = layers.GlobalAveragePooling2D(name=FEATURES)(base.output)
    for number, units in enumerate(HEAD, 1):
        x = layers.Dense(max(1, round(units * width)), activation="relu", name=f"dense{number}")(x)
    # In float32 even where the rest is not: the verdict hangs on it.
    x = layers.Dense(2, dtype="float32", name=LOGITS)(x)
    last = layers.Activation("softmax", dtype="float32", name="tumor")(x)
    return keras.Model(base.inputs[0], last, name=name)


def _renamed(model: keras.Model, width: float) -> keras.Model:
    """The same graph and weights with names that do not depend on what was built before.

    Keras numbers unnamed layers through the process, so a second fold's would have other names.
    A `width` other than 1 multiplies the filters of every layer and makes the weights random.
    """
    numbers: Counter[str] = Counter()
    pairs = []

    def copy(layer):
        config = layer.get_config()
        stem = re.sub(r"_\d+$", "", layer.name)
        if stem.replace("_", "") == type(layer).__name__.lower():
            numbers[stem] += 1
            config["name"] = f"{stem}_{numbers[stem]}"
        if "filters" in config:
            config["filters"] = max(1, round(config["filters"] * width))
        pairs.append((layer, type(layer).from_config(config)))
        return pairs[-1][1]

    result = keras.models.clone_model(model, clone_function=copy)
    if width == 1.0:
        for old, new in pairs:
            new.set_weights(old.get_weights())
    return result

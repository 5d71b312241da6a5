"""Small networks, each around one Keras layer or pattern: what `layer_table.py` exports.

A case is a function from features [N, 16, 16, 8] (behind a convolution with ReLU) to features or
units; those in `WHOLE` take pixels instead.
"""

from collections.abc import Callable

import keras
from keras import layers, ops
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

SIDE = 32
LOGITS = "logits"


def build(case: Callable, whole: bool = False) -> keras.Model:
    """uint8 [N, 32, 32, 3] -> softmax over 4 outputs; weights of a fixed seed."""
    keras.utils.set_random_seed(7)
    pixels = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="pixels")
    if whole:
        x = case(pixels)
    else:
        x = layers.Rescaling(1 / 255, name="scale")(pixels)
        x = layers.Conv2D(8, 3, 2, "same", activation="relu", name="first")(x)
        x = case(x)
    if len(x.shape) == 4:
        x = layers.Conv2D(8, 3, activation="relu", name="last")(x)
    if len(x.shape) > 2:
        x = layers.Flatten(name="flat")(x)
    x = layers.Dense(4, name=LOGITS)(x)
    model = keras.Model(pixels, layers.Activation("softmax", name="tumor")(x), name="m")
    _unsettle(model)
    return model


def _unsettle(model: keras.Model) -> None:
    """Statistics and biases as after a training, not those of a fresh network."""
    random = keras.random.SeedGenerator(7)
    for layer in model.layers:
        for weight in layer.weights:
            if weight.name in ("beta", "moving_mean", "bias"):
                weight.assign(keras.random.normal(weight.shape, 0.0, 0.05, seed=random))
            elif weight.name.endswith("kernel"):
                weight.assign(1.5 * weight)  # a signal that does not fade from layer to layer
            elif weight.name in ("gamma", "moving_variance"):
                weight.assign(keras.random.uniform(weight.shape, 0.5, 1.5, seed=random))


def _conv(x, filters=8, size=3, **more):
    return layers.Conv2D(filters, size, padding="same", **more)(x)


def _activation(name: str):
    return lambda x: layers.Activation(name)(_conv(x))


def _skip(bent: Callable):
    """A residual block whose sum goes two ways: through what bends it, and around."""

    def case(x):
        x = _conv(x) + x
        return layers.Add()([_conv(bent(x)), x])

    return case


def _residual(x):
    inner = layers.ReLU()(layers.BatchNormalization()(_conv(x)))
    return layers.ReLU()(layers.Add()([layers.BatchNormalization()(_conv(inner)), x]))


def _inverted(activation: str):
    def case(x):
        inner = layers.Activation(activation)(layers.BatchNormalization()(_conv(x, 24, 1)))
        inner = layers.DepthwiseConv2D(3, padding="same")(inner)
        inner = layers.Activation(activation)(layers.BatchNormalization()(inner))
        return layers.Add()([layers.BatchNormalization()(_conv(inner, 8, 1)), x])

    return case


def _squeeze(activation: str):
    def case(x):
        pooled = layers.GlobalAveragePooling2D(keepdims=True)(x)
        pooled = _conv(_conv(pooled, 4, 1, activation="relu"), 8, 1, activation=activation)
        return layers.Multiply()([x, pooled])

    return case


def _channel_attention(x):
    shared = keras.Sequential([layers.Dense(4, "relu"), layers.Dense(8)])
    means = shared(layers.GlobalAveragePooling2D()(x))
    peaks = shared(layers.GlobalMaxPooling2D()(x))
    weights = layers.Activation("sigmoid")(layers.Add()([means, peaks]))
    return layers.Multiply()([x, layers.Reshape((1, 1, 8))(weights)])


def _spatial_attention(x):
    both = [ops.mean(x, axis=-1, keepdims=True), ops.max(x, axis=-1, keepdims=True)]
    weights = layers.Conv2D(1, 7, padding="same", activation="sigmoid")(layers.Concatenate()(both))
    return layers.Multiply()([x, weights])


def _unequal(x):
    """As where one branch has a normalization and the other has none."""
    small, large = _conv(x), layers.Rescaling(20.0)(_conv(x))
    joined = layers.Concatenate()([small, large])
    return layers.Concatenate()([layers.Rescaling(0.05)(_conv(joined, 4, 1)), _conv(small, 4, 1)])


def _inception(x):
    pooled = layers.AveragePooling2D(3, 1, padding="same")(x)
    branches = [_conv(x, 4, 1, activation="relu"), _conv(x, 4, activation="relu")]
    return layers.Concatenate()([*branches, _conv(pooled, 4, 1, activation="relu")])


def _dense_block(x):
    for _ in range(2):
        inner = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Concatenate()([x, _conv(inner, 4)])
    return x


def _attention(x):
    tokens = layers.LayerNormalization(epsilon=1e-6)(layers.Reshape((256, 8))(x))
    return layers.Reshape((16, 16, 8))(layers.MultiHeadAttention(2, 4)(tokens, tokens))


def _convnext(x):
    inner = layers.DepthwiseConv2D(7, padding="same")(x)
    inner = layers.LayerNormalization(epsilon=1e-6)(inner)
    inner = layers.Dense(8)(layers.Activation("gelu")(layers.Dense(32)(inner)))
    inner = StochasticDepth(0.2)(LayerScale(0.5, 8)(inner))
    return layers.Add()([x, inner])


def _inception_resnet(x):
    return layers.Activation("relu")(CustomScaleLayer(0.2)([x, _conv(x, 8, 1)]))


def _xception(x):
    inner = layers.BatchNormalization()(layers.SeparableConv2D(8, 3, padding="same")(x))
    inner = layers.MaxPooling2D(3, 2, padding="same")(layers.Activation("relu")(inner))
    return layers.Add()([inner, layers.BatchNormalization()(_conv(x, 8, 1, strides=2))])


def _nasnet(x):
    """Half of the pixels by one way, the others, moved by one, by another."""
    first = layers.AveragePooling2D(1, 2)(x)
    second = layers.Cropping2D(((1, 0), (1, 0)))(layers.ZeroPadding2D(((0, 1), (0, 1)))(x))
    second = layers.AveragePooling2D(1, 2)(second)
    joined = layers.Concatenate()([_conv(first, 4, 1), _conv(second, 4, 1)])
    return layers.BatchNormalization()(joined)


def _normalization(pixels):
    x = layers.Normalization(mean=[60.0, 61, 62], variance=[2500.0, 2600, 2700])(pixels)
    return layers.Conv2D(8, 3, 2, activation="relu", name="first")(x)


def _adapted(pixels):
    layer = layers.Normalization()
    layer.adapt(keras.random.uniform((16, SIDE, SIDE, 3), 0, 200, seed=3))
    return layers.Conv2D(8, 3, 2, activation="relu", name="first")(layer(pixels))


def _scaled(scale: float, offset: float, padding: str):
    def case(pixels):
        x = layers.Rescaling(scale, offset, name="scale")(pixels)
        return layers.Conv2D(8, 3, 2, padding, activation="relu", name="first")(x)

    return case


def _resized(size: int, **more):
    def case(pixels):
        x = layers.Rescaling(1 / 255, name="scale")(layers.Resizing(size, size, **more)(pixels))
        return layers.Conv2D(8, 3, 2, "same", activation="relu", name="first")(x)

    return case


def _rows(x):
    return layers.Reshape((16, 128))(x)


def _sequence(layer: Callable):
    return lambda x: layer()(_rows(x))


CASES: dict[str, Callable] = {
    "Conv2D": _conv,
    "Conv2D, dilated": lambda x: _conv(x, dilation_rate=2),
    "Conv2D, groups=4": lambda x: _conv(x, groups=4),
    "DepthwiseConv2D": layers.DepthwiseConv2D(3, padding="same"),
    "SeparableConv2D": lambda x: layers.SeparableConv2D(8, 3, padding="same")(x),
    "Conv2DTranspose": lambda x: layers.Conv2DTranspose(8, 3, 2, padding="same")(x),
    "Dense": lambda x: layers.Dense(16, "relu")(layers.Flatten()(x)),
    "Dense over channels": lambda x: layers.Dense(8)(x),
    "BatchNormalization behind Conv2D": lambda x: layers.BatchNormalization()(_conv(x)),
    "BatchNormalization behind ReLU": lambda x: layers.BatchNormalization()(x),
    "LayerNormalization": lambda x: layers.LayerNormalization()(x),
    "GroupNormalization": lambda x: layers.GroupNormalization(4)(x),
    "UnitNormalization": lambda x: layers.UnitNormalization()(x),
    "Dropout": lambda x: layers.Dropout(0.5)(x),
    "SpatialDropout2D": lambda x: layers.SpatialDropout2D(0.5)(x),
    "GaussianDropout": lambda x: layers.GaussianDropout(0.5)(x),
    "GaussianNoise": lambda x: layers.GaussianNoise(0.5)(x),
    "RandomFlip": lambda x: layers.RandomFlip()(x),
    "RandomRotation": lambda x: layers.RandomRotation(0.1)(x),
    "MaxPooling2D": lambda x: layers.MaxPooling2D(2)(x),
    "AveragePooling2D": lambda x: layers.AveragePooling2D(2)(x),
    "AveragePooling2D, same": lambda x: layers.AveragePooling2D(3, 1, padding="same")(x),
    "GlobalAveragePooling2D": lambda x: layers.GlobalAveragePooling2D()(_conv(x)),
    "GlobalMaxPooling2D": lambda x: layers.GlobalMaxPooling2D()(_conv(x)),
    "ZeroPadding2D": lambda x: layers.ZeroPadding2D(1)(_conv(x)),
    "Cropping2D": lambda x: layers.Cropping2D(2)(x),
    "UpSampling2D, nearest": lambda x: layers.UpSampling2D(2)(x),
    "UpSampling2D, bilinear": lambda x: layers.UpSampling2D(2, interpolation="bilinear")(x),
    "Permute": lambda x: layers.Permute((2, 1, 3))(x),
    "relu": _activation("relu"),
    "relu6": _activation("relu6"),
    "LeakyReLU": lambda x: layers.LeakyReLU()(_conv(x)),
    "PReLU": lambda x: layers.PReLU(alpha_initializer="random_uniform")(_conv(x)),
    "elu": _activation("elu"),
    "selu": _activation("selu"),
    "celu": _activation("celu"),
    "gelu": _activation("gelu"),
    "gelu, approximate": lambda x: ops.gelu(_conv(x), approximate=True),
    "silu": _activation("silu"),
    "mish": _activation("mish"),
    "hard_sigmoid": _activation("hard_sigmoid"),
    "hard_silu": _activation("hard_silu"),
    "sigmoid": _activation("sigmoid"),
    "tanh": _activation("tanh"),
    "softplus": _activation("softplus"),
    "softsign": _activation("softsign"),
    "exponential": _activation("exponential"),
    "log_sigmoid": _activation("log_sigmoid"),
    "Softmax over channels": lambda x: layers.Softmax()(_conv(x)),
    "Softmax over two axes": lambda x: layers.Softmax(axis=(1, 2))(_conv(x)),
    "Add, skip (ResNet)": _residual,
    "Inverted residual, relu6 (MobileNetV2)": _inverted("relu6"),
    "Inverted residual, hard_silu (MobileNetV3)": _inverted("hard_silu"),
    "Inverted residual, silu (EfficientNet)": _inverted("silu"),
    "Squeeze and excitation, sigmoid": _squeeze("sigmoid"),
    "Squeeze and excitation, hard_sigmoid": _squeeze("hard_sigmoid"),
    "Branches (Inception)": _inception,
    "Dense block (DenseNet)": _dense_block,
    "LayerScale, StochasticDepth (ConvNeXt)": _convnext,
    "CustomScaleLayer (InceptionResNetV2)": _inception_resnet,
    "SeparableConv2D, skip (Xception)": _xception,
    "ZeroPadding2D, Cropping2D (NASNet)": _nasnet,
    "Skip beside relu6": _skip(lambda x: ops.relu6(x)),
    "Skip beside a clip": _skip(lambda x: ops.clip(x, -0.1, 0.1)),
    "Skip beside a minimum": _skip(lambda x: ops.minimum(x, 0.1)),
    "Skip beside a maximum": _skip(lambda x: ops.maximum(x, 0.1)),
    "Skip beside max-pooling": _skip(lambda x: layers.MaxPooling2D(3, 1, padding="same")(x)),
    "Skip, negated": _skip(lambda x: -x),
    "Skip, squared": _skip(lambda x: ops.square(x)),
    "Subtract": lambda x: layers.Subtract()([_conv(x), x]),
    "Multiply": lambda x: layers.Multiply()([_conv(x), x]),
    "Average": lambda x: layers.Average()([_conv(x), x]),
    "Maximum": lambda x: layers.Maximum()([_conv(x), x]),
    "Minimum": lambda x: layers.Minimum()([_conv(x), x]),
    "Dot": lambda x: layers.Dot(2)([_rows(x), _rows(_conv(x))]),
    "Concatenate of unequal scales": _unequal,
    "Channel attention (CBAM)": _channel_attention,
    "Spatial attention (CBAM)": _spatial_attention,
    "CBAM": lambda x: _spatial_attention(_channel_attention(x)),
    "MultiHeadAttention": _attention,
    "LSTM over rows": _sequence(lambda: layers.LSTM(8)),
    "GRU over rows": _sequence(lambda: layers.GRU(8)),
}
"""In words: a function from features."""

WHOLE: dict[str, Callable] = {
    "Rescaling to 0..1, valid": _scaled(1 / 255, 0.0, "valid"),
    "Rescaling to 0..1, same": _scaled(1 / 255, 0.0, "same"),
    "Rescaling to -1..1, valid": _scaled(1 / 127.5, -1.0, "valid"),
    "Rescaling to -1..1, same": _scaled(1 / 127.5, -1.0, "same"),
    "Normalization": _normalization,
    "Normalization, adapted": _adapted,
    "Resizing": _resized(24),
    "Resizing, antialias": _resized(24, antialias=True),
    "Resizing, nearest": _resized(24, interpolation="nearest"),
    "CenterCrop": lambda pixels: _scaled(1 / 255, 0.0, "same")(layers.CenterCrop(24, 24)(pixels)),
}
"""In words: a function from pixels."""


def all_cases() -> dict[str, tuple[Callable, bool]]:
    """In words: the function, and whether it takes pixels."""
    return {name: (case, False) for name, case in CASES.items()} | {
        name: (case, True) for name, case in WHOLE.items()
    }

"""A heat map without gradients: a second output of the exported graph, made of ordinary layers.

Where a network ends in global average pooling and dense layers, the derivative of a logit by the
pooled features is a product of the dense weights, with the rows of units masked whose ReLU is off.
So Grad-CAM (Selvaraju et al. 2017, ICCV) needs no gradient tape, and runs where the model runs. A
network that decides by a logit for each part of the scan (a layer named `evidence`) needs not even
that: its map is what it decided by.
"""

from collections.abc import Sequence

import keras
from keras import layers, ops

from edge.model_file.manifest import HeatMapSpec
from export.quantize.quantizer import HEAT_MAP
from train.networks.compact import EVIDENCE
from train.networks.gate_head import LIKENESS, GateHead, likeness_output
from train.networks.registry import LOGITS, logits_model
from train.networks.type_head import TYPES, TypeHead, type_output


class _NoMapError(Exception):
    """Why a head allows no map, in words."""


def heat_map_of(model: keras.Model) -> HeatMapSpec:
    """Which map a model can have, or why none; read from its layers."""
    if any(layer.name == EVIDENCE for layer in model.layers):
        shape = model.get_layer(EVIDENCE).output.shape
        if len(shape) == 4 and shape[3] == 1 and None not in shape[1:]:
            return HeatMapSpec("evidence", shape[1], shape[2])
        return HeatMapSpec(reason=f"its layer {EVIDENCE} gives {shape}, not [N, rows, columns, 1]")
    try:
        pooling, _ = _head(model)
    except _NoMapError as error:
        return HeatMapSpec(reason=str(error))
    return HeatMapSpec("grad-cam", *pooling.input.shape[1:3])


def two_outputs(
    model: keras.Model,
    positive: int,
    batch: int | None = None,
    transposed: bool = False,
    types: TypeHead | None = None,
    gate: GateHead | None = None,
) -> keras.Model:
    """`logits_model` of the registry, with the heat map for tumor as a second output if it has one.

    Args:
        positive: index of the tumor label among the outputs; of no account for one output.
        transposed: write the map's products with the dense weights transposed, as TFLite stores
            them, so that its files hold one copy. ONNX stores them as Keras does.
        types: of tumor; a further output `types` then; None: none are told.
        gate: how much the input looks like a head; a further output `likeness` then.

    Returns:
        uint8 [batch, H, W, C] -> {"logits": [batch, outputs], "heat_map": [batch, rows, columns]}:
        the map of the log-odds of tumor, before the temperature. A model without a map: as
        `logits_model`.
    """
    spec = heat_map_of(model)
    if spec.method is None and types is None and gate is None:
        return logits_model(model, batch)
    outputs = {LOGITS: model.get_layer(LOGITS).output}
    if types is not None:
        outputs[TYPES] = type_output(model, types)
    if gate is not None:
        outputs[LIKENESS] = likeness_output(model, gate)
    if spec.method == "evidence":
        size = spec.rows, spec.columns
        outputs[HEAT_MAP] = layers.Reshape(size, name=HEAT_MAP)(model.get_layer(EVIDENCE).output)
    elif spec.method == "grad-cam":
        pooling, steps = _head(model)
        gates = [layer.output for layer, on in steps if on]
        outputs[HEAT_MAP] = _GradCam(model.get_layer(LOGITS), steps, positive, transposed)(
            [pooling.input, *gates]
        )
    inner = keras.Model(model.input, outputs, name="network")
    if batch is None:
        return inner
    pixels = keras.Input(batch_shape=(batch, *model.input.shape[1:]), dtype="uint8", name="pixels")
    return keras.Model(pixels, inner(pixels), name="batched")


_Step = tuple[layers.Layer, bool]
"""A layer of the head and whether it ends in a ReLU; without one, it is dense and linear."""


def _head(model: keras.Model) -> tuple[layers.Layer, list[_Step]]:
    """The pooling layer, and what lies between it and the logits that changes a derivative.

    Raises:
        _NoMapError: something there has a derivative that dense weights and ReLUs do not give.
    """
    logits = model.get_layer(LOGITS)
    if not isinstance(logits, layers.Dense) or not _is(logits, "linear"):
        raise _NoMapError(f"its layer {LOGITS} is not dense and linear")
    steps: list[_Step] = []
    layer = _before(logits)
    while not isinstance(layer, layers.GlobalAveragePooling2D):
        if isinstance(layer, layers.Dense | layers.Activation) and _is(layer, "relu"):
            steps.insert(0, (layer, True))
        elif isinstance(layer, layers.Dense) and _is(layer, "linear"):
            steps.insert(0, (layer, False))
        elif type(layer) is not layers.Dropout and not (
            isinstance(layer, layers.Activation) and _is(layer, "linear")
        ):
            kind = type(layer).__name__
            raise _NoMapError(
                f"its head has {layer.name} ({kind}); global average pooling and then dense layers "
                "with ReLU can have one"
            )
        layer = _before(layer)
    if layer.data_format != "channels_last" or layer.keepdims:
        raise _NoMapError(f"{layer.name} keeps no [N, channels] of [N, rows, columns, channels]")
    if None in layer.input.shape[1:]:
        raise _NoMapError(f"{layer.name} takes features of no fixed size")
    return layer, steps


def _is(layer: layers.Layer, activation: str) -> bool:
    return layer.activation is keras.activations.get(activation)


def _before(layer: layers.Layer) -> layers.Layer:
    if not isinstance(layer.input, keras.KerasTensor):
        raise _NoMapError(f"its head has {layer.name}, which takes several inputs")
    return layer.input._keras_history.operation


class _GradCam(layers.Layer):
    """Features [N, rows, columns, C] and the outputs of the head's ReLUs -> [N, rows, columns]."""

    def __init__(
        self, logits: layers.Dense, steps: Sequence[_Step], positive: int, transposed: bool
    ):
        super().__init__(name=HEAT_MAP)
        self._logits, self._steps = logits, steps
        self._positive, self._transposed = positive, transposed

    def call(self, inputs):
        features, *gates = inputs
        kernel = ops.convert_to_tensor(self._logits.kernel)
        at = self._positive if kernel.shape[1] == 2 else 0
        slope = kernel[:, at : at + 1]
        if kernel.shape[1] == 2:
            slope = slope - kernel[:, 1 - at : 2 - at]
        slope = ops.expand_dims(slope, 0)  # a column [N, units, 1] from here on
        zero = ops.zeros(())  # one for all: tf2onnx keeps any of several equal constants
        for layer, on in reversed(self._steps):
            if on:
                # The derivative of ReLU at 0 is 0, as TensorFlow has it.
                slope = slope * ops.cast(ops.expand_dims(gates.pop(), -1) > zero, slope.dtype)
            if isinstance(layer, layers.Dense):
                slope = self._back(layer.kernel, slope)
        _, rows, columns, channels = features.shape
        cells = ops.reshape(features, (-1, rows * columns, channels))
        # Grad-CAM's weights are the mean derivative over all cells, each of which the pooling has
        # given the share 1 / cells.
        heat = ops.matmul(cells, slope) / (rows * columns)
        return ops.relu(ops.reshape(heat, (-1, rows, columns)))

    def _back(self, kernel, slope):
        """`kernel @ slope`, [N, inputs, 1]."""
        if not self._transposed:
            return ops.matmul(kernel, slope)
        # Of rank 3, or the converter would make it a dense layer, whose weights are transposed.
        weights = ops.expand_dims(ops.transpose(kernel), 0)
        return ops.transpose(ops.matmul(ops.transpose(slope, (0, 2, 1)), weights), (0, 2, 1))

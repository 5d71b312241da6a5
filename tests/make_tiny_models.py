"""Write the tiny models that the edge tests run: `python -m tests.make_tiny_models`.

They call a scan a tumor if its mean brightness is above 100 of 255. `tiny` has no heat map,
`tiny-map` one of 4 rows and 8 columns, which tells how bright each part is, `tiny-types` tells two
types of tumor, which are dim and bright, and `tiny-gated` finds no scan of a mean below 40 to look
like a head, and doubts those below 60. `bare/two-dense-int8` has two dense layers in int8,
`bare/large-sums-int8` the largest weights, `bare/kept-in-float-int8` a layer that is not quantized,
and they have no manifest. Needs TensorFlow; what it wrote is committed, so that the edge tests do
not.
"""

from pathlib import Path

from train.hardware import backend

FOLDER = Path(__file__).parent / "edge" / "models"
SIDE = 16
TYPES, MIDDLE_OF_TYPES = ("dim", "bright"), 130.0
LEAST_SEEN, SURELY_SEEN = 40.0, 60.0
MIDDLE, SLOPE = 100.0, 0.1  # logit = SLOPE * (mean brightness - MIDDLE)


def build(heat_map: bool, gated: bool = False):
    """uint8 [N, 16, 16, 3] -> probability [N, 1]."""
    import keras
    import numpy as np
    from keras import layers

    from train.networks.registry import LOGITS

    pixels = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(pixels)
    if gated:
        x = layers.ReLU(name="stem_relu")(x)
    if heat_map:
        x = layers.AveragePooling2D((4, 2), name="parts")(x)
        x = layers.GlobalAveragePooling2D(name="mean")(x)
    else:
        x = layers.Flatten(name="flatten")(layers.AveragePooling2D(SIDE, name="mean")(x))
    x = layers.Dense(1, name=LOGITS)(x)
    model = keras.Model(pixels, layers.Activation("sigmoid", name="tumor")(x), name="tiny")
    weight = np.full((3, 1), SLOPE * 255 / 3, np.float32)
    model.get_layer(LOGITS).set_weights([weight, np.array([-SLOPE * MIDDLE], np.float32)])
    return model


def two_dense() -> bytes:
    """uint8 [1, 16, 16, 3] -> float [1, 1], about 1.1 times the mean brightness."""
    import keras
    import numpy as np
    import tensorflow as tf
    from keras import layers

    keras.utils.set_random_seed(1)
    pixels = keras.Input((SIDE, SIDE, 3), name="pixels")
    x = layers.Flatten()(layers.AveragePooling2D(8)(pixels))
    model = keras.Model(pixels, layers.Dense(1)(layers.Dense(8, activation="relu")(x)))
    random = np.random.default_rng(0)
    scans = random.integers(0, 256, (60, 1, 1, 1, 1))
    scans = np.clip(scans + random.integers(-40, 41, (60, 1, SIDE, SIDE, 3)), 0, 255)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([scan] for scan in scans.astype(np.float32))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    return converter.convert()


def large_sums() -> bytes:
    """An int8 network of the largest weights: the mean of what is 1 for a white picture, 16 times.

    uint8 [1, SIDE, SIDE, 3] -> float32 [1, 1].
    """
    import numpy as np
    import onnx

    helper, kinds = onnx.helper, onnx.TensorProto
    filters = 16
    arrays = {
        "step": np.float32(1),
        "fine": np.float32(1 / 255),
        "zero": np.uint8(0),
        "weights": np.full((filters, 6, 3, 3), 127, np.int8),
        "scales": np.full(filters, 1 / (127 * 54 * 255), np.float32),
        "zeros": np.zeros(filters, np.int8),
        "axes": np.array([1, 2, 3]),
        "out": np.array([1, 1]),
        "times": np.float32(filters),
    }
    nodes = [
        helper.make_node("Cast", ["pixels"], ["real"], to=kinds.FLOAT),
        helper.make_node("Transpose", ["real"], ["three"], perm=[0, 3, 1, 2]),
        # Of three channels OpenVINO computes in float.
        helper.make_node("Concat", ["three", "three"], ["first"], axis=1),
        helper.make_node("QuantizeLinear", ["first", "step", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "step", "zero"], ["dq"]),
        helper.make_node("DequantizeLinear", ["weights", "scales", "zeros"], ["w"], axis=0),
        helper.make_node("Conv", ["dq", "w"], ["made"]),
        helper.make_node("QuantizeLinear", ["made", "fine", "zero"], ["rounded"]),
        helper.make_node("DequantizeLinear", ["rounded", "fine", "zero"], ["again"]),
        helper.make_node("ReduceMean", ["again", "axes"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "times"], ["more"]),
        helper.make_node("Reshape", ["more", "out"], ["logits"]),
    ]
    return _onnx_file("sums", nodes, arrays)


def kept_in_float() -> bytes:
    """An int8 network with one layer in float, whose weights are 100 and 0.1: a tenth of the mean.

    The channel with the large weight is black. uint8 [1, SIDE, SIDE, 3] -> float32 [1, 1].
    """
    import numpy as np
    import onnx

    helper, kinds = onnx.helper, onnx.TensorProto
    arrays = {
        "seen": np.float32([0, 1, 1]).reshape(3, 1, 1),
        "step": np.float32(1),
        "fine": np.float32(0.1),
        "zero": np.uint8(0),
        "weights": np.float32([100, 0.1, 0.1]).reshape(3, 1, 1, 1),
        "axes": np.array([1, 2, 3]),
        "out": np.array([1, 1]),
        "times": np.float32(1.5),
    }
    nodes = [
        helper.make_node("Cast", ["pixels"], ["real"], to=kinds.FLOAT),
        helper.make_node("Transpose", ["real"], ["three"], perm=[0, 3, 1, 2]),
        helper.make_node("Mul", ["three", "seen"], ["two"]),
        helper.make_node("QuantizeLinear", ["two", "step", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "step", "zero"], ["dq"]),
        helper.make_node("Conv", ["dq", "weights"], ["made"], group=3),
        helper.make_node("QuantizeLinear", ["made", "fine", "zero"], ["rounded"]),
        helper.make_node("DequantizeLinear", ["rounded", "fine", "zero"], ["again"]),
        helper.make_node("ReduceMean", ["again", "axes"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "times"], ["more"]),
        helper.make_node("Reshape", ["more", "out"], ["logits"]),
    ]
    return _onnx_file("kept", nodes, arrays)


def _onnx_file(name: str, nodes: list, arrays: dict) -> bytes:
    """uint8 [1, SIDE, SIDE, 3], "pixels" -> float32 [1, 1], "logits"."""
    import numpy as np
    import onnx

    helper, kinds = onnx.helper, onnx.TensorProto
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("pixels", kinds.UINT8, [1, SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("logits", kinds.FLOAT, [1, 1])],
        [onnx.numpy_helper.from_array(np.asarray(a), key) for key, a in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def type_head():
    """A tumor of mean brightness 130 may be either type; a darker one is of the first."""
    import numpy as np

    from train.networks.type_head import TypeHead

    slope = np.array([-SLOPE, SLOPE]) / 2 * 255 / 3
    middle = SLOPE * MIDDLE_OF_TYPES / 2
    return TypeHead(
        np.tile(slope, (3, 1)).astype(np.float32), np.array([middle, -middle], np.float32)
    )


def gate_head():
    """How much brighter than black a picture is on average, 0..255."""
    import numpy as np

    from train.networks.gate_head import GateHead

    one = np.ones(1, np.float32)
    return GateHead(np.full((3, 1), 255 / 3, np.float32), 0 * one, one, 0 * one)


def main() -> None:
    """Convert, pack and write both formats."""
    backend.start()
    (FOLDER / "bare" / "two-dense-int8.tflite").write_bytes(two_dense())
    (FOLDER / "bare" / "large-sums-int8.onnx").write_bytes(large_sums())
    (FOLDER / "bare" / "kept-in-float-int8.onnx").write_bytes(kept_in_float())
    from edge.model_file.dataclass_json import to_json
    from edge.model_file.manifest import (
        NETWORK,
        Decision,
        InputSpec,
        LearnedGate,
        Manifest,
        RejectGate,
        TypeSpec,
        version_for,
    )
    from edge.model_file.payload import payload_sha256
    from edge.model_file.provenance import GoldenSample, Provenance, Training
    from export.convert.keras_conversion import Converter
    from export.package.write_container import pack, write_atomically
    from export.prove.golden_sample import golden_pixels, golden_sample
    from train.evaluation.keras_predictions import likenesses, type_shares

    spec = InputSpec(SIDE, SIDE, "rgb")
    decision = Decision("sigmoid", uncertain=(0.4, 0.6))
    for name in ("tiny", "tiny-map", "tiny-types", "tiny-gated"):
        gated = name == "tiny-gated"
        model = build(name == "tiny-map", gated)
        gate, reject = None, RejectGate()
        if gated:
            learned = LearnedGate(0, "", LEAST_SEEN, SURELY_SEEN, features=NETWORK)
            gate, reject = gate_head(), RejectGate(learned=learned)
        probability = float(model.predict(golden_pixels(spec)[None], verbose=0)[0, 0])
        training = Training("tiny", "0" * 64, ("none",), "0" * 64, True, {}, 0, "2026-11-21")
        head = spec_of_types = shares = None
        if name == "tiny-types":
            head, spec_of_types = type_head(), TypeSpec(TYPES, limit=0.6)
            (row,) = type_shares(model, head, spec_of_types, golden_pixels(spec)[None])
            shares = dict(zip(TYPES, row.tolist(), strict=True))
        likeness = None
        if gate:
            likeness = likenesses(model, gate, golden_pixels(spec)[None]).item()
        golden: GoldenSample = golden_sample(
            spec, probability, 1e-3, decision, spec_of_types, shares, likeness
        )
        converter = Converter(model, positive=1, types=head, gate=gate)
        for format in ("tflite", "onnx"):
            payload = converter.convert(format, "fp32", None)
            path = FOLDER / f"{name}.{format}"
            write_atomically(path, payload)
            manifest = Manifest(
                name="tiny",
                format=format,
                precision="fp32",
                labels=("no", "yes"),
                positive="yes",
                input=spec,
                decision=decision,
                reject=reject,
                payload_sha256=payload_sha256(path),
                provenance=to_json(Provenance("tiny", training, golden)),
                heat_map=converter.heat_map,
                types=spec_of_types,
                manifest_version=version_for(spec_of_types, reject.learned),
            )
            write_atomically(path, pack(payload, manifest))
            print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()

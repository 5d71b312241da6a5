"""A TensorFlow SavedModel from elsewhere, by way of ONNX."""

from pathlib import Path

import numpy as np
import onnx

from edge.console.messages import counted
from export.adopt.onnx_source import network_of
from export.adopt.opened import Opened
from export.convert.keras_conversion import OPSET
from export.converter_output import quiet
from export.errors import ExportError

_SERVING = "serving_default"
_DANGEROUS = (
    "EagerPyFunc",
    "PyFunc",
    "PyFuncStateless",
    "ReadFile",
    "WriteFile",
    "MatchingFiles",
    "DebugIdentity",
    "PrintV2",
    "WriteRawProtoSummary",
    "TFRecordDataset",
    "TextLineDataset",
)
"""Operators that run code or touch files: no network of layers has them."""


def open_saved_model(folder: Path) -> Opened:
    """The network of a model, and the model in TensorFlow.

    Raises:
        ExportError: it touches files, has no serving signature of one picture, or cannot be
            rebuilt.
    """
    _check_operators(folder)
    import tensorflow as tf
    import tf2onnx

    if not (folder / "variables" / "variables.index").is_file():
        raise ExportError(f"{folder}: lacks its folder variables; copy the whole folder again")
    try:
        with quiet():
            loaded = tf.saved_model.load(str(folder))
    except Exception as error:  # of no common type
        raise ExportError(f"{folder}: TensorFlow cannot load it ({error!s:.300})") from error
    if _SERVING not in loaded.signatures:
        raise ExportError(f"{folder}: has no signature {_SERVING}; save it with model.export")
    serve = loaded.signatures[_SERVING]
    given = serve.structured_input_signature[1]
    if len(given) != 1 or len(serve.structured_outputs) != 1:
        raise ExportError(
            f"{folder}: has {counted(len(given), 'input')} and "
            f"{counted(len(serve.structured_outputs), 'output')}; a classifier of single scans has "
            "one of each"
        )
    ((name, spec),) = given.items()
    (out,) = serve.structured_outputs
    if spec.shape.rank != 4:
        raise ExportError(f"{folder}: takes {spec.shape} instead of a picture's 4 axes")
    signature = [tf.TensorSpec([1, *spec.shape[1:]], spec.dtype, name="picture")]
    function = tf.function(lambda picture: serve(**{name: picture})[out], signature)
    try:
        with quiet():
            model, _ = tf2onnx.convert.from_function(function, signature, opset=OPSET)
    except Exception as error:  # of no common type
        raise ExportError(f"{folder}: tf2onnx cannot convert it ({error!s:.300})") from error
    _hold(model, function.get_concrete_function())
    found = network_of(model, folder)

    def run(pictures: np.ndarray) -> np.ndarray:
        return serve(**{name: tf.cast(pictures, spec.dtype)})[out].numpy()

    return found._replace(original=run)


def _hold(model: onnx.ModelProto, function) -> None:
    """Put constants that TensorFlow hands to a function into the graph; tf2onnx asks for them."""
    held = {
        inside.name: outside.numpy()
        for outside, inside in function.graph.captures
        if outside.dtype != "resource"
    }
    for given in [one for one in model.graph.input if one.name in held]:
        model.graph.input.remove(given)
        model.graph.initializer.append(onnx.numpy_helper.from_array(held[given.name], given.name))


def _check_operators(folder: Path) -> None:
    """Look through the graph before anything of it runs.

    Raises:
        ExportError: it is none, or has operators that a network does not need.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    found = saved_model_pb2.SavedModel()
    try:
        found.ParseFromString((folder / "saved_model.pb").read_bytes())
    except (OSError, DecodeError) as error:
        raise ExportError(
            f"{folder}: saved_model.pb is damaged ({error!s:.200}); copy it again"
        ) from error
    for graph in found.meta_graphs:
        functions = graph.graph_def.library.function
        nodes = [*graph.graph_def.node, *(node for one in functions for node in one.node_def)]
        for node in nodes:
            if node.op in _DANGEROUS:
                raise ExportError(
                    f"{folder}: has the operator {node.op}, which runs code or touches files; it "
                    "is not loaded"
                )

"""TensorFlow's older int8 quantizer, which a converter has with `experimental_new_quantizer=False`.

The new one gives all that clip, concatenate or pool a tensor its scale, and with them whoever else
takes it; the older one converts between scales instead. It knows no operations that stay in float.
So the others are cut out, quantized, and put back between those.
"""

from collections.abc import Collection, Iterable

from export.errors import ExportError


def quantize(calibrated: bytes, floating: Collection[str]) -> bytes:
    """An int8 file of a float one whose tensors have ranges.

    Args:
        floating: operations that stay in float, by the name of their first output.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    whole = flatbuffer_utils.convert_bytearray_to_object(bytearray(calibrated))
    (graph,) = whole.subgraphs
    kept, body = [], []
    for operator in graph.operators:
        name = graph.tensors[operator.outputs[0]].name.decode()
        (kept if name in floating else body).append(operator)
    if not kept:
        return _quantized(calibrated)
    if not body:
        raise ExportError("nothing is left to quantize")
    made, used = _outputs(body), _inputs(body)
    computed = {*graph.inputs, *_outputs(graph.operators)}
    inputs = [i for i in dict.fromkeys(used) if i in computed and i not in made]
    outside = {*_inputs(kept), *graph.outputs}
    outputs = [i for i in dict.fromkeys(made) if i in outside]
    return _joined(whole, kept, _part(whole, body, inputs, outputs), inputs, outputs)


def _quantized(payload: bytes) -> bytes:
    """All that can be is int8; pixels and outputs keep their types."""
    import numpy as np
    from tensorflow.lite.python.optimize.calibrator import Calibrator

    kinds = [np.dtype(kind).num for kind in (np.float32, np.float32, np.int8, np.int32)]
    entry, exit_, activations, bias = kinds
    # No scan is fed: the ranges that the file has are taken.
    inner = Calibrator(payload)._calibrator
    return inner.QuantizeModel(entry, exit_, True, activations, bias, False, False)


def _inputs(operators: Iterable) -> list[int]:
    return [i for operator in operators for i in operator.inputs if i >= 0]


def _outputs(operators: Iterable) -> list[int]:
    return [i for operator in operators for i in operator.outputs]


def _part(whole, operators: list, inputs: list[int], outputs: list[int]) -> bytes:
    """A file of some operations of another, with no tensor but theirs."""
    from tensorflow.lite.tools import flatbuffer_utils

    model = _empty(whole)
    graph = model.subgraphs[0]
    places = _Places(model, graph, whole)
    for operator in operators:
        places.add(operator)
    graph.inputs = [places.tensor(i) for i in inputs]
    graph.outputs = [places.tensor(i) for i in outputs]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _joined(whole, kept: list, part: bytes, inputs: list[int], outputs: list[int]) -> bytes:
    """The quantized part and the operations in float, each behind those whose outputs it takes."""
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(_quantized(part)))
    (graph,) = model.subgraphs
    places = _Places(model, graph, whole)
    places.tensors |= dict(zip(inputs, map(int, graph.inputs), strict=True))
    places.tensors |= dict(zip(outputs, map(int, graph.outputs), strict=True))
    for operator in kept:
        places.add(operator)
    own = whole.subgraphs[0]
    graph.inputs = [places.tensor(i) for i in own.inputs]
    graph.outputs = [places.tensor(i) for i in own.outputs]
    graph.operators = _ordered(graph)
    model.signatureDefs, model.metadata = whole.signatureDefs, None
    for signature in model.signatureDefs:
        for end in (*signature.inputs, *signature.outputs):
            end.tensorIndex = places.tensor(end.tensorIndex)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _empty(whole):
    """A model with the version and the description of another, and nothing else of it."""
    model = type(whole)()
    model.version, model.description = whole.version, whole.description
    graph = type(whole.subgraphs[0])()
    graph.name, graph.tensors, graph.operators = whole.subgraphs[0].name, [], []
    empty = type(whole.buffers[0])()  # the first one is empty in every file
    model.subgraphs, model.buffers, model.operatorCodes = [graph], [empty], []
    return model


class _Places:
    """Where the parts of one model lie in another that takes them over."""

    def __init__(self, model, graph, whole):
        self.tensors: dict[int, int] = {}
        self._buffers: dict[int, int] = {0: 0}
        self._codes: dict[int, int] = {}
        self._model, self._graph, self._whole = model, graph, whole

    def add(self, operator) -> None:
        from copy import copy

        taken = copy(operator)
        taken.inputs = [self.tensor(i) if i >= 0 else i for i in operator.inputs]
        taken.outputs = [self.tensor(i) for i in operator.outputs]
        taken.intermediates = None
        code = operator.opcodeIndex
        if code not in self._codes:
            self._codes[code] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(self._whole.operatorCodes[code])
        taken.opcodeIndex = self._codes[code]
        self._graph.operators.append(taken)

    def tensor(self, index: int) -> int:
        from copy import copy

        index = int(index)
        if index not in self.tensors:
            taken = copy(self._whole.subgraphs[0].tensors[index])
            buffer = taken.buffer
            if buffer not in self._buffers:
                self._buffers[buffer] = len(self._model.buffers)
                self._model.buffers.append(self._whole.buffers[buffer])
            taken.buffer = self._buffers[buffer]
            self.tensors[index] = len(self._graph.tensors)
            self._graph.tensors.append(taken)
        return self.tensors[index]


def _ordered(graph) -> list:
    made = {int(i) for operator in graph.operators for i in operator.outputs}
    ready, waiting, ordered = set(), list(graph.operators), []
    while waiting:
        now = [o for o in waiting if all(i in ready or i not in made for i in o.inputs)]
        if not now:
            raise ExportError("the quantized part and the rest wait for one another")
        # Only the first: the order stays as near as can be to the converter's own.
        waiting.remove(now[0])
        ordered.append(now[0])
        ready |= {int(i) for i in now[0].outputs}
    return ordered

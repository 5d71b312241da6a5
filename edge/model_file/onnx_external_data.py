"""Does an ONNX model keep weights in other files? Read from its protobuf structure (onnx.proto).

Such a model names files next to it, or wherever it likes, which the engine would open. A manifest's
hash says nothing about them, and we export one file: so the model is refused.
"""

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # fields of TensorProto
_MAX_DEPTH = 32

# Message: its fields that may hold a tensor somewhere, by number, and the message that each is.
_FIELDS = {
    "Model": {7: "Graph", 20: "Training", 25: "Function"},
    "Training": {1: "Graph", 2: "Graph"},
    "Graph": {1: "Node", 5: "Tensor", 15: "Sparse"},
    "Function": {7: "Node", 11: "Attribute"},
    "Node": {5: "Attribute"},
    "Attribute": {
        **{5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph"},
        **{22: "Sparse", 23: "Sparse"},
    },
    "Sparse": {1: "Tensor", 2: "Tensor"},
    "Tensor": {},
}


def refers_to_files(data: bytes) -> bool:
    """Whether any tensor of the model is kept outside of it.

    Raises:
        ValueError: it is no well-formed ModelProto.
    """
    return _walk(data, 0, len(data), "Model", 0)


def _walk(data, at: int, end: int, message: str, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    fields = _FIELDS[message]
    while at < end:
        key, at = _varint(data, at, end)
        number, wire = key >> 3, key & 7
        if wire == 2:
            size, at = _varint(data, at, end)
        elif wire == 0:
            value, at = _varint(data, at, end)
            size = 0
            if message == "Tensor" and number == _DATA_LOCATION and value:
                return True
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError("unknown wire type")
        if at + size > end:
            raise ValueError("cut short")
        if message == "Tensor" and number == _EXTERNAL_DATA:
            return True
        if wire == 2 and number in fields and _walk(data, at, at + size, fields[number], depth + 1):
            return True
        at += size
    return False


def _varint(data, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("cut short")

"""Write a model and its manifest as one file. `edge.container` says what the file looks like."""

import io
import zipfile
from pathlib import Path

import onnx

from edge.container import MANIFEST_ENTRY
from edge.manifest import Manifest, dumps

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that ZIP can say: the same file on every export


def pack(payload: bytes, manifest: Manifest) -> bytes:
    """The bytes of a model file: `payload` with `manifest` inside.

    Args:
        payload: a TFLite flatbuffer or a serialized ONNX ModelProto, by `manifest.format`.
    """
    if manifest.format == "tflite":
        file = io.BytesIO(payload)
        with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
            archive.writestr(zipfile.ZipInfo(MANIFEST_ENTRY, _EPOCH), dumps(manifest))
        return file.getvalue()
    properties = onnx.ModelProto()
    properties.metadata_props.add(key=MANIFEST_ENTRY, value=dumps(manifest))
    # Concatenated protobuf messages merge when they are parsed, and the payload keeps its bytes.
    return payload + properties.SerializeToString()


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary name in the same folder and rename: never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

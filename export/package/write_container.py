"""Write a model and its manifest as one file, as `edge.model_file.container` reads it."""

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.files.replaced_file import keep_rights
from edge.model_file.manifest import Manifest
from edge.model_file.manifest_json import dumps
from edge.model_file.payload import MANIFEST_ENTRY, ONNX_METADATA_PROPS, split

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
    # Protobuf messages merge when they are concatenated, so the payload keeps its bytes.
    pair = _field(1, MANIFEST_ENTRY.encode()) + _field(2, dumps(manifest).encode())
    return payload + _field(ONNX_METADATA_PROPS, pair)


def payload_of(file: Path, format: str) -> bytes:
    """The network of a model file, without the manifest: what `pack` was given.

    Args:
        format: of its manifest.
    """
    data = file.read_bytes()
    _, ranges = split(io.BytesIO(data), format, len(data), str(file))
    return b"".join(data[first:last] for first, last in ranges)


def _field(number: int, data: bytes) -> bytes:
    """A length-delimited protobuf field, number below 16."""
    length, size = len(data), b""
    while length >= 0x80:
        size += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + data


def check_writable(folder: Path) -> None:
    """Make `folder` and write to it, to find out before minutes of work; raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".writable"
    write_atomically(probe, b"?")
    probe.unlink()


@contextmanager
def no_empty_folder(folder: Path) -> Iterator[None]:
    """Remove the folder if it was made meanwhile, and nothing was put into it."""
    made = not folder.exists()
    try:
        yield
    finally:
        if made:
            with suppress(OSError):  # it holds something, or was not made after all
                folder.rmdir()


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary name in the same folder and rename: never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of this process alone: another may be exporting to the same folder. By chance, for processes
    # in two containers have equal numbers.
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.partial")
    try:
        with temporary.open("xb") as file:
            keep_rights(file.fileno(), path)
            file.write(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

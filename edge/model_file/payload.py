"""The bytes of a model file: its format, where the manifest and the payload are, and their hashes.

- `.tflite`: a flatbuffer with a ZIP archive appended (the "associated files" of TFLite model
  metadata, https://ai.google.dev/edge/litert/models/metadata), the manifest stored in it
  uncompressed. The payload is everything before the archive.
- `.onnx`: a protobuf `ModelProto` (onnx.proto) with the manifest in `metadata_props`. The payload
  is every other field.

The archive is parsed directly because it is one uncompressed entry and `import zipfile` costs more
than classifying a scan; ONNX is, so that the payload can be hashed and the manifest read where
onnxruntime is not installed.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from edge.errors import ModelError
from edge.model_file.manifest_json import MAX_MANIFEST_BYTES
from edge.model_file.small_sha256 import new_sha256

MANIFEST_ENTRY = "mri-edge-manifest.json"
"""Name of the ZIP entry in a .tflite file, and of the metadata key in an .onnx file."""

ONNX_METADATA_PROPS = 14
"""Field number in onnx.proto's ModelProto."""

_TFLITE_MARK = b"TFL3"  # file_identifier of tensorflow/lite/schema/schema.fbs, at byte 4
_ONNX_LAST_FIELD = 26  # highest field number that ModelProto has used (configuration)
_ZIP_END = struct.Struct("<4s4H2LH")  # end of central directory (PKWARE APPNOTE 4.3.16)
_ZIP_ENTRY = struct.Struct("<4s6H3L5H2L")  # central directory header (4.3.12)
_ZIP_LOCAL = struct.Struct("<4s5H3L2H")  # local file header (4.3.7)
_CHUNK = 1 << 20

Ranges = list[tuple[int, int]]
"""Byte ranges (start, end) of a file."""


def payload_sha256(path: str | os.PathLike) -> str:
    """SHA-256 of a model file's payload; the same with and without a manifest."""
    path = os.fspath(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        _, payload = split(file, format_of(file, path), size, path)
        return digests(file, payload, size)[0]


def format_of(file: BinaryIO, path: str) -> str:
    """ "tflite" or "onnx".

    Raises:
        ModelError: neither, or named as the other.
    """
    head = file.read(8)
    if not head:
        raise ModelError(f"{path}: is empty (0 bytes); copy it again")
    if head[4:8] == _TFLITE_MARK:
        kind = "tflite"
    elif head[0] == 0x08:  # field 1 (ir_version), a varint: how every ModelProto starts
        kind = "onnx"
    else:
        raise ModelError(
            f"{path}: is neither a TFLite nor an ONNX model; python -m export makes them of a run"
        )
    suffix = os.path.splitext(path)[1].lower()
    if suffix in (".tflite", ".onnx") and suffix != f".{kind}":
        raise ModelError(f"{path}: is a model for .{kind} named {suffix}; rename it to .{kind}")
    return kind


def split(file: BinaryIO, kind: str, size: int, path: str) -> tuple[bytes | None, Ranges]:
    """The manifest's text, None if there is none, and where the payload is.

    Args:
        kind: as `format_of` tells it.
        size: of the file.

    Raises:
        ModelError: it is damaged.
    """
    return (_split_tflite if kind == "tflite" else _split_onnx)(file, size, path)


def _split_tflite(file: BinaryIO, size: int, path: str) -> tuple[bytes | None, Ranges]:
    file.seek(max(0, size - _ZIP_END.size))
    tail = file.read(_ZIP_END.size)
    if len(tail) < _ZIP_END.size or tail[:4] != b"PK\5\6":
        return None, [(0, size)]
    *_, directory_size, directory_at, _ = _ZIP_END.unpack(tail)
    if directory_at + directory_size > size or directory_size > MAX_MANIFEST_BYTES:
        raise ModelError(f"{path}: is damaged (bad archive directory); copy it again")
    file.seek(directory_at)
    directory, at, starts, text = file.read(directory_size), 0, [], None
    while at + _ZIP_ENTRY.size <= len(directory):
        entry = _ZIP_ENTRY.unpack_from(directory, at)
        method, length = entry[4], entry[8]
        name_size, extra_size, comment_size, local_at = entry[10], entry[11], entry[12], entry[16]
        name = directory[at + _ZIP_ENTRY.size :][:name_size]
        at += _ZIP_ENTRY.size + name_size + extra_size + comment_size
        starts.append(local_at)
        if name != MANIFEST_ENTRY.encode():
            continue
        if method != 0 or length > MAX_MANIFEST_BYTES:
            raise ModelError(f"{path}: is damaged (bad manifest entry); copy it again")
        file.seek(local_at)
        local = file.read(_ZIP_LOCAL.size)
        if len(local) < _ZIP_LOCAL.size or local[:4] != b"PK\3\4":
            raise ModelError(f"{path}: is damaged (bad manifest entry); copy it again")
        *_, local_name_size, local_extra_size = _ZIP_LOCAL.unpack(local)
        file.seek(local_name_size + local_extra_size, os.SEEK_CUR)
        text = file.read(length)
    return text, [(0, min(starts, default=size))]


def _split_onnx(file: BinaryIO, size: int, path: str) -> tuple[bytes | None, Ranges]:
    text, payload, at = None, [], 0
    for number, start, body, end in _fields(file, size, path):
        at = end
        if number != ONNX_METADATA_PROPS:
            payload.append((start, end))
        elif end - body <= MAX_MANIFEST_BYTES:
            file.seek(body)
            key, value = _string_pair(file.read(end - body))
            if key == MANIFEST_ENTRY.encode():
                text = value
    if at != size:
        raise ModelError(f"{path}: is cut short or damaged; copy it again")
    return text, payload


def _fields(file: BinaryIO, size: int, path: str) -> Iterator[tuple[int, int, int, int]]:
    """(number, start, body, end) of each top-level protobuf field."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(20)
        key, used = _varint(head, 0)
        value, body = _varint(head, used) if used else (0, 0)
        number, wire = key >> 3, key & 7
        end = at + body + (value if wire == 2 else 0)
        if not body or wire not in (0, 2) or not 0 < number <= _ONNX_LAST_FIELD or end > size:
            raise ModelError(f"{path}: is cut short or damaged; copy it again")
        yield number, at, at + body, end
        at = end


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Value and the position after it; position 0 if `data` ends within the number."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    return 0, 0


def _string_pair(data: bytes) -> tuple[bytes, bytes]:
    """Key (field 1) and value (field 2) of a StringStringEntryProto."""
    pair, at = {1: b"", 2: b""}, 0
    while at < len(data):
        tag, at = _varint(data, at)
        length, at = _varint(data, at) if at else (0, 0)
        if not at or tag & 7 != 2:
            break
        pair[tag >> 3] = data[at : at + length]
        at += length
    return pair[1], pair[2]


def digests(file: BinaryIO, payload: Ranges, size: int) -> tuple[str, str]:
    """SHA-256 of the payload, and of the whole file: read once, where the manifest is at its end,
    as `python -m export` writes it."""
    digest, at = new_sha256(size), 0
    for start, end in payload:
        _update(digest, file, start, end)
        at = end if start == at else size + 1
    whole = digest.copy() if at <= size else new_sha256(size)
    _update(whole, file, at if at <= size else 0, size)
    return digest.hexdigest(), whole.hexdigest()


def _update(digest, file: BinaryIO, start: int, end: int) -> None:
    buffer = memoryview(bytearray(min(_CHUNK, max(1, end - start))))
    file.seek(start)
    left = end - start
    while left > 0:
        count = file.readinto(buffer[: min(left, _CHUNK)])
        if not count:
            break
        digest.update(buffer[:count])
        left -= count
